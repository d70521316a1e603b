/** How much memory the modules of a plan need that may be at work at the same time. One that is at work twice needs it once. Pure. */
import type { Step, TaskStep } from './step.ts'

export type Needs = (task: TaskStep) => { readonly module: string; readonly memoryMb: number } | undefined

export function peakMemoryMb(root: Step, needs: Needs): number {
  return sumOf(atWork(root, needs))
}

function atWork(step: Step, needs: Needs): ReadonlyMap<string, number> {
  switch (step.kind) {
    case 'task': {
      const need = needs(step)
      return new Map(need && [[need.module, need.memoryMb]])
    }
    case 'sequence':
      return step.of
        .map((each) => atWork(each, needs))
        .reduce((most, each) => (sumOf(each) > sumOf(most) ? each : most), new Map<string, number>())
    case 'parallel':
      return new Map(step.of.flatMap((each) => [...atWork(each, needs)]))
    case 'repeat':
      return atWork(step.of, needs)
  }
}

function sumOf(modules: ReadonlyMap<string, number>): number {
  return modules.values().reduce((sum, each) => sum + each, 0)
}
