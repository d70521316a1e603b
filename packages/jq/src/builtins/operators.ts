/** Arithmetic, comparison and negation, with jq's messages. */
import { codepoints } from '../values/text.ts'
import { raise } from '../errors.ts'
import { STRING_LENGTH_MAX } from '../limits.ts'
import { NESTING_MAX } from '../limits.ts'
import type { BinaryFunction } from '../compile/ops.ts'
import type { Run } from '../run/run.ts'
import { compare, equal } from '../values/compare.ts'
import { Decimal } from '../values/decimal.ts'
import { describe } from '../values/print.ts'
import {
  copyObject,
  isNumber,
  isObject,
  type ObjectValue,
  setOwn,
  toDouble,
  type Value,
} from '../values/value.ts'

const INTMAX = 9_223_372_036_854_775_807n

export function add(left: Value, right: Value, run: Run): Value {
  if (typeof left === 'number' && typeof right === 'number') return left + right
  if (left === null) return right
  if (right === null) return left
  if (typeof left === 'string' && typeof right === 'string') {
    run.build(left.length + right.length)
    if (left.length + right.length > STRING_LENGTH_MAX) raise('String too long')
    return left + right
  }
  if (isNumber(left) && isNumber(right)) return toDouble(left) + toDouble(right)
  if (Array.isArray(left) && Array.isArray(right)) {
    run.copying(left.length + right.length)
    return left.concat(right)
  }
  if (isObject(left) && isObject(right)) {
    const sum = { ...left, ...right }
    run.copyingKeys(sum)
    return sum
  }
  return raise(`${describe(left)} and ${describe(right)} cannot be added`)
}

export function subtract(left: Value, right: Value, run: Run): Value {
  if (isNumber(left) && isNumber(right)) return toDouble(left) - toDouble(right)
  if (Array.isArray(left) && Array.isArray(right)) {
    run.spend(left.length * (right.length + 1))
    return left.filter((element) => !right.some((other) => equal(element, other, run)))
  }
  return raise(`${describe(left)} and ${describe(right)} cannot be subtracted`)
}

export function multiply(left: Value, right: Value, run: Run): Value {
  if (isNumber(left) && isNumber(right)) return toDouble(left) * toDouble(right)
  if (typeof left === 'string' && isNumber(right)) return repeat(left, toDouble(right), run)
  if (isNumber(left) && typeof right === 'string') return repeat(right, toDouble(left), run)
  if (isObject(left) && isObject(right)) return merge(left, right, run)
  return raise(`${describe(left)} and ${describe(right)} cannot be multiplied`)
}

/** A fraction counts as its whole part, but anything above zero repeats at least once; below zero is null. */
function repeat(text: string, count: number, run: Run): Value {
  if (Number.isNaN(count) || count < 0) return null
  const times = count > 0 && count < 1 ? 0 : Math.trunc(Math.min(count, 2_147_483_647))
  if (text.length * times > STRING_LENGTH_MAX) raise('Repeat string result too long')
  run.build(text.length * times)
  return text === '' ? '' : text.repeat(times)
}

/** Deep merge without the host's stack: the copies are made on the way down and filled in as they are reached. */
export function merge(left: ObjectValue, right: ObjectValue, run: Run): Value {
  const root = copyObject(left)
  run.copyingKeys(root)
  const pending = [{ into: root, from: right, depth: 0 }]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.depth > NESTING_MAX) raise('Object merge too deep')
    for (const key of Object.keys(next.from)) {
      run.spend(1)
      const old = Object.hasOwn(next.into, key) ? (next.into[key] ?? null) : null
      const value = next.from[key] ?? null
      if (isObject(old) && isObject(value)) {
        const copy = copyObject(old)
        run.copyingKeys(copy)
        setOwn(next.into, key, copy)
        pending.push({ into: copy, from: value, depth: next.depth + 1 })
      } else setOwn(next.into, key, value)
    }
  }
  return root
}

export function divide(left: Value, right: Value, run: Run): Value {
  if (isNumber(left) && isNumber(right)) {
    const divisor = toDouble(right)
    if (divisor === 0)
      raise(`${describe(left)} and ${describe(right)} cannot be divided because the divisor is zero`)
    return toDouble(left) / divisor
  }
  if (typeof left === 'string' && typeof right === 'string') return splitText(left, right, run)
  return raise(`${describe(left)} and ${describe(right)} cannot be divided`)
}

export function splitText(text: string, separator: string, run: Run): Value[] {
  if (text === '') return []
  run.spend(1 + (text.length >> 4))
  run.build(text.length + 32)
  return separator === '' ? codepoints(text) : text.split(separator)
}

export function modulo(left: Value, right: Value): Value {
  if (!isNumber(left) || !isNumber(right)) {
    return raise(`${describe(left)} and ${describe(right)} cannot be divided (remainder)`)
  }
  const a = toDouble(left)
  const b = toDouble(right)
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.NaN
  const divisor = Math.trunc(b)
  if (divisor === 0) {
    raise(
      `${describe(left)} and ${describe(right)} cannot be divided (remainder) because the divisor is zero`,
    )
  }
  if (Math.abs(a) <= Number.MAX_SAFE_INTEGER && Math.abs(b) <= Number.MAX_SAFE_INTEGER) {
    return (Math.trunc(a) % divisor) + 0
  }
  return Number(toIntMax(a) % toIntMax(b))
}

function toIntMax(double: number): bigint {
  if (double >= 2 ** 63) return INTMAX
  if (double <= -(2 ** 63)) return -INTMAX - 1n
  return BigInt(Math.trunc(double))
}

export function negate(value: Value): Value {
  if (typeof value === 'number') return -value
  if (value instanceof Decimal) return value.negated()
  return raise(`${describe(value)} cannot be negated`)
}

export const binaryOperators: Readonly<Record<string, BinaryFunction>> = {
  '+': add,
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': modulo,
  '==': (left, right, run) => equal(left, right, run),
  '!=': (left, right, run) => !equal(left, right, run),
  '<': (left, right, run) => compare(left, right, run) < 0,
  '<=': (left, right, run) => compare(left, right, run) <= 0,
  '>': (left, right, run) => compare(left, right, run) > 0,
  '>=': (left, right, run) => compare(left, right, run) >= 0,
}
