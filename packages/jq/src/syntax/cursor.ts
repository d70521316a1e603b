/** A position in a list of tokens, with the questions and complaints that every parser function needs. */
import { JqSyntaxError } from '../errors.ts'
import type { Span } from './ast.ts'
import type { Token } from './lexer.ts'

const NESTING_MAX = 500

export class Cursor {
  readonly source: string
  readonly file: string | undefined
  #tokens: Token[]
  #index = 0
  #nesting = 0

  constructor(source: string, tokens: Token[], file: string | undefined) {
    this.source = source
    this.file = file
    this.#tokens = tokens
  }

  peek(ahead = 0): Token {
    const token = this.#tokens[Math.min(this.#index + ahead, this.#tokens.length - 1)]
    return token ?? { kind: 'end', text: 'end of file', start: this.source.length, end: this.source.length }
  }

  next(): Token {
    const token = this.peek()
    if (this.#index < this.#tokens.length - 1) this.#index++
    return token
  }

  isOperator(text: string): boolean {
    const token = this.peek()
    return token.kind === 'operator' && token.text === text
  }

  isKeyword(text: string): boolean {
    const token = this.peek()
    return token.kind === 'keyword' && token.text === text
  }

  isOneOf(operators: readonly string[]): boolean {
    const token = this.peek()
    return token.kind === 'operator' && operators.includes(token.text)
  }

  takeOperator(text: string): boolean {
    const found = this.isOperator(text)
    if (found) this.next()
    return found
  }

  takeKeyword(text: string): boolean {
    const found = this.isKeyword(text)
    if (found) this.next()
    return found
  }

  takeOneOf(operators: readonly string[]): string | undefined {
    return this.isOneOf(operators) ? this.next().text : undefined
  }

  expect(operator: string): void {
    if (!this.takeOperator(operator)) this.unexpected()
  }

  expectKeyword(keyword: string): void {
    if (!this.takeKeyword(keyword)) this.unexpected()
  }

  expectKind(kind: Token['kind'], expecting?: string): Token {
    if (this.peek().kind !== kind) this.unexpected(expecting)
    return this.next()
  }

  /** From `start` to the end of the last token taken. */
  since(start: Span): Span {
    const last = this.#tokens[this.#index - 1]
    return { start: start.start, end: Math.max(start.end, last?.end ?? start.end) }
  }

  /** Runs a parser function one level down, so that a hostile text cannot exhaust the host's stack. */
  nested<T>(parse: () => T): T {
    if (++this.#nesting > NESTING_MAX) this.failAt('Program is nested too deeply', this.peek())
    const result = parse()
    this.#nesting--
    return result
  }

  /** Parses the tokens of an interpolation with `parse`, then goes on where it was. */
  within<T>(tokens: Token[], parse: () => T): T {
    const saved = { tokens: this.#tokens, index: this.#index }
    this.#tokens = tokens
    this.#index = 0
    const result = parse()
    if (this.peek().kind !== 'end') this.unexpected()
    this.#tokens = saved.tokens
    this.#index = saved.index
    return result
  }

  unexpected(expecting?: string): never {
    const token = this.peek()
    const place =
      token.start >= this.source.length ? { start: Math.max(0, token.start - 1), end: token.end } : token
    this.failAt(
      `syntax error, unexpected ${nameOf(token)}${expecting ? `, expecting ${expecting}` : ''}`,
      place,
    )
  }

  failAt(reason: string, span: Span): never {
    throw new JqSyntaxError(reason, this.source, span, this.file)
  }
}

function nameOf(token: Token): string {
  switch (token.kind) {
    case 'operator':
      return token.text.length > 1 ? token.text : `'${token.text}'`
    case 'keyword':
      return token.text
    case 'name':
      return 'IDENT'
    case 'number':
      return 'LITERAL'
    case 'end':
    case 'string':
      return token.text
    default:
      return token.kind.toUpperCase()
  }
}
