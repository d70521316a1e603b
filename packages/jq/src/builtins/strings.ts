/** Builtins over strings. */
import type { NativeFunction } from '../compile/ops.ts'
import { raise } from '../errors.ts'
import type { Run } from '../run/run.ts'
import { describe, toJson } from '../values/print.ts'
import { codepointOffsets } from '../values/text.ts'
import { isNumber, isTruthy, kindOf, toDouble, type Value } from '../values/value.ts'
import { elementsOf } from './collections.ts'
import { add, splitText } from './operators.ts'

const LEADING_BLANK = /^[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/
const BLANK = /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/

export const strings: Readonly<Record<string, NativeFunction>> = {
  'startswith/1': (_run, input, start = null) =>
    bothText(input, start, 'startswith', (text, part) => text.startsWith(part)),
  'endswith/1': (_run, input, end = null) =>
    bothText(input, end, 'endswith', (text, part) => text.endsWith(part)),
  'ltrimstr/1': (_run, input, start = null) => bothText(input, start, 'startswith', withoutStart),
  'rtrimstr/1': (_run, input, end = null) => bothText(input, end, 'endswith', withoutEnd),
  'trimstr/1': (_run, input, part = null) =>
    bothText(bothText(input, part, 'startswith', withoutStart), part, 'endswith', withoutEnd),
  'trim/0': (_run, input) => withoutTrailingBlank(trimmable(input).replace(LEADING_BLANK, '')),
  'ltrim/0': (_run, input) => trimmable(input).replace(LEADING_BLANK, ''),
  'rtrim/0': (_run, input) => withoutTrailingBlank(trimmable(input)),
  'split/1': (run, input, separator = null) => {
    if (typeof input === 'string' && typeof separator === 'string') return splitText(input, separator, run)
    return raise('split input and separator must be strings')
  },
  'join/1': join,
  'explode/0': explode,
  'implode/0': implode,
  'ascii_downcase/0': (_run, input) => exploding(input).replace(/[A-Z]+/g, (part) => part.toLowerCase()),
  'ascii_upcase/0': (_run, input) => exploding(input).replace(/[a-z]+/g, (part) => part.toUpperCase()),
  'utf8bytelength/0': (_run, input) => {
    if (typeof input !== 'string') return raise(`${describe(input)} only strings have UTF-8 byte length`)
    return new TextEncoder().encode(input).length
  },
  '_strindices/1': (_run, input, needle = null) => {
    if (typeof input !== 'string')
      return raise(`${describe(input)} cannot be searched, as it is not a string`)
    return typeof needle === 'string'
      ? indicesOfText(input, needle)
      : raise(`${describe(needle)} is not a string`)
  },
}

function bothText<T>(input: Value, other: Value, name: string, use: (text: string, other: string) => T): T {
  if (typeof input === 'string' && typeof other === 'string') return use(input, other)
  return raise(`${name}() requires string inputs`)
}

/** A loop, since a regular expression for the end tries every blank as the first. */
function withoutTrailingBlank(text: string): string {
  let end = text.length
  while (end > 0 && BLANK.test(text.charAt(end - 1))) end--
  return text.slice(0, end)
}

function withoutStart(text: string, start: string): string {
  return text.startsWith(start) ? text.slice(start.length) : text
}

function withoutEnd(text: string, end: string): string {
  return text.endsWith(end) ? text.slice(0, text.length - end.length) : text
}

function trimmable(input: Value): string {
  return typeof input === 'string' ? input : raise('trim input must be a string')
}

function exploding(input: Value): string {
  return typeof input === 'string' ? input : raise('explode input must be a string')
}

function explode(run: Run, input: Value): Value {
  const text = exploding(input)
  run.copying(text.length)
  return Array.from(text, (character) => character.codePointAt(0) ?? 0)
}

function implode(run: Run, input: Value): Value {
  if (!Array.isArray(input)) return raise('implode input must be an array')
  run.copying(input.length)
  let text = ''
  for (const code of input) {
    if (!isNumber(code) || Number.isNaN(toDouble(code))) {
      return raise(`${describe(code)} can't be imploded, unicode codepoint needs to be numeric`)
    }
    const codepoint = Math.trunc(toDouble(code))
    const valid = codepoint >= 0 && codepoint <= 0x10ffff && (codepoint < 0xd800 || codepoint > 0xdfff)
    text += String.fromCodePoint(valid ? codepoint : 0xfffd)
  }
  return text
}

/** Nulls are empty, numbers and booleans are printed, and anything else must add to a string. */
function join(run: Run, input: Value, separator: Value = null): Value {
  const elements = elementsOf(input)
  if (elements.length === 0) return ''
  run.spend(elements.length)
  if (typeof separator === 'string' && elements.every((element) => typeof element === 'string')) {
    run.build(elements.reduce((sum, element) => sum + element.length + separator.length, 0))
    return elements.join(separator)
  }
  let text: Value = null
  for (const element of elements) {
    const printed =
      typeof element === 'boolean' || isNumber(element) ? toJson(element) : isTruthy(element) ? element : ''
    text = add(text === null ? '' : add(text, separator, run), printed, run)
  }
  return text === null ? '' : text
}

/** Codepoint offsets of every occurrence, overlapping ones included; nothing for an empty needle. */
export function indicesOfText(text: string, needle: string): Value {
  if (needle === '') return null
  const offset = codepointOffsets(text)
  const found: Value[] = []
  for (let at = text.indexOf(needle); at >= 0; at = text.indexOf(needle, at + 1)) found.push(offset(at))
  return found
}

export function kindError(value: Value, expected: string): never {
  return raise(`${kindOf(value)} not ${expected}`)
}
