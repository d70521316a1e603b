/**
 * From the SQL that a task gives to what is sent: one statement, its parameters as the engine's own placeholders, their
 * values beside it. No value ever becomes part of the text. What places there were is kept, so that an engine's error
 * points into the SQL as it was written.
 */
import { isJsonObject, nearest, TaskFault, type Json } from '@nexus/sdk'
import type { BoundValue, Statement } from '../driver.ts'
import type { Dialect } from './dialect.ts'
import { excerpt } from './excerpt.ts'
import { boundValue } from './parameters.ts'
import { tokensOf, type Token } from './tokens.ts'

export interface PreparedText extends Statement {
  readonly tokens: readonly Token[]
  /** From a place in `text` to the place in the SQL as it was written. */
  readonly originalOffset: (offset: number) => number
}

export type Parameters = readonly Json[] | { readonly [name: string]: Json }

const valuesMax = 30_000

export function prepareText(sql: string, parameters: Parameters, dialect: Dialect): PreparedText {
  const tokens = tokensOf(sql, dialect)
  refuseSeveral(sql, tokens, dialect)
  const binder = new Binder(sql, parameters, dialect)
  tokens.forEach((token, index) => {
    if (token.kind === 'parameter') binder.bind(token, tokens, index)
  })
  binder.refuseUnused()
  return binder.finish(tokens)
}

function refuseSeveral(sql: string, tokens: readonly Token[], { title }: Dialect): void {
  if (tokens.length === 0)
    throw TaskFault.of(
      'validation',
      'The argument query has no statement: there is nothing but space and comments in it.',
    )
  const end = tokens.findIndex(({ text }) => text === ';')
  const next = end === -1 ? undefined : tokens.slice(end).find(({ text }) => text !== ';')
  if (next === undefined) return
  throw TaskFault.of(
    'validation',
    `A call runs one statement, and another begins here. Give each a task of its own: what a value brings in can then never become a statement. (${title})\n${excerpt(sql, next.from)}`,
  )
}

interface Edit {
  readonly from: number
  readonly to: number
  readonly text: string
}

class Binder {
  readonly #sql: string
  readonly #dialect: Dialect
  readonly #given: ReadonlyMap<string, Json>
  readonly #isList: boolean
  readonly #used = new Set<string>()
  /** Engines whose placeholders are numbered get each value once. */
  readonly #places = new Map<string, number>()
  readonly #values: BoundValue[] = []
  readonly #edits: Edit[] = []
  #questionMarks = 0

  constructor(sql: string, parameters: Parameters, dialect: Dialect) {
    this.#sql = sql
    this.#dialect = dialect
    this.#isList = !isJsonObject(parameters)
    this.#given = new Map(
      isJsonObject(parameters)
        ? Object.entries(parameters)
        : parameters.map((value, index): [string, Json] => [String(index + 1), value]),
    )
  }

  bind(token: Token, tokens: readonly Token[], index: number): void {
    if (this.#isOperator(token)) return
    const name = this.#nameOf(token)
    const value = this.#given.get(name)
    if (value === undefined) throw this.#missing(token, name)
    this.#used.add(name)
    const bound = boundValue(value, token.text)
    if (Array.isArray(bound) && this.#bindList(token, tokens, { index, name, list: bound })) return
    this.#edit(token.from, token.to, this.#place(name, bound))
  }

  refuseUnused(): void {
    const unused = [...this.#given.keys()].filter((name) => !this.#used.has(name))
    if (unused.length === 0) return
    const what = this.#isList
      ? `parameters has ${this.#given.size} values, and the query uses ${this.#used.size}`
      : `The query does not use the parameter ${unused.map((name) => `"${name}"`).join(', ')}`
    throw TaskFault.of('validation', `${what}. Use what is given, or leave it out.`)
  }

  finish(tokens: readonly Token[]): PreparedText {
    const edits = this.#edits
    let text = ''
    let at = 0
    for (const edit of edits) {
      text += this.#sql.slice(at, edit.from) + edit.text
      at = edit.to
    }
    text += this.#sql.slice(at)
    return { text, values: this.#values, tokens, originalOffset: (offset) => originalOffset(edits, offset) }
  }

  /** In PostgreSQL and DuckDB a colon is part of slices and structs too: there only a name that is given is a parameter. */
  #isOperator({ text }: Token): boolean {
    if (!text.startsWith(':')) return false
    return this.#isList || (this.#dialect.dollarQuotes && !this.#given.has(text.slice(1)))
  }

  #nameOf({ text }: Token): string {
    if (text === '?') return String(++this.#questionMarks)
    return text.slice(1)
  }

  /** `IN ($list)`: an array where the engine compares with one, else a placeholder for each of its values. */
  #bindList(
    token: Token,
    tokens: readonly Token[],
    { index, name, list }: { index: number; name: string; list: readonly BoundValue[] },
  ): boolean {
    const [opening, closing] = [tokens[index - 1], tokens[index + 1]]
    const word = tokens[index - 2]
    if (opening?.text !== '(' || closing?.text !== ')' || word?.text.toLowerCase() !== 'in') return false
    if (this.#dialect.lists === 'values') {
      const places = list.map((value, item) => this.#place(`${name}[${item}]`, value))
      // An empty list is equal to nothing, which `IN ()` would say if engines took it.
      const nothing = 'SELECT NULL FROM (SELECT 1 AS one) AS empty_list WHERE 1 = 0'
      this.#edit(token.from, token.to, places.join(', ') || nothing)
      return true
    }
    const not = tokens[index - 3]
    const isNegated = not?.text.toLowerCase() === 'not'
    this.#edit(isNegated ? not.from : word.from, word.to, isNegated ? '<> ALL' : '= ANY')
    this.#edit(token.from, token.to, this.#place(name, list))
    return true
  }

  #place(name: string, value: BoundValue): string {
    const isNumbered = this.#dialect.placeholder(0) !== this.#dialect.placeholder(1)
    const known = isNumbered ? this.#places.get(name) : undefined
    if (known !== undefined) return this.#dialect.placeholder(known)
    const index = this.#values.push(value) - 1
    if (index >= valuesMax)
      throw TaskFault.of(
        'validation',
        `The query binds more than ${valuesMax} values. Join with a table instead.`,
      )
    this.#places.set(name, index)
    return this.#dialect.placeholder(index)
  }

  #edit(from: number, to: number, text: string): void {
    this.#edits.push({ from, to, text })
  }

  #missing(token: Token, name: string): TaskFault {
    const known = [...this.#given.keys()]
    const given = this.#isList
      ? `parameters is a list of ${known.length}`
      : known.length === 0
        ? 'parameters is empty'
        : `given are ${known.join(', ')}`
    const near = this.#isList ? undefined : nearest(name, known)
    const hint = near === undefined ? '' : ` Did you mean ${near}?`
    return TaskFault.of(
      'validation',
      `No value for the parameter ${token.text}: ${given}.${hint}\n${excerpt(this.#sql, token.from)}`,
    )
  }
}

function originalOffset(edits: readonly Edit[], offset: number): number {
  let shift = 0
  for (const { from, to, text } of edits) {
    const start = from + shift
    if (offset < start) break
    if (offset < start + text.length) return from
    shift += text.length - (to - from)
  }
  return offset - shift
}
