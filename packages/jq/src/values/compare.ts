/**
 * jq's total order of values: null, false, true, numbers, strings, arrays, objects.
 *
 * Compares shallow values with the host's stack and deep ones with an explicit stack, up to jq's own nesting bound.
 */
import { raise } from '../errors.ts'
import { type Meter, NESTING_MAX } from '../limits.ts'
import { Decimal } from './decimal.ts'
import { compareStrings, kindOf, type ObjectValue, sortedKeys, toDouble, type Value } from './value.ts'

const RECURSION_MAX = 200

/** What a comparison asks: whose budget it counts against, and what it raises when values are nested too deeply. */
interface Question {
  readonly meter: Meter
  readonly tooDeep: string
}

export function compare(left: Value, right: Value, meter: Meter): number {
  return isScalar(left) && isScalar(right)
    ? compareAt(left, right, 0, SCALARS)
    : compareAt(left, right, 0, { meter, tooDeep: 'Comparison too deep' })
}

export function equal(left: Value, right: Value, meter: Meter): boolean {
  if (isScalar(left) || isScalar(right)) return compareAt(left, right, 0, SCALARS) === 0
  return compareAt(left, right, 0, { meter, tooDeep: 'Equality check too deep' }) === 0
}

function isScalar(value: Value): boolean {
  return typeof value !== 'object' || value === null
}

const SCALARS: Question = { meter: { spend: () => undefined }, tooDeep: '' }

function compareAt(left: Value, right: Value, depth: number, question: Question): number {
  if (typeof left === 'string' && typeof right === 'string') return compareStrings(left, right)
  if (typeof left === 'number' && typeof right === 'number') return compareDoubles(left, right)
  const rank = rankOf(left) - rankOf(right)
  if (rank !== 0 || left === null || right === null || typeof left !== 'object' || typeof right !== 'object')
    return rank !== 0 || typeof left === 'boolean' || left === null ? rank : compareNumbers(left, right)
  if (Array.isArray(left) && Array.isArray(right)) {
    if (depth >= RECURSION_MAX) return compareDeep(left, right, depth, question)
    return compareElements(left, right, depth + 1, question)
  }
  if (left instanceof Decimal || right instanceof Decimal) return compareNumbers(left, right)
  if (Array.isArray(left) || Array.isArray(right)) return 0
  const keys = sortedKeys(left)
  const order = compareKeys(keys, sortedKeys(right))
  if (order !== 0) return order
  const leftValues = valuesAt(left, keys)
  const rightValues = valuesAt(right, keys)
  if (depth >= RECURSION_MAX) return compareDeep(leftValues, rightValues, depth, question)
  return compareElements(leftValues, rightValues, depth + 1, question)
}

function compareElements(left: Value[], right: Value[], depth: number, question: Question): number {
  const length = Math.min(left.length, right.length)
  question.meter.spend(1 + (length >> 2))
  for (let index = 0; index < length; index++) {
    const order = compareAt(left[index] ?? null, right[index] ?? null, depth, question)
    if (order !== 0) return order
  }
  return left.length - right.length
}

/** The same order without the host's stack: one frame for each pair of containers that is being walked. */
function compareDeep(left: Value[], right: Value[], base: number, question: Question): number {
  const frames = [{ left, right, index: 0 }]
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const index = frame.index++
    question.meter.spend(1)
    if (index >= Math.min(frame.left.length, frame.right.length)) {
      if (frame.left.length !== frame.right.length) return frame.left.length - frame.right.length
      frames.pop()
      continue
    }
    const a = frame.left[index] ?? null
    const b = frame.right[index] ?? null
    if (base + frames.length > NESTING_MAX) raise(question.tooDeep)
    const inner = containersOf(a, b)
    const order = inner === undefined ? compareAt(a, b, 0, question) : inner.order
    if (order !== 0) return order
    if (inner !== undefined) frames.push({ left: inner.left, right: inner.right, index: 0 })
  }
  return 0
}

function containersOf(left: Value, right: Value) {
  if (Array.isArray(left) && Array.isArray(right)) return { left, right, order: 0 }
  if (kindOf(left) !== 'object' || kindOf(right) !== 'object') return undefined
  const a = asObject(left)
  const b = asObject(right)
  const keys = sortedKeys(a)
  return { left: valuesAt(a, keys), right: valuesAt(b, keys), order: compareKeys(keys, sortedKeys(b)) }
}

function asObject(value: Value): ObjectValue {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Decimal)
    ? value
    : {}
}

function valuesAt(object: ObjectValue, keys: string[]): Value[] {
  return keys.map((key) => (Object.hasOwn(object, key) ? (object[key] ?? null) : null))
}

function compareKeys(left: string[], right: string[]): number {
  const length = Math.min(left.length, right.length)
  for (let index = 0; index < length; index++) {
    const order = compareStrings(left[index] ?? '', right[index] ?? '')
    if (order !== 0) return order
  }
  return left.length - right.length
}

function compareNumbers(left: Value, right: Value): number {
  if (left instanceof Decimal && right instanceof Decimal) return left.compare(right)
  return compareDoubles(toDouble(left), toDouble(right))
}

/** NaN sorts below every number, itself included, as in jq. */
export function compareDoubles(left: number, right: number): number {
  if (left < right || Number.isNaN(left)) return -1
  return left === right ? 0 : 1
}

function rankOf(value: Value): number {
  switch (typeof value) {
    case 'boolean':
      return value ? 2 : 1
    case 'number':
      return 3
    case 'string':
      return 4
    default:
      if (value === null || value === undefined) return 0
      if (Array.isArray(value)) return 5
      return value instanceof Decimal ? 3 : 6
  }
}

/** A stable sort of `values` by the keys beside them. */
export function sortByKeys(values: Value[], keys: Value[], meter: Meter): { value: Value; key: Value }[] {
  return values
    .map((value, index) => ({ value, key: keys[index] ?? null }))
    .sort((left, right) => compare(left.key, right.key, meter))
}
