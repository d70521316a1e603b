/**
 * From the texts and numbers of an engine to JSON, without losing a digit: a number is a number where JSON carries it as
 * it is, and its text where it does not. Pure.
 */
import type { Json } from '@nexus/sdk'

/** A whole number: a JSON number up to 2^53, its digits as a text beyond. */
export function integerJson(value: bigint | string | number): Json {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}

/** A decimal number: a JSON number where that is the same number, else its text. */
export function decimalJson(text: string): Json {
  const number = Number(text)
  return Number.isFinite(number) && plainDecimal(String(number)) === plainDecimal(text) ? number : text
}

/** Without zeros that say nothing. In one pass: texts of a hundred thousand digits come here. */
function plainDecimal(text: string): string {
  const sign = text.startsWith('-') ? '-' : ''
  const [whole = '', fraction = ''] = text.slice(sign.length).split('.')
  let from = 0
  while (whole[from] === '0') from += 1
  let to = fraction.length
  while (fraction[to - 1] === '0') to -= 1
  const plain = `${whole.slice(from)}.${fraction.slice(0, to)}`
  return plain === '.' ? '0' : sign + plain
}

export function floatJson(number: number): Json {
  return Number.isFinite(number) ? number : String(number)
}

export function binaryJson(bytes: Uint8Array): Json {
  return { base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64') }
}

/** A JSON document as an engine has it, whose numbers may be beyond those of JavaScript. */
export function documentJson(text: string): Json {
  // Rarely needed, and slow.
  if (!/\d{16}|[eE]\+?\d{3}/.test(text)) return JSON.parse(text) as Json
  const exact = (_key: string, value: unknown, context?: { source?: string }): unknown => {
    if (typeof value !== 'number') return value
    const source = context?.source ?? String(value)
    return /^-?\d+$/.test(source) ? integerJson(source) : floatJson(value)
  }
  return JSON.parse(text, exact) as Json
}
