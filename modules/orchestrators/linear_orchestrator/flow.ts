/** Flow directives inside one list: what runs after a task, by its `then`. Pure; it runs nothing. */
import { TaskFault } from '@nexus/sdk'

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

/** The name closest to a word, where one is close: at most a third of the letters differ, and always one may. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3))
  const ranked = names
    .map((name) => ({ name, distance: editDistance(word.toLowerCase(), name.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .toSorted((one, other) => one.distance - other.distance)
  return ranked[0]?.name
}

/** Levenshtein's distance, row by row. */
function editDistance(one: string, other: string): number {
  let previous = Array.from({ length: other.length + 1 }, (_, column) => column)
  for (let row = 0; row < one.length; row++) {
    const current = [row + 1]
    for (let column = 1; column <= other.length; column++) {
      const kept = (previous[column - 1] ?? 0) + (one[row] === other[column - 1] ? 0 : 1)
      current.push(Math.min(kept, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[other.length] ?? 0
}
