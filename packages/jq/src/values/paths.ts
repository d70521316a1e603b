/**
 * Whole paths: reading, writing and deleting at a list of keys.
 *
 * Nothing recurses on the host's stack; a path may be as long as jq allows.
 */
import { raise } from '../errors.ts'
import { type Meter, NESTING_MAX } from '../limits.ts'
import type { Run } from '../run/run.ts'
import { deleteKeys, getAt, setAt } from './access.ts'
import { compare, equal } from './compare.ts'
import { kindOf, type Value } from './value.ts'

function requirePath(path: Value): Value[] {
  if (!Array.isArray(path)) return raise('Path must be specified as an array')
  if (path.length > NESTING_MAX) raise('Path too deep')
  return path
}

export function getPath(target: Value, path: Value, meter: Meter): Value {
  let at = target
  for (const key of requirePath(path)) {
    if (at === null) return null
    at = getAt(at, key, meter)
  }
  return at
}

export function setPath(run: Run, target: Value, path: Value, value: Value): Value {
  const keys = requirePath(path)
  run.spend(1 + keys.length)
  const parents: Value[] = []
  let at = target
  for (const key of keys) {
    parents.push(at)
    at = getAt(at, key, run)
  }
  let result = value
  for (let index = keys.length - 1; index >= 0; index--) {
    result = setAt(run, parents[index] ?? null, keys[index] ?? null, result)
  }
  return result
}

/** Deletes all paths at once, so that deleting one does not move another. */
export function deletePaths(run: Run, target: Value, paths: Value): Value {
  if (!Array.isArray(paths)) return raise('Paths must be specified as an array')
  const sorted: Value[][] = paths
    .toSorted((left, right) => compare(left, right, run))
    .map((path) => {
      if (!Array.isArray(path)) return raise(`Path must be specified as array, not ${kindOf(path)}`)
      return requirePath(path)
    })
  const [first] = sorted
  if (first === undefined) return target
  run.spend(sorted.length)
  return first.length === 0 ? null : deleteSorted(run, target, sorted)
}

interface Level {
  target: Value
  paths: Value[][]
  start: number
  next: number
  whole: Value[]
  /** The key in the parent that this level's result goes to. */
  key: Value
}

/** Depth first over groups of paths that share a first key; a level's own deletions come last. */
function deleteSorted(run: Run, target: Value, paths: Value[][]): Value {
  const levels: Level[] = [{ target, paths, start: 0, next: 0, whole: [], key: null }]
  for (;;) {
    const level = levels.at(-1)
    if (level === undefined) return target
    const path = level.paths[level.next]
    if (path === undefined) {
      levels.pop()
      const result = deleteKeys(run, level.target, level.whole)
      const parent = levels.at(-1)
      if (parent === undefined) return result
      parent.target = setAt(run, parent.target, level.key, result)
      continue
    }
    const key = path[level.start] ?? null
    let end = level.next + 1
    while (end < level.paths.length && equal(level.paths[end]?.[level.start] ?? null, key, run)) end++
    const group = level.paths.slice(level.next, end)
    level.next = end
    if (path.length === level.start + 1) level.whole.push(key)
    else {
      const child = getAt(level.target, key, run)
      if (child !== null)
        levels.push({ target: child, paths: group, start: level.start + 1, next: 0, whole: [], key })
    }
  }
}
