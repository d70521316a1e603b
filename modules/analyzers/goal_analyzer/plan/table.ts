/**
 * Expressions over a table. Columns are looked up when they are mentioned: one that is not there is an error when the
 * step runs, never an empty result.
 */
import type { Aggregate, Column, ComparedValue, Comparison, Condition } from '../grammar/tree.ts'
import { isIn } from '../grammar/vocabulary.ts'
import { Refusal, type Span } from '../refusal.ts'
import { heldBy } from './relations.ts'
import type { Compiler } from './compiler.ts'
import { reductions } from './reductions.ts'
import { given, member, quoted, type Value } from './values.ts'

export class Table {
  readonly value: Value
  readonly #compiler: Compiler
  readonly #stages: string[] = []
  readonly #keys = new Map<string, string>()

  constructor(compiler: Compiler, value: Value) {
    if (value.parts) throw new Refusal('More than one thing is meant here. Say which.', [compiler.plan.span])
    if (['number', 'boolean', 'record'].includes(value.type))
      throw new Refusal('This is one value; it has no rows.', [compiler.plan.span])
    this.#compiler = compiler
    this.value = asItems(value)
  }

  /** The key of a column, as a jq text or a variable. */
  key(column: Column): string {
    const known = this.#keys.get(column.name)
    if (known !== undefined) return known
    if (this.value.isLines)
      throw new Refusal('These are lines, which have no columns.', [column.span], '“lines with "…"”')
    const name = this.#compiler.columnName(this.value, column)
    const key = typeof name === 'string' ? quoted(name) : this.#compiler.variable('column_')
    this.#stages.push(
      typeof name === 'string' ? `need(${key})` : `column([${name.map(quoted).join(', ')}]) as ${key}`,
    )
    this.#keys.set(column.name, key)
    return key
  }

  member(column: Column): string {
    return member(this.key(column))
  }

  /** The table through these stages, as one expression. */
  through(...stages: readonly string[]): string {
    const check = this.value.type === 'rows' || this.value.type === 'list' ? [] : ['table']
    return `(${[this.value.expression, ...check, ...this.#stages, ...stages].join(' | ')})`
  }

  /** What holds of one of its rows, as jq over the row. */
  condition(condition: Condition): string {
    switch (condition.kind) {
      case 'and':
      case 'or':
        return `(${condition.parts.map((part) => this.condition(part)).join(` ${condition.kind} `)})`
      case 'not':
        return `(${this.condition(condition.part)} | not)`
      case 'compare':
        return this.#compare(condition)
    }
  }

  #compare({ subject: said, comparison, span }: Condition & { kind: 'compare' }): string {
    // Of a list, `value` or `line` means the items themselves.
    const isItself =
      this.value.type === 'list' &&
      said &&
      isIn(this.#compiler.vocabulary, 'row_noun', said.name.toLowerCase())
    const subject = isItself ? undefined : said
    const adjective = subject ? undefined : this.#adjective(comparison)
    if (adjective !== undefined) return adjective
    if (!subject && this.value.type === 'rows')
      throw new Refusal('It is not said which column this holds of.', [span], '“where COLUMN is over 5”')
    if (!subject) refuseAdjective(this.value, comparison, span)
    const left = subject ? this.member(subject) : this.#mayHoldRows ? 'itself' : '.'
    return comparing(left, comparison, (value) => this.#compared(value, comparison))
  }

  get #mayHoldRows(): boolean {
    return this.value.type === 'any' || this.value.names[0] === 'results'
  }

  /** `that are active`: of records it is a column that is true or false. */
  #adjective({ operator, values, isNegated }: Comparison): string | undefined {
    const [value] = values
    if (operator !== 'eq' || value?.kind !== 'word') return undefined
    const isColumn = this.value.columns?.includes(value.word) === true
    if (!isColumn && !this.#mayHoldRows) return undefined
    const holds = `is_so(${quoted(value.word)})`
    return isNegated ? `(${holds} | not)` : holds
  }

  /** What is computed of all rows, worked out once. */
  #ofAll({ function: name, column }: Aggregate): string {
    if (!column || name === 'count') throw new Error('Only what is computed of a column is compared with.')
    const variable = this.#compiler.variable('all_')
    this.#stages.push(`(map(${this.member(column)}) | ${reductions[name]}) as ${variable}`)
    return variable
  }

  #compared(value: ComparedValue, { operator }: Comparison): string {
    switch (value.kind) {
      case 'literal':
        return JSON.stringify(value.value)
      case 'column':
        return this.member(value.column)
      case 'operand':
        return this.#compiler.operand(value.operand).expression
      case 'aggregate':
        return this.#ofAll(value.aggregate)
      case 'word': {
        const isOrder = ['gt', 'ge', 'lt', 'le'].includes(operator)
        const isColumn = isOrder && !/^\d/.test(value.word)
        return isColumn ? this.member({ name: value.word, span: value.span }) : quoted(value.word)
      }
    }
  }
}

/** `how many are ready` of lines: a line that is just this word, or something that no line says of itself? */
function refuseAdjective(value: Value, { operator, values }: Comparison, span: Span): void {
  const [word] = values
  const isAdjective = operator === 'eq' && word?.kind === 'word' && /^\p{Ll}/u.test(word.word)
  if (value.type === 'list' && isAdjective)
    throw new Refusal(
      'It is not known what makes a line so.',
      [span],
      `“that are "${word.word}"” for those that are this very text`,
    )
}

/** A text is a list of its lines. */
export function asItems(value: Value): Value {
  return value.type === 'text'
    ? { ...value, type: 'list', isLines: true, expression: `(${value.expression} | lines)` }
    : value
}

export function filtered(compiler: Compiler, value: Value, condition: Condition, keeps = true): Value {
  const asked = heldBy(compiler, value, condition, keeps)
  if (asked) return asked
  const table = new Table(compiler, value)
  const holds = table.condition(condition)
  return { ...table.value, expression: table.through(`map(select(${keeps ? holds : `${holds} | not`}))`) }
}

/** jq that says whether a comparison holds of `left`. */
export function comparing(
  left: string,
  comparison: Comparison,
  of: (value: ComparedValue) => string,
): string {
  const [first = given(null).expression, second = first] = comparison.values.map(of)
  const positive = ((): string => {
    switch (comparison.operator) {
      case 'eq':
        return `${left} == ${first}`
      case 'ne':
        return `${left} != ${first}`
      case 'gt':
        return ordered(left, '>', first)
      case 'ge':
        return ordered(left, '>=', first)
      case 'lt':
        return ordered(left, '<', first)
      case 'le':
        return ordered(left, '<=', first)
      case 'between':
        return `${ordered(left, '>=', first)} and ${ordered(left, '<=', second)}`
      case 'in':
        return `(${comparison.values.map((value) => `${left} == ${of(value)}`).join(' or ')})`
      case 'contains':
        return `(${left} | if type == "array" then any(.[]; . == ${first}) else (. // "" | tostring | contains(${asText(first)})) end)`
      case 'starts':
        return `(${left} // "" | tostring | startswith(${asText(first)}))`
      case 'ends':
        return `(${left} // "" | tostring | endswith(${asText(first)}))`
      case 'matches':
        return `(${left} // "" | tostring | test(${asText(first)}))`
      case 'empty':
        return `(${left} | . == null or . == "" or . == [] or . == {})`
    }
  })()
  return comparison.isNegated ? `(${positive} | not)` : positive
}

/** Only values of one type have an order that anybody means. */
function ordered(left: string, sign: string, right: string): string {
  if (/^-?\d/.test(right)) return `(${left} | type == "number" and . ${sign} ${right})`
  if (right.startsWith('"')) return `(${left} | type == "string" and . ${sign} ${right})`
  return `((${left} | type) == (${right} | type) and ${left} ${sign} ${right})`
}

function asText(expression: string): string {
  return expression.startsWith('"') ? expression : `(${expression} | tostring)`
}
