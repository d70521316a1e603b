/**
 * Parts of a statement of SQL. Names of columns are quoted, and values are parameters, never text of it. What has no
 * counterpart in SQL is undefined.
 */
import type { Json } from '@nexus/sdk'
import type { Aggregate, AggregateFunction, Column, Condition } from '../../grammar/tree.ts'
import type { Compiler } from '../compiler.ts'
import { literal, quoted, type Value } from '../values.ts'

const functions: Readonly<Record<Exclude<AggregateFunction, 'count'>, (column: string) => string>> = {
  sum: (column) => `coalesce(sum(${column}), 0)`,
  average: (column) => `avg(${column})`,
  median: (column) => `median(${column})`,
  min: (column) => `min(${column})`,
  max: (column) => `max(${column})`,
  distinct: (column) => `count(DISTINCT ${column})`,
}

const signs: Readonly<Record<string, string>> = { eq: '=', ne: '<>', gt: '>', ge: '>=', lt: '<', le: '<=' }

export class Query {
  readonly parameters: Record<string, Json>
  readonly #compiler: Compiler
  readonly #rows: Value

  /** Beside parameters that the statement has already. */
  constructor(
    compiler: Compiler,
    columns: readonly string[] | undefined,
    parameters: Readonly<Record<string, Json>> = {},
  ) {
    this.parameters = { ...parameters }
    this.#compiler = compiler
    this.#rows = { type: 'rows', expression: '', names: [], ...(columns && { columns }) }
  }

  get hasParameters(): boolean {
    return Object.keys(this.parameters).length > 0
  }

  column(column: Column): string | undefined {
    const name = this.#compiler.columnName(this.#rows, column)
    return typeof name === 'string' ? quotedName(name) : undefined
  }

  aggregate({ function: name, column }: Aggregate): string | undefined {
    if (name === 'count') return 'count(*) AS count'
    const key = column && this.#compiler.columnName(this.#rows, column)
    return typeof key === 'string'
      ? `${functions[name](quotedName(key))} AS ${quotedName(`${name}_${key}`)}`
      : undefined
  }

  /** The columns of the answer. */
  told({
    by,
    aggregates,
  }: {
    readonly by: readonly Column[]
    readonly aggregates: readonly Aggregate[]
  }): Pick<Value, 'columns' | 'computed'> {
    const keys = by.map((column) => String(this.#compiler.columnName(this.#rows, column)))
    const computed = aggregates.map(({ function: name, column }) =>
      column && name !== 'count' ? `${name}_${String(this.#compiler.columnName(this.#rows, column))}` : name,
    )
    return { columns: [...keys, ...computed], computed: computed.map(quoted) }
  }

  condition(condition: Condition): string | undefined {
    if (condition.kind === 'not') {
      const part = this.condition(condition.part)
      return part && `(NOT ${part})`
    }
    if (condition.kind === 'compare') return this.#compare(condition)
    const parts = condition.parts.map((part) => this.condition(part))
    return parts.some((part) => part === undefined)
      ? undefined
      : `(${parts.join(condition.kind === 'and' ? ' AND ' : ' OR ')})`
  }

  #compare({ subject, comparison }: Condition & { kind: 'compare' }): string | undefined {
    const column = subject && this.column(subject)
    const sign = signs[comparison.operator]
    const [value] = comparison.values
    const isOrder = !['eq', 'ne'].includes(comparison.operator)
    if (column === undefined || sign === undefined || !value) return undefined
    if (value.kind === 'literal' && value.value !== null)
      return this.#holds(column, sign, value.value, comparison.isNegated)
    return value.kind === 'word' && !isOrder
      ? this.#holds(column, sign, value.word, comparison.isNegated)
      : undefined
  }

  /** Where a value is missing nothing holds of it, so that its opposite does. */
  #holds(column: string, sign: string, value: Json, isNegated: boolean): string {
    const name = `p${Object.keys(this.parameters).length + 1}`
    this.parameters[name] = typeof value === 'string' && value.includes('${') ? literal(value) : value
    const holds = `coalesce(${column} ${sign} $${name}, ${sign === '<>'})`
    return isNegated ? `(NOT ${holds})` : holds
  }
}

export function quotedName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
