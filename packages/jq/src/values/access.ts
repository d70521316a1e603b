/**
 * One step into a value: reading and writing at a key, an index or a slice.
 *
 * Writing copies the container and never the rest; what was handed in stays as it is.
 */
import { raise } from '../errors.ts'
import { ARRAY_INDEX_MAX, type Meter } from '../limits.ts'
import type { Run } from '../run/run.ts'
import { describe } from './print.ts'
import { codepointLength, sliceCodepoints } from './text.ts'
import { equal } from './compare.ts'
import {
  copyObject,
  isNumber,
  isObject,
  kindOf,
  type ObjectValue,
  setOwn,
  toDouble,
  type Value,
} from './value.ts'

/** For keys that are known not to be arrays. */
const UNMETERED: Meter = { spend: () => undefined }

/** `meter` counts the comparisons of an array that is looked for in an array; all else takes no time to speak of. */
export function getAt(target: Value, key: Value, meter: Meter = UNMETERED): Value {
  if (typeof key === 'string') {
    if (target === null || target === undefined) return null
    if (isObject(target)) return Object.hasOwn(target, key) ? (target[key] ?? null) : null
  } else if (isNumber(key)) {
    if (Array.isArray(target)) return elementAt(target, toDouble(key))
    if (target === null) return null
  } else if (isObject(key)) {
    if (target === null) return null
    if (Array.isArray(target) || typeof target === 'string') return slice(target, key)
  } else if (Array.isArray(key) && Array.isArray(target)) return indicesOfArray(target, key, meter)
  return raise(`Cannot index ${kindOf(target)} with ${describe(key)}`)
}

function elementAt(array: Value[], index: number): Value {
  if (Number.isNaN(index)) return null
  const whole = Math.trunc(index)
  return array[whole < 0 ? whole + array.length : whole] ?? null
}

function slice(target: Value[] | string, key: ObjectValue): Value {
  if (typeof target === 'string') {
    const { start, end } = sliceBounds(codepointLength(target), key)
    return sliceCodepoints(target, start, end)
  }
  const { start, end } = sliceBounds(target.length, key)
  return target.slice(start, end)
}

/** Start rounds down and end rounds up; both are kept inside the length. */
function sliceBounds(length: number, key: ObjectValue): { start: number; end: number } {
  const from = (Object.hasOwn(key, 'start') ? key['start'] : null) ?? 0
  const to = (Object.hasOwn(key, 'end') ? key['end'] : null) ?? length
  if (!isNumber(from) || !isNumber(to)) return raise('Array/string slice indices must be integers')
  const start = Math.floor(within(toDouble(from), length, 0))
  const end = Math.ceil(within(toDouble(to), length, length))
  return { start, end: Math.max(start, end) }
}

function within(bound: number, length: number, otherwise: number): number {
  if (Number.isNaN(bound)) return otherwise
  return Math.min(length, Math.max(0, bound < 0 ? bound + length : bound))
}

/** Where `needle` starts in `array`; nothing for an empty needle. */
export function indicesOfArray(array: Value[], needle: Value[], meter: Meter): Value {
  const found: Value[] = []
  if (needle.length === 0) return null
  for (let start = 0; start + needle.length <= array.length; start++) {
    meter.spend(1)
    if (needle.every((element, offset) => equal(array[start + offset] ?? null, element, meter)))
      found.push(start)
  }
  return found
}

export function setAt(run: Run, target: Value, key: Value, value: Value): Value {
  if (typeof key === 'string' && (target === null || isObject(target))) return setKey(run, target, key, value)
  if (isNumber(key) && (target === null || Array.isArray(target))) {
    return setElement(run, target ?? [], toDouble(key), value)
  }
  if (isObject(key)) {
    if (target === null || Array.isArray(target)) return setSlice(run, target ?? [], key, value)
    if (typeof target === 'string') raise('Cannot update string slices')
  }
  return raise(`Cannot update field at ${kindOf(key)} index of ${kindOf(target)}`)
}

function setKey(run: Run, target: ObjectValue | null, key: string, value: Value): Value {
  const copy = target === null ? {} : copyObject(target)
  run.copyingKeys(copy)
  setOwn(copy, key, value)
  return copy
}

function setElement(run: Run, array: Value[], index: number, value: Value): Value {
  if (Number.isNaN(index)) raise('Cannot set array element at NaN index')
  const whole = Math.trunc(index)
  const position = whole < 0 ? whole + array.length : whole
  if (position < 0) raise('Out of bounds negative array index')
  if (position > ARRAY_INDEX_MAX) raise('Array index too large')
  run.copying(Math.max(array.length, position + 1))
  const copy = array.slice()
  while (copy.length < position) copy.push(null)
  copy[position] = value
  return copy
}

function setSlice(run: Run, array: Value[], key: ObjectValue, value: Value): Value {
  const { start, end } = sliceBounds(array.length, key)
  if (!Array.isArray(value)) return raise('A slice of an array can only be assigned another array')
  run.copying(array.length + value.length)
  return [...array.slice(0, start), ...value, ...array.slice(end)]
}

export function hasKey(target: Value, key: Value): boolean {
  if (target === null) return false
  if (isObject(target) && typeof key === 'string') return Object.hasOwn(target, key)
  if (Array.isArray(target) && isNumber(key)) {
    const index = Math.trunc(toDouble(key))
    return index >= 0 && index < target.length
  }
  return raise(`Cannot check whether ${kindOf(target)} has a ${kindOf(key)} key`)
}

/** Deletes keys, which are sorted, from one container. */
export function deleteKeys(run: Run, target: Value, keys: Value[]): Value {
  if (target === null || keys.length === 0) return target
  if (Array.isArray(target)) return deleteElements(run, target, keys)
  if (!isObject(target)) return raise(`Cannot delete fields from ${kindOf(target)}`)
  const copy = copyObject(target)
  run.copying(keys.length)
  for (const key of keys) {
    if (typeof key !== 'string') raise(`Cannot delete ${kindOf(key)} field of object`)
    delete copy[key]
  }
  return copy
}

function deleteElements(run: Run, array: Value[], keys: Value[]): Value {
  const gone = new Set<number>()
  run.copying(array.length)
  for (const key of keys) {
    if (isNumber(key)) {
      const index = Math.trunc(toDouble(key))
      gone.add(index < 0 ? index + array.length : index)
    } else if (isObject(key)) {
      const { start, end } = sliceBounds(array.length, key)
      for (let index = start; index < end; index++) gone.add(index)
    } else raise(`Cannot delete ${kindOf(key)} element of array`)
  }
  return array.filter((_, index) => !gone.has(index))
}
