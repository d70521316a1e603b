/** The `@name` formats. */
import type { NativeFunction, Op } from '../compile/ops.ts'
import { raise } from '../errors.ts'
import type { Run } from '../run/run.ts'
import { describe, toJson, toText } from '../values/print.ts'
import { isNumber, toDouble, type Value } from '../values/value.ts'

type Format = (input: Value) => string

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  "'": '&apos;',
  '"': '&quot;',
}
const TSV: Readonly<Record<string, string>> = { '\t': '\\t', '\r': '\\r', '\n': '\\n', '\\': '\\\\' }
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

const formats: Readonly<Record<string, Format>> = {
  text: toText,
  json: toJson,
  csv: (input) => row(input, 'csv', ',', (text) => `"${text.replaceAll('"', '""')}"`),
  tsv: (input) => row(input, 'tsv', '\t', (text) => text.replace(/[\t\r\n\\]/g, (mark) => TSV[mark] ?? mark)),
  html: (input) => toText(input).replace(/[&<>'"]/g, (mark) => HTML[mark] ?? mark),
  uri: (input) => encodeUri(toText(input)),
  urid: (input) => decodeUri(input),
  sh: (input) => (Array.isArray(input) ? input : [input]).map(quoteForShell).join(' '),
  base64: (input) => encodeBits(bytesOf(toText(input)), BASE64, 6, 4),
  base64d: (input) => decodeBase64(input),
  base32: (input) => encodeBits(bytesOf(toText(input)), BASE32, 5, 8),
  base32d: (input) => decodeBase32(input),
}

/** The op that formats its input. An unknown name raises when it runs, as in jq. */
export function formatter(name: string): Op {
  return { kind: 'native', name: `@${name}`, run: formatRun(name), args: [], mayBeEmpty: false }
}

function formatRun(name: string): NativeFunction {
  return (run, input) => format(run, input, name)
}

export function format(run: Run, input: Value, name: Value = null): Value {
  if (typeof name !== 'string') return raise(`${describe(name)} is not a valid format`)
  const apply = Object.hasOwn(formats, name) ? formats[name] : undefined
  if (apply === undefined) return raise(`${name} is not a valid format`)
  if (typeof input === 'string' && name === 'text') return input
  run.weigh(input)
  const text = apply(input)
  run.build(text.length)
  run.spend(1 + (text.length >> 4))
  return text
}

function row(input: Value, name: string, separator: string, quote: (text: string) => string): string {
  if (!Array.isArray(input)) return raise(`${describe(input)} cannot be ${name}-formatted, only array`)
  return input.map((cell) => cellText(cell, quote)).join(separator)
}

function cellText(cell: Value, quote: (text: string) => string): string {
  if (cell === null || (isNumber(cell) && Number.isNaN(toDouble(cell)))) return ''
  if (typeof cell === 'string') return quote(cell)
  if (typeof cell === 'boolean' || isNumber(cell)) return toJson(cell)
  return raise(`${describe(cell)} is not valid in a csv row`)
}

function quoteForShell(value: Value): string {
  if (typeof value === 'string') return `'${value.replaceAll("'", String.raw`'\''`)}'`
  if (value === null || typeof value === 'boolean' || isNumber(value)) return toJson(value)
  return raise(`${describe(value)} can not be escaped for shell`)
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

function encodeUri(text: string): string {
  let encoded = ''
  for (const byte of bytesOf(text)) {
    const character = String.fromCharCode(byte)
    encoded += /[\w.~-]/.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}

function decodeUri(input: Value): string {
  const text = toText(input)
  const invalid = () => raise(`${describe(text)} is not a valid uri encoding`)
  const bytes: number[] = []
  const source = bytesOf(text)
  for (let index = 0; index < source.length; index++) {
    const byte = source[index] ?? 0
    if (byte !== 0x25) bytes.push(byte)
    else {
      const hex = String.fromCharCode(source[index + 1] ?? 0, source[index + 2] ?? 0)
      if (!/^[0-9a-fA-F]{2}$/.test(hex)) return invalid()
      bytes.push(Number.parseInt(hex, 16))
      index += 2
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes))
  } catch {
    return invalid()
  }
}

function textOf(bytes: number[]): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes))
}

/** Groups of `width` bits to letters, padded to a multiple of `group` letters. */
function encodeBits(bytes: Uint8Array, alphabet: string, width: number, group: number): string {
  let encoded = ''
  let bits = 0
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= width) {
      bits -= width
      encoded += alphabet[held >> bits] ?? ''
      held &= (1 << bits) - 1
    }
  }
  if (bits > 0) encoded += alphabet[held << (width - bits)] ?? ''
  return encoded.padEnd(Math.ceil(encoded.length / group) * group, '=')
}

function decodeBase64(input: Value): string {
  const text = toText(input)
  const body = text.slice(0, text.includes('=') ? text.indexOf('=') : undefined)
  const bytes = decodeBits(body, BASE64, 6) ?? raise(`${describe(text)} is not valid base64 data`)
  if (body.length % 4 === 1) raise(`${describe(text)} trailing base64 byte found`)
  return textOf(bytes)
}

function decodeBase32(input: Value): string {
  const text = toText(input)
  const body = text.slice(0, text.includes('=') ? text.indexOf('=') : undefined)
  return textOf(decodeBits(body, BASE32, 5) ?? raise(`${describe(text)} is not valid base32 data`))
}

function decodeBits(text: string, alphabet: string, width: number): number[] | undefined {
  const bytes: number[] = []
  let bits = 0
  let held = 0
  for (const letter of text) {
    const value = alphabet.indexOf(letter)
    if (value < 0) return undefined
    held = (held << width) | value
    bits += width
    if (bits >= 8) {
      bits -= 8
      bytes.push(held >> bits)
      held &= (1 << bits) - 1
    }
  }
  return bytes
}
