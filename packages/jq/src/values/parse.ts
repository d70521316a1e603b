/**
 * JSON texts to values, with jq's leniencies (`nan`, `NaN`, `Infinity`), its error messages and its nesting bound.
 *
 * `JSON.parse` does the work when the text is plain; the parser here takes over when that fails, or when the text
 * holds a number that a double would change. It keeps its own stack, so that nesting cannot exhaust the host's.
 */
import { raise } from '../errors.ts'
import { NESTING_MAX } from '../limits.ts'
import { type Decimal, parseNumber } from './decimal.ts'
import { codepointLength } from './text.ts'
import { type ObjectValue, setOwn, type Value } from './value.ts'

const DELICATE = /[\d.]{16}|\d[eE]|\.\d*0(?!\d)/

export function parseJson(text: string): Value {
  if (!DELICATE.test(text) && !mayBeDeep(text)) {
    try {
      return JSON.parse(text)
    } catch {
      // The parser below says what is wrong in jq's words, or accepts what only jq accepts.
    }
  }
  return new JsonParser(text).parse()
}

function mayBeDeep(text: string): boolean {
  if (text.length < NESTING_MAX) return false
  let openings = 0
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit === 0x5b || unit === 0x7b) openings++
  }
  return openings >= NESTING_MAX
}

type Frame = { array: Value[] } | { object: ObjectValue; key: string | undefined }

class JsonParser {
  readonly #text: string
  readonly #stack: Frame[] = []
  #position = 0
  #next: Value | undefined = undefined

  constructor(text: string) {
    this.#text = text.startsWith('\ufeff') ? text.slice(1) : text
  }

  parse(): Value {
    const text = this.#text
    let result: Value | undefined
    while (this.#position < text.length) {
      const character = text[this.#position] ?? ''
      if (character === '"') this.#string()
      else if (/[ \t\r\n]/.test(character)) this.#position++
      else if ('[]{}:,'.includes(character)) this.#structure(character)
      else this.#literal()
      if (this.#stack.length === 0 && this.#next !== undefined) {
        if (result !== undefined) this.#failAtEnd('Unexpected extra JSON values')
        result = this.#next
        this.#next = undefined
      }
    }
    if (this.#stack.length > 0) this.#fail('Unfinished JSON term', this.#position, true)
    if (result === undefined) this.#failAtEnd('Expected JSON value')
    return result
  }

  #structure(character: string): void {
    this.#position++
    if (character === '[' || character === '{') this.#open(character)
    else if (character === ':') this.#colon()
    else if (character === ',') this.#comma()
    else this.#close(character)
  }

  #open(character: string): void {
    if (this.#depth() >= NESTING_MAX) this.#fail('Exceeds depth limit for parsing')
    if (this.#next !== undefined) this.#fail('Expected separator between values')
    this.#stack.push(character === '[' ? { array: [] } : { object: {}, key: undefined })
  }

  /** jq counts a pending key as a level of its own. */
  #depth(): number {
    return this.#stack.length
  }

  #colon(): void {
    const top = this.#stack.at(-1)
    if (this.#next === undefined) this.#fail("Expected string key before ':'")
    if (top === undefined || !('object' in top) || top.key !== undefined)
      this.#fail("':' not as part of an object")
    if (typeof this.#next !== 'string') this.#fail('Object keys must be strings')
    top.key = this.#next
    this.#next = undefined
  }

  #comma(): void {
    const top = this.#stack.at(-1)
    if (this.#next === undefined) this.#fail("Expected value before ','")
    if (top === undefined) this.#fail("',' not as part of an object or array")
    this.#store(top, this.#next)
  }

  #store(top: Frame, value: Value): void {
    if ('array' in top) top.array.push(value)
    else {
      if (top.key === undefined) this.#fail('Objects must consist of key:value pairs')
      setOwn(top.object, top.key, value)
      top.key = undefined
    }
    this.#next = undefined
  }

  #close(character: string): void {
    const top = this.#stack.at(-1)
    const isArray = top !== undefined && 'array' in top
    if (top === undefined || isArray !== (character === ']')) this.#fail(`Unmatched '${character}'`)
    if (this.#next !== undefined) this.#store(top, this.#next)
    else if ('array' in top) {
      if (top.array.length > 0) this.#fail('Expected another array element')
    } else if (top.key !== undefined) this.#fail("Unmatched '}'")
    else if (Object.keys(top.object).length > 0) this.#fail('Expected another key-value pair')
    this.#stack.pop()
    this.#next = 'array' in top ? top.array : top.object
  }

  #value(value: Value): void {
    if (this.#next !== undefined) this.#fail('Expected separator between values')
    this.#next = value
  }

  #string(): void {
    const text = this.#text
    let end = this.#position + 1
    while (end < text.length && text[end] !== '"') end += text[end] === '\\' ? 2 : 1
    if (end >= text.length) this.#fail('Unfinished string', text.length, true)
    const raw = text.slice(this.#position + 1, end)
    this.#position = end + 1
    this.#value(unescapeString(raw, (reason) => this.#fail(reason)))
  }

  #literal(): void {
    const start = this.#position
    let end = start
    while (end < this.#text.length && !/[[\]{}:,"\s]/.test(this.#text[end] ?? '')) end++
    const token = this.#text.slice(start, end)
    this.#position = end
    const value = literalValue(token)
    if (typeof value !== 'object' || value === null || !('reason' in value)) {
      // jq looks at a literal only when the character after it has come.
      if (this.#next !== undefined && end < this.#text.length)
        this.#fail('Expected separator between values', end + 1)
      this.#value(value)
    } else if (end === this.#text.length) this.#fail(value.reason, end, true)
    else this.#fail(value.reason, end + 1)
  }

  #fail(reason: string, position = this.#position, atEnd = false): never {
    const before = this.#text.slice(0, position)
    const line = before.split('\n').length
    const column = codepointLength(before.slice(before.lastIndexOf('\n') + 1))
    raise(
      `${reason}${atEnd ? ' at EOF' : ''} at line ${line}, column ${column} (while parsing '${this.#text}')`,
    )
  }

  #failAtEnd(reason: string): never {
    raise(`${reason} (while parsing '${this.#text}')`)
  }
}

function literalValue(token: string): number | boolean | null | Decimal | { reason: string } {
  if (token === 'true') return true
  if (token === 'false') return false
  if (token === 'null') return null
  if (token.startsWith("'")) return { reason: 'Invalid string literal; expected ", but got \'' }
  if (/^(t|f|nu)/.test(token)) return { reason: 'Invalid literal' }
  if (/^[+-]?nan$/i.test(token)) return Number.NaN
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(token)
  if (infinite !== null) return infinite[1] === '-' ? -Infinity : Infinity
  return parseNumber(token) ?? { reason: 'Invalid numeric literal' }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

/** The text of a JSON string's inside. `fail` must not return. */
export function unescapeString(raw: string, fail: (reason: string) => never): string {
  // oxlint-disable-next-line no-control-regex -- control characters are exactly what JSON forbids here.
  if (/[\u0000-\u001f]/.test(raw))
    fail('Invalid string: control characters from U+0000 through U+001F must be escaped')
  if (!raw.includes('\\')) return raw
  let text = ''
  for (let index = 0; index < raw.length; index++) {
    const character = raw[index] ?? ''
    if (character !== '\\') {
      text += character
      continue
    }
    const escape = raw[++index] ?? ''
    if (escape === 'u') {
      const unit = codeUnit(raw, index + 1, fail)
      index += 4
      if (unit < 0xd800 || unit > 0xdbff)
        text += String.fromCharCode(unit >= 0xdc00 && unit <= 0xdfff ? 0xfffd : unit)
      else {
        const low = raw.startsWith('\\u', index + 1) ? codeUnit(raw, index + 3, fail) : 0
        if (low < 0xdc00 || low > 0xdfff) fail(String.raw`Invalid \uXXXX\uXXXX surrogate pair escape`)
        text += String.fromCharCode(unit, low)
        index += 6
      }
    } else text += ESCAPES[escape] ?? fail('Invalid escape')
  }
  return text
}

function codeUnit(raw: string, start: number, fail: (reason: string) => never): number {
  const hex = raw.slice(start, start + 4)
  if (hex.length < 4) fail(String.raw`Invalid \uXXXX escape`)
  if (!/^[0-9a-fA-F]{4}$/.test(hex)) fail(String.raw`Invalid characters in \uXXXX escape`)
  return Number.parseInt(hex, 16)
}
