/**
 * Values as JSON text, as jq writes it, and cut short for error messages.
 *
 * Never uses the host's stack for more than a bounded depth; below jq's own bound it writes `<skipped: too deep>`.
 */
import { NESTING_MAX } from '../limits.ts'
import { Decimal, formatDouble } from './decimal.ts'
import { kindOf, type Value } from './value.ts'

const RECURSION_MAX = 200
const EXCERPT_BYTES = 29

export function toJson(value: Value): string {
  return print(value, 0)
}

/** Strings as they are, everything else as JSON. */
export function toText(value: Value): string {
  return typeof value === 'string' ? value : print(value, 0)
}

function print(value: Value, depth: number): string {
  switch (typeof value) {
    case 'string':
      return quote(value)
    case 'number':
      return formatDouble(value)
    case 'boolean':
      return value ? 'true' : 'false'
    default:
      if (value === null || value === undefined) return 'null'
      if (value instanceof Decimal) return value.text
      return depth >= RECURSION_MAX ? printDeep(value, depth) : printContainer(value, depth + 1)
  }
}

function printContainer(
  value: Exclude<Value, null | boolean | number | string | Decimal>,
  depth: number,
): string {
  let text = ''
  if (Array.isArray(value)) {
    for (const element of value) text += (text === '' ? '' : ',') + print(element, depth)
    return `[${text}]`
  }
  for (const key of Object.keys(value)) {
    text += `${text === '' ? '' : ','}${quote(key)}:${print(value[key] ?? null, depth)}`
  }
  return `{${text}}`
}

interface Pending {
  value: Value
  depth: number
}

/** The same text from an explicit stack of what is still to be written, or as much of it as is asked for. */
function printDeep(value: Value, depth: number, lengthMax = Infinity): string {
  const pending: (string | Pending)[] = [{ value, depth }]
  let text = ''
  for (let next = pending.pop(); next !== undefined && text.length <= lengthMax; next = pending.pop()) {
    if (typeof next === 'string') text += next
    else if (next.depth > NESTING_MAX) text += '<skipped: too deep>'
    else if (isContainer(next.value))
      for (const part of unfold(next, lengthMax).toReversed()) pending.push(part)
    else text += print(typeof next.value === 'string' ? next.value.slice(0, lengthMax) : next.value, 0)
  }
  return text
}

function isContainer(value: Value): boolean {
  return kindOf(value) === 'array' || kindOf(value) === 'object'
}

/** The parts of a container; no more of them than `lengthMax`, for which that many characters are enough. */
function unfold({ value, depth }: Pending, lengthMax: number): (string | Pending)[] {
  const parts: (string | Pending)[] = []
  if (Array.isArray(value)) {
    for (const element of value.slice(0, lengthMax))
      parts.push(parts.length === 0 ? '[' : ',', { value: element, depth: depth + 1 })
    return [...(parts.length === 0 ? ['['] : parts), ']']
  }
  if (typeof value !== 'object' || value === null || value instanceof Decimal) return []
  for (const key of Object.keys(value)) {
    parts.push(`${parts.length === 0 ? '{' : ','}${quote(key)}:`, {
      value: value[key] ?? null,
      depth: depth + 1,
    })
  }
  return [...(parts.length === 0 ? ['{'] : parts), '}']
}

function quote(text: string): string {
  const quoted = JSON.stringify(text)
  return quoted.includes('\u007f') ? quoted.replaceAll('\u007f', '\\u007f') : quoted
}

/** `kind (text)` for an error message. */
export function describe(value: Value): string {
  return `${kindOf(value)} (${excerpt(value)})`
}

/** The JSON text of a value in at most 29 bytes; what is cut off ends in dots and keeps its closing mark. */
export function excerpt(value: Value): string {
  const text =
    isContainer(value) || typeof value === 'string' ? printDeep(value, 0, EXCERPT_BYTES) : toJson(value)
  if (text.length * 3 <= EXCERPT_BYTES) return text
  const encoder = new TextEncoder()
  if (encoder.encode(text.slice(0, EXCERPT_BYTES + 1)).length <= EXCERPT_BYTES) return text
  const closing = { string: '"', array: ']', object: '}' }[kindOf(value) as string] ?? ''
  const room = EXCERPT_BYTES - 3 - closing.length
  let kept = ''
  let used = 0
  for (const character of text) {
    used += encoder.encode(character).length
    if (used > room) break
    kept += character
  }
  return `${kept}...${closing}`
}
