/** Builtins over arrays and objects: keys, membership, order, entries, paths. */
import { contains } from './containment.ts'
import type { NativeFunction } from '../compile/ops.ts'
import { raise } from '../errors.ts'
import type { Run } from '../run/run.ts'
import { getAt, hasKey, indicesOfArray } from '../values/access.ts'
import { compare, sortByKeys } from '../values/compare.ts'
import { Decimal } from '../values/decimal.ts'
import { deletePaths, setPath } from '../values/paths.ts'
import { describe } from '../values/print.ts'
import { codepointLength } from '../values/text.ts'
import {
  isNumber,
  isObject,
  isTruthy,
  type ObjectValue,
  setOwn,
  sortedKeys,
  toDouble,
  type Value,
} from '../values/value.ts'
import { add } from './operators.ts'
import { iterationError } from '../run/index_access.ts'
import { requireKey } from '../run/construct.ts'
import { indicesOfText } from './strings.ts'

export const collections: Readonly<Record<string, NativeFunction>> = {
  'length/0': (_run, input) => lengthOf(input),
  'keys/0': (run, input) => keysOf(run, input, true),
  'keys_unsorted/0': (run, input) => keysOf(run, input, false),
  'has/1': (_run, input, key = null) => hasKey(input, key),
  'contains/1': (run, input, part = null) => contains(run, input, part),
  'add/0': addAll,
  'reverse/0': (run, input) => reverse(run, input),
  'sort/0': (run, input) => sortInPlaceOf(run, input, input),
  '_sort_by/1': (run, input, keys = null) => sortInPlaceOf(run, input, keys),
  '_group_by/1': (run, input, keys = null) => groups(run, input, keys).map((group) => group.values),
  'unique/0': (run, input) => groups(run, input, input).map((group) => group.values[0] ?? null),
  '_unique_by/1': (run, input, keys = null) =>
    groups(run, input, keys).map((group) => group.values[0] ?? null),
  'min/0': (run, input) => extreme(run, input, input, true),
  'max/0': (run, input) => extreme(run, input, input, false),
  '_min_by/1': (run, input, keys = null) => extreme(run, input, keys, true),
  '_max_by/1': (run, input, keys = null) => extreme(run, input, keys, false),
  'bsearch/1': (run, input, target = null) => binarySearch(run, input, target),
  'flatten/0': (run, input) => flatten(run, input, Infinity),
  'flatten/1': (run, input, depth = null) => flatten(run, input, flattenDepth(run, depth)),
  'transpose/0': transpose,
  'to_entries/0': (run, input) => toEntries(run, input),
  '_to_entries/0': (run, input) => toEntries(run, input),
  'from_entries/0': fromEntries,
  'indices/1': (run, input, needle = null) => indices(run, input, needle),
  'index/1': (run, input, needle = null) => ends(indices(run, input, needle), 0),
  'rindex/1': (run, input, needle = null) => ends(indices(run, input, needle), -1),
  'setpath/2': (run, input, path = null, value = null) => setPath(run, input, path, value),
  'delpaths/1': (run, input, paths = null) => deletePaths(run, input, paths),
  'toarray/0': (_run, input) => (Array.isArray(input) ? input : [input]),
}

function lengthOf(input: Value): Value {
  if (Array.isArray(input)) return input.length
  if (typeof input === 'string') return codepointLength(input)
  if (input === null) return 0
  if (typeof input === 'number') return Math.abs(input)
  if (input instanceof Decimal) return input.double < 0 ? input.negated() : input
  if (isObject(input)) return Object.keys(input).length
  return raise(`${describe(input)} has no length`)
}

function keysOf(run: Run, input: Value, sorted: boolean): Value[] {
  if (Array.isArray(input)) {
    run.copying(input.length)
    return input.map((_, index) => index)
  }
  if (!isObject(input)) return raise(`${describe(input)} has no keys`)
  const found = sorted ? sortedKeys(input) : Object.keys(input)
  run.copying(found.length * 2)
  return found
}

function addAll(run: Run, input: Value): Value {
  const elements = elementsOf(input)
  run.spend(elements.length)
  if (elements.every((element) => typeof element === 'string')) {
    run.build(elements.reduce((sum, element) => sum + element.length, 0))
    return elements.length === 0 ? null : elements.join('')
  }
  if (elements.every((element) => Array.isArray(element))) {
    run.build(elements.reduce((sum, element) => sum + element.length * 8, 0))
    return elements.length === 1 ? (elements[0] ?? null) : elements.flat()
  }
  if (elements.every(isObject)) {
    const merged: ObjectValue = {}
    for (const element of elements)
      for (const key of Object.keys(element)) setOwn(merged, key, element[key] ?? null)
    run.build(Object.keys(merged).length * 16)
    return merged
  }
  return elements.reduce<Value>((sum, element) => add(sum, element, run), null)
}

export function elementsOf(input: Value): Value[] {
  if (Array.isArray(input)) return input
  return isObject(input) ? Object.values(input) : iterationError(input)
}

/** Only arrays can be reversed; what has length zero is an empty array, and jq says of the rest what it cannot index. */
function reverse(run: Run, input: Value): Value {
  if (Array.isArray(input)) {
    run.copying(input.length)
    return input.toReversed()
  }
  const length = toDouble(lengthOf(input))
  return length > 0 ? [getAt(input, length - 1, run)] : []
}

function sortInPlaceOf(run: Run, input: Value, keys: Value): Value {
  const { values, by } = sortable(run, input, keys)
  return sortByKeys(values, by, run).map((pair) => pair.value)
}

function sortable(run: Run, input: Value, keys: Value): { values: Value[]; by: Value[] } {
  if (Array.isArray(input) && Array.isArray(keys)) {
    run.spend(input.length * (1 + Math.ceil(Math.log2(input.length + 1))))
    run.build(input.length * 32)
    return { values: input, by: keys }
  }
  if (input === keys) return raise(`${describe(input)} cannot be sorted, as it is not an array`)
  return raise(`${describe(input)} and ${describe(keys)} cannot be sorted, as they are not both arrays`)
}

function groups(run: Run, input: Value, keys: Value): { key: Value; values: Value[] }[] {
  const { values, by } = sortable(run, input, keys)
  const found: { key: Value; values: Value[] }[] = []
  for (const { value, key } of sortByKeys(values, by, run)) {
    const last = found.at(-1)
    if (last !== undefined && compare(last.key, key, run) === 0) last.values.push(value)
    else found.push({ key, values: [value] })
  }
  return found
}

/** Among equals, the first is the least and the last is the greatest. */
function extreme(run: Run, input: Value, keys: Value, least: boolean): Value {
  if (!Array.isArray(input) || !Array.isArray(keys)) {
    return raise(`${describe(input)} and ${describe(keys)} cannot be iterated over`)
  }
  run.spend(input.length)
  let best = 0
  for (let index = 1; index < input.length; index++) {
    const isLess = compare(keys[index] ?? null, keys[best] ?? null, run) < 0
    if (isLess === least) best = index
  }
  return input[best] ?? null
}

function binarySearch(run: Run, input: Value, target: Value): Value {
  if (!Array.isArray(input)) return raise(`${describe(input)} cannot be searched from`)
  let start = 0
  let end = input.length
  while (start < end) {
    const middle = (start + end) >>> 1
    const order = compare(target, input[middle] ?? null, run)
    if (order === 0) return middle
    if (order < 0) end = middle
    else start = middle + 1
  }
  return -1 - start
}

function flattenDepth(run: Run, depth: Value): number {
  if (compare(depth, 0, run) < 0) raise('flatten depth must not be negative')
  return isNumber(depth) ? toDouble(depth) : raise(`${describe(depth)} and number (1) cannot be subtracted`)
}

function flatten(run: Run, input: Value, depth: number): Value {
  const result: Value[] = []
  const pending = [{ elements: elementsOf(input), next: 0 }]
  for (let frame = pending.at(-1); frame !== undefined; frame = pending.at(-1)) {
    if (frame.next >= frame.elements.length) {
      pending.pop()
      continue
    }
    const element = frame.elements[frame.next++] ?? null
    run.spend(1)
    if (Array.isArray(element) && pending.length <= depth) pending.push({ elements: element, next: 0 })
    else {
      run.build(8)
      result.push(element)
    }
  }
  return result
}

function transpose(run: Run, input: Value): Value {
  const rows = elementsOf(input)
  const width = rows.reduce<number>((most, row) => Math.max(most, toDouble(lengthOf(row))), 0)
  run.copying(width * rows.length)
  return Array.from({ length: width }, (_, column) => rows.map((row) => getAt(row, column)))
}

function toEntries(run: Run, input: Value): Value[] {
  const keys = keysOf(run, input, false)
  const entries = keys.map((key) => ({ key, value: getAt(input, key) }))
  run.build(keys.length * 64)
  return entries
}

function fromEntries(run: Run, input: Value): Value {
  const result: ObjectValue = {}
  for (const entry of elementsOf(input)) {
    run.build(32)
    const candidates = ['key', 'Key', 'name']
    const key = candidates.map((name) => getAt(entry, name)).find(isTruthy) ?? getAt(entry, 'Name')
    setOwn(result, requireKey(key), getAt(entry, hasKey(entry, 'value') ? 'value' : 'Value'))
  }
  return result
}

function indices(run: Run, input: Value, needle: Value): Value {
  if (Array.isArray(input)) run.spend(input.length)
  if (Array.isArray(input) && Array.isArray(needle)) return indicesOfArray(input, needle, run)
  if (Array.isArray(input)) return indicesOfArray(input, [needle], run)
  if (typeof input === 'string' && typeof needle === 'string') return indicesOfText(input, needle)
  return getAt(input, needle, run)
}

function ends(found: Value, position: number): Value {
  if (found === null) return null
  return Array.isArray(found) ? (found.at(position) ?? null) : getAt(found, position)
}
