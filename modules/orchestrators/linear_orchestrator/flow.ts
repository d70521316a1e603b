/** Flow directives inside one list: what runs after a task, by its `then`. Pure; it runs nothing. */
import { nearest, TaskFault } from '@nexus/sdk'

/** The index of the next task (that of the end of the list when none is left), or how the list is left. */
export function nextStep(then: string, index: number, names: readonly string[]): number | 'exit' | 'end' {
  if (then === 'continue') return index + 1
  if (then === 'exit' || then === 'end') return then
  const target = names.indexOf(then)
  if (target >= 0) return target
  throw TaskFault.of('configuration', unknownTask(then, names[index] ?? '', names))
}

function unknownTask(then: string, name: string, names: readonly string[]): string {
  const near = nearest(then, names)
  const hint = near === undefined ? `Tasks of this list: ${names.join(', ')}.` : `Did you mean "${near}"?`
  return `Task "${name}" goes on to "${then}", which is not a task of the same list. ${hint}`
}
