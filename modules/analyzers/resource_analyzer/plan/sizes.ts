/** How large the input of each task is likely to be: that of the workflow, then what the task before it usually gives. Pure. */
import type { PathStep, Step, TaskStep } from './step.ts'

/** How much a task usually gives, in the length of its JSON; undefined where that is not known. */
export type OutputBytes = (task: TaskStep) => number | undefined

/** By the index of the task; undefined where an expression or what is not known yet decides it. */
export function inputSizes(
  root: Step,
  inputBytes: number | undefined,
  outputBytes: OutputBytes,
): readonly (number | undefined)[] {
  const sizes: (number | undefined)[] = []
  /** Gives the size of what the step gives. */
  const walk = (step: Step, size: number | undefined): number | undefined => {
    switch (step.kind) {
      case 'task':
        sizes[step.index] = step.changesInput ? undefined : size
        return step.changesOutput ? undefined : outputBytes(step)
      case 'sequence':
        return step.of.reduce((flowing, each) => walk(each, flowing), size)
      case 'path':
        return alongPath(step, size)
      case 'caught':
        walk(step.handling, undefined)
        walk(step.of, size)
        return undefined
      case 'parallel':
        for (const each of step.of) walk(each, size)
        return undefined
      case 'repeat':
        walk(step.of, step.concurrency === 1 ? undefined : size)
        return undefined
    }
  }
  /** What may come after more than one has a size that is not known. */
  const alongPath = ({ of, next }: PathStep, size: number | undefined): undefined => {
    let before = size
    const from = of.map((): number[] => [])
    for (const [at, ways] of next.entries()) for (const way of ways) from[way]?.push(at)
    for (const [index, each] of of.entries()) {
      const isPlain = index === 0 || (from[index]?.length === 1 && from[index][0] === index - 1)
      before = walk(each, isPlain ? before : undefined)
    }
    return undefined
  }
  walk(root, inputBytes)
  return sizes
}
