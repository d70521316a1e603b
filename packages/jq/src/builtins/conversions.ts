/** Builtins from one kind to another, and questions about kinds. */
import type { NativeFunction } from '../compile/ops.ts'
import { Raised } from '../errors.ts'
import { raise } from '../errors.ts'
import type { Run } from '../run/run.ts'
import { Decimal, parseNumber } from '../values/decimal.ts'
import { parseJson } from '../values/parse.ts'
import { describe, toJson } from '../values/print.ts'
import { isNumber, isTruthy, kindOf, type Value } from '../values/value.ts'
import { format } from './formats.ts'
import { negate } from './operators.ts'

export const conversions: Readonly<Record<string, NativeFunction>> = {
  'type/0': (_run, input) => kindOf(input),
  'not/0': (_run, input) => !isTruthy(input),
  'true/0': () => true,
  'false/0': () => false,
  'null/0': () => null,
  'tostring/0': (run, input) => (typeof input === 'string' ? input : printed(run, input)),
  'tojson/0': (run, input) => printed(run, input),
  'fromjson/0': fromJson,
  'tonumber/0': (_run, input) => toNumber(input),
  'toboolean/0': (_run, input) => toBoolean(input),
  'format/1': (run, input, name = null) => format(run, input, name),
  'error/0': (_run, input) => {
    throw new Raised(input)
  },
  '_negate/0': (_run, input) => negate(input),
  'have_literal_numbers/0': () => true,
  'have_decnum/0': () => true,
}

function printed(run: Run, input: Value): string {
  run.weigh(input)
  const text = toJson(input)
  run.spend(1 + (text.length >> 4))
  run.build(text.length)
  return text
}

function fromJson(run: Run, input: Value): Value {
  if (typeof input !== 'string') return raise(`${describe(input)} only strings can be parsed`)
  run.spend(1 + (input.length >> 4))
  run.build(input.length * 4)
  return parseJson(input)
}

function toNumber(input: Value): Value {
  if (isNumber(input)) return input
  const invalid = () => raise(`${describe(input)} cannot be parsed as a number`)
  if (typeof input !== 'string') return invalid()
  if (/^[+-]?nan$/i.test(input)) return Number.NaN
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(input)
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity
  const number = parseNumber(input)
  return number instanceof Decimal || number !== undefined ? number : invalid()
}

function toBoolean(input: Value): Value {
  if (typeof input === 'boolean') return input
  if (input === 'true') return true
  return input === 'false' ? false : raise(`${describe(input)} cannot be parsed as a boolean`)
}
