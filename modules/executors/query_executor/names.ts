/** The names of a result's columns, each of which is there once. Pure. */
import type { Column } from './driver.ts'

/** A name that comes twice gets a number, so that no column is lost: `id`, `id_2`. */
export function namesOf(columns: readonly Pick<Column, 'name'>[]): readonly string[] {
  const taken = new Set(columns.map(({ name }) => name))
  const numbers = new Map<string, number>()
  return columns.map(({ name }) => {
    let number = numbers.get(name)
    if (number === undefined) {
      numbers.set(name, 1)
      return name
    }
    do number += 1
    while (taken.has(`${name}_${number}`))
    numbers.set(name, number)
    return `${name}_${number}`
  })
}
