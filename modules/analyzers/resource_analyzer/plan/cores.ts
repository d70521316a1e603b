/** How many processors the tasks of a plan ask for that may be at work at the same time. Pure. */
import type { Step, TaskStep } from './step.ts'

export function peakCores(step: Step, coresOf: (task: TaskStep) => number): number {
  const most = (steps: readonly Step[]): number =>
    steps.reduce((peak, each) => Math.max(peak, peakCores(each, coresOf)), 0)
  switch (step.kind) {
    case 'task':
      return coresOf(step)
    case 'sequence':
    case 'path':
      return most(step.of)
    case 'caught':
      return most([step.of, step.handling])
    case 'parallel': {
      const peaks = step.of.map((each) => peakCores(each, coresOf)).toSorted((a, b) => b - a)
      return peaks.slice(0, Math.min(step.concurrency, peaks.length)).reduce((sum, each) => sum + each, 0)
    }
    case 'repeat':
      return peakCores(step.of, coresOf) * Math.min(step.times, step.concurrency)
  }
}
