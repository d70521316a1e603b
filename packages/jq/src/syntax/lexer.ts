/**
 * Text to tokens. A string literal becomes its parts, each interpolation lexed in place, so that the parser never
 * sees a quote. The longest operator wins, as in jq.
 */
import { JqSyntaxError } from '../errors.ts'
import { type Decimal, parseNumber } from '../values/decimal.ts'
import { unescapeString } from '../values/parse.ts'
import type { Span } from './ast.ts'

export type Token = Span &
  (
    | { kind: 'name' | 'field' | 'binding' | 'format' | 'keyword' | 'operator'; text: string }
    | { kind: 'number'; text: string; value: number | Decimal }
    | { kind: 'string'; text: string; parts: (string | Token[])[] }
    | { kind: 'end'; text: string }
  )

export const KEYWORDS: ReadonlySet<string> = new Set(
  'as def module import include if then else elif end reduce foreach and or try catch label break'.split(' '),
)

const NAME = /(?:[a-zA-Z_]\w*::)*[a-zA-Z_]\w*/y
const FIELD = /\.[a-zA-Z_]\w*/y
const BINDING = /\$(?:[a-zA-Z_]\w*::)*[a-zA-Z_]\w*/y
const FORMAT = /@\w+/y
const NUMBER = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y
const BLANK = /[ \t\r\n]+/y
const COMMENT = /#(?:\\(?:\\|\r?\n)|[^\n])*/y
const OPERATOR = /\?\/\/|\/\/=|\|=|\+=|-=|\*=|\/=|%=|==|!=|<=|>=|\/\/|\.\.|[.?=;,:|+\-*/%$<>[\]{}()]/y
const ESCAPES = /(?:\\[^u(]|\\u[a-zA-Z0-9]{0,4})+/y
const NESTING_MAX = 500

export function lex(source: string, file?: string): Token[] {
  return new Lexer(source, file).tokens()
}

class Lexer {
  readonly #source: string
  readonly #file: string | undefined
  #position = 0
  #nesting = 0

  constructor(source: string, file: string | undefined) {
    this.#source = source
    this.#file = file
  }

  tokens(): Token[] {
    const tokens = this.#until('')
    const end = this.#source.length
    tokens.push({ kind: 'end', text: 'end of file', start: end, end })
    return tokens
  }

  /** Tokens up to the bracket that closes what the caller opened; `''` means the end of the text. */
  #until(closing: string): Token[] {
    if (++this.#nesting > NESTING_MAX)
      this.#fail('Program is nested too deeply', this.#position, this.#position + 1)
    const tokens: Token[] = []
    const brackets: string[] = []
    for (;;) {
      while (this.#match(BLANK) !== undefined || this.#match(COMMENT) !== undefined) continue
      if (this.#position >= this.#source.length) break
      const token = this.#next()
      if (token.kind === 'operator' && '([{'.includes(token.text)) brackets.push(token.text)
      if (token.kind === 'operator' && ')]}'.includes(token.text)) {
        const open = brackets.pop()
        if (open === undefined && token.text === closing) break
        const expected = { '(': ')', '[': ']', '{': '}' }[open ?? '']
        if (token.text !== expected) {
          const expecting = tokens.length === 0 && closing === '' ? ', expecting end of file' : ''
          this.#fail(`syntax error, unexpected INVALID_CHARACTER${expecting}`, token.start, token.end)
        }
      }
      tokens.push(token)
    }
    this.#nesting--
    return tokens
  }

  #next(): Token {
    const start = this.#position
    const at = () => ({ start, end: this.#position })
    if (this.#source[start] === '"') return this.#string()
    let text = this.#match(FIELD)
    if (text !== undefined) return { kind: 'field', text: text.slice(1), ...at() }
    text = this.#match(NUMBER)
    if (text !== undefined) return { kind: 'number', text, value: parseNumber(text) ?? 0, ...at() }
    text = this.#match(NAME)
    if (text !== undefined) return { kind: KEYWORDS.has(text) ? 'keyword' : 'name', text, ...at() }
    text = this.#match(BINDING)
    if (text !== undefined) return { kind: 'binding', text: text.slice(1), ...at() }
    text = this.#match(FORMAT)
    if (text !== undefined) return { kind: 'format', text: text.slice(1), ...at() }
    text = this.#match(OPERATOR)
    if (text !== undefined) return { kind: 'operator', text, ...at() }
    this.#fail('syntax error, unexpected INVALID_CHARACTER', start, start + 1)
  }

  #string(): Token {
    const start = this.#position++
    const parts: (string | Token[])[] = []
    for (;;) {
      const character = this.#source[this.#position]
      if (character === undefined) this.#fail('syntax error, unexpected end of file', start, start + 1)
      if (character === '"') break
      if (this.#source.startsWith('\\(', this.#position)) parts.push(this.#interpolation())
      else if (character === '\\') parts.push(this.#escapes())
      else parts.push(this.#plain())
    }
    this.#position++
    return { kind: 'string', text: 'QQSTRING_START', parts, start, end: this.#position }
  }

  #interpolation(): Token[] {
    const start = this.#position
    this.#position += 2
    const tokens = this.#until(')')
    if (this.#source[this.#position - 1] !== ')')
      this.#fail('syntax error, unexpected end of file', start, start + 2)
    const end = this.#position - 1
    tokens.push({ kind: 'end', text: 'QQSTRING_INTERP_END', start: end, end: this.#position })
    return tokens
  }

  #escapes(): string {
    const start = this.#position
    const raw = this.#match(ESCAPES)
    if (raw === undefined) this.#fail('syntax error, unexpected INVALID_CHARACTER', start, start + 1)
    return unescapeString(raw, (reason) => {
      const quoted = `"${raw}"`
      const end = this.#position
      this.#fail(`${reason} at line 1, column ${quoted.length} (while parsing '${quoted}')`, start, end)
    })
  }

  #plain(): string {
    const start = this.#position
    while (this.#position < this.#source.length && !'"\\'.includes(this.#source[this.#position] ?? '"'))
      this.#position++
    return this.#source.slice(start, this.#position)
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#position
    const match = pattern.exec(this.#source)
    if (match === null) return undefined
    this.#position = pattern.lastIndex
    return match[0]
  }

  #fail(reason: string, start: number, end: number): never {
    throw new JqSyntaxError(reason, this.#source, { start, end }, this.#file)
  }
}
