/** The names of a result's columns, each of which is there once. Pure. */
import type { Column } from './driver.ts'

/** A name that comes twice gets a number, so that no column is lost: `id`, `id_2`. */
export function namesOf(columns: readonly Pick<Column, 'name'>[]): readonly string[] {
  const taken = new Set(columns.map(({ name }) => name))
  const seen = new Set<string>()
  return columns.map(({ name }) => {
    let unique = name
    for (let number = 2; seen.has(unique); number++) {
      const candidate = `${name}_${number}`
      unique = taken.has(candidate) ? unique : candidate
    }
    seen.add(unique)
    return unique
  })
}
