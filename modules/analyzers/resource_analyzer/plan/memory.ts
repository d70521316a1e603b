/** Which modules of a plan may be at work at the same time, and how much memory they need. One that is at work twice needs it once. Pure. */
import type { Step, TaskStep } from './step.ts'

export type Needs = (task: TaskStep) => { readonly module: string; readonly memoryMb: number } | undefined

/** By module, in megabytes, where they need most. */
export function peakMemory(root: Step, needs: Needs): ReadonlyMap<string, number> {
  return atWork(root, needs)
}

function atWork(step: Step, needs: Needs): ReadonlyMap<string, number> {
  switch (step.kind) {
    case 'task': {
      const need = needs(step)
      return new Map(need && [[need.module, need.memoryMb]])
    }
    case 'sequence':
    case 'path':
      return mostOf(step.of, needs)
    case 'caught':
      return mostOf([step.of, step.handling], needs)
    case 'parallel':
      return new Map(step.of.flatMap((each) => [...atWork(each, needs)]))
    case 'repeat':
      return atWork(step.of, needs)
  }
}

function mostOf(steps: readonly Step[], needs: Needs): ReadonlyMap<string, number> {
  return steps
    .map((each) => atWork(each, needs))
    .reduce((most, each) => (sumOf(each) > sumOf(most) ? each : most), new Map<string, number>())
}

export function sumOf(modules: ReadonlyMap<string, number>): number {
  return modules.values().reduce((sum, each) => sum + each, 0)
}
