/**
 * Tables in files that are too large to be values of a run, or that only a query can read: each thing that is made of
 * one is a query of its own over the file, as long as SQL has a counterpart for it. A step that reads what no later
 * step uses is taken out of the plan again. Small files are read as they are, so that a cell such as 007 stays a text.
 */
import type { Json } from '@nexus/sdk'
import type { Aggregate, Column, Condition } from '../grammar/tree.ts'
import type { Compiler } from './compiler.ts'
import { formatOf, stemOf } from './files.ts'
import { Query, quotedName } from './operations/query_parts.ts'
import { literal, type Value } from './values.ts'

export interface Relation {
  /** The files by the names of their tables. */
  readonly files: Readonly<Record<string, string>>
  /** A statement that gives its rows, in no order. */
  readonly sql: string
  readonly order: readonly string[]
  readonly parameters: Readonly<Record<string, Json>>
  /** How often files may have changed before it was made. */
  readonly edition: number
}

/** A file above this is asked, not read. */
const sizeReadMax = 1_048_576

export function isAsked(compiler: Compiler, path: string): boolean {
  const format = formatOf(path)
  if (format === 'parquet') return true
  const isLarge = (compiler.schemas.sizeOf(path) ?? 0) > sizeReadMax
  return ['csv', 'tsv'].includes(format) && isLarge && compiler.plan.catalogue.has('query.sql')
}

/** All of a file. */
export function fileRelation(compiler: Compiler, path: string): Value {
  const table = `t${compiler.relations.size + 1}`
  const columns = compiler.schemas.columnsOf(path)
  const relation: Relation = {
    files: { [table]: path },
    sql: `SELECT * FROM ${table}`,
    order: [],
    parameters: {},
    edition: compiler.edition,
  }
  const name = stemOf(path)
  return added(compiler, relation, {
    type: 'rows',
    expression: '',
    names: [name, path],
    ...(columns && { columns }),
  })
}

/** The value as what a query gives, and the query kept for what will be made of it. */
function added(compiler: Compiler, relation: Relation, value: Value): Value {
  const { files, sql, order, parameters } = relation
  const expression = compiler.plan.add({
    name: `query_${stemOf(Object.values(files)[0] ?? 'file')}`,
    capability: 'query.sql',
    definition: {
      call: 'query.sql',
      with: {
        files: Object.fromEntries(Object.entries(files).map(([table, path]) => [table, literal(path)])),
        query: literal(order.length === 0 ? sql : `${sql} ORDER BY ${order.join(', ')}`),
        ...(Object.keys(parameters).length > 0 && { parameters: { ...parameters } }),
      },
    },
    needs: Object.values(files).map((path) => ({ read: path })),
  })
  compiler.relations.set(expression, relation)
  return { ...value, expression }
}

type Change = Partial<Pick<Relation, 'sql' | 'order'>>

function changed(
  compiler: Compiler,
  value: Value,
  change: (query: Query, relation: Relation) => Change | undefined,
): Value | undefined {
  const relation = compiler.relations.get(value.expression)
  if (!relation || relation.edition !== compiler.edition || value.groupedBy) return undefined
  const query = new Query(compiler, value.columns, relation.parameters)
  const next = change(query, relation)
  if (!next) return undefined
  compiler.plan.supersede(value.expression)
  return added(compiler, { ...relation, parameters: query.parameters, ...next }, value)
}

export function heldBy(
  compiler: Compiler,
  value: Value,
  condition: Condition,
  keeps: boolean,
): Value | undefined {
  return changed(compiler, value, (query, { sql }) => {
    const holds = query.condition(condition)
    return holds === undefined
      ? undefined
      : { sql: `SELECT * FROM (${sql}) WHERE ${keeps ? holds : `NOT ${holds}`}` }
  })
}

interface Key {
  readonly column: Column
  readonly isDescending: boolean
}

export function orderedBy(compiler: Compiler, value: Value, keys: readonly Key[]): Value | undefined {
  const found = changed(compiler, value, (query, { order }) => {
    const next = orderOf(query, keys)
    return next && { order: [...next, ...order] }
  })
  return found && { ...found, isSorted: true }
}

/** Nothing comes before everything, as in jq. */
function orderOf(query: Query, keys: readonly Key[]): readonly string[] | undefined {
  const parts = keys.map(({ column, isDescending }) => {
    const name = query.column(column)
    return name && `${name} ${isDescending ? 'DESC NULLS LAST' : 'ASC NULLS FIRST'}`
  })
  return parts.every((part) => part !== undefined) ? parts : undefined
}

/** The first so many, by these keys before the order that there is. */
export function limitedTo(
  compiler: Compiler,
  value: Value,
  count: number,
  keys: readonly Key[] = [],
): Value | undefined {
  return changed(compiler, value, (query, relation) => {
    const next = orderOf(query, keys)
    const order = next && [...next, ...relation.order]
    const sorted = order && order.length > 0 ? ` ORDER BY ${order.join(', ')}` : ''
    return order && { sql: `SELECT * FROM (${relation.sql}${sorted} LIMIT ${count})`, order }
  })
}

/** Some of its columns; none where it is ordered by one that is not among them. */
export function withColumns(compiler: Compiler, value: Value, columns: readonly Column[]): Value | undefined {
  const names = columns.map(({ name }) => name)
  const found = changed(compiler, value, (query, { sql, order }) => {
    const parts = columns.map((column) => query.column(column))
    const isKept = order.every((key) =>
      parts.some((part) => part !== undefined && key.startsWith(`${part} `)),
    )
    return parts.every((part) => part !== undefined) && isKept
      ? { sql: `SELECT ${parts.join(', ')} FROM (${sql})` }
      : undefined
  })
  return found && { ...found, ...(value.columns && { columns: names }) }
}

/** Groups with what is computed of each. */
export function groupedInto(
  compiler: Compiler,
  value: Value,
  by: readonly Column[],
  aggregates: readonly Aggregate[],
): Value | undefined {
  const rows = { type: 'rows', expression: value.expression, names: value.names } as const
  const known = value.columns ? { ...rows, columns: value.columns } : rows
  let told: Pick<Value, 'columns' | 'computed'> = {}
  const found = changed(compiler, known, (query, { sql }) => {
    const keys = by.map((column) => query.column(column))
    const parts = [...keys, ...aggregates.map((one) => query.aggregate(one))]
    if (parts.some((part) => part === undefined)) return undefined
    told = query.told({ by, aggregates })
    const groups = keys.length === 0 ? '' : ` GROUP BY ${keys.join(', ')}`
    return {
      sql: `SELECT ${parts.join(', ')} FROM (${sql})${groups}`,
      order: keys.map((key) => `${key} ASC NULLS FIRST`),
    }
  })
  return found && { ...found, ...told }
}

/** Rows of two tables with the same key; columns that both have get `_2` on the right. */
export function joinedOn(
  compiler: Compiler,
  [left, right]: readonly [Value, Value],
  keys: { readonly left: Column; readonly right: Column },
  isLeft: boolean,
): Value | undefined {
  const [a, b] = [compiler.relations.get(left.expression), compiler.relations.get(right.expression)]
  const isCurrent = a?.edition === compiler.edition && b?.edition === compiler.edition
  if (!a || !b || !isCurrent || !left.columns || !right.columns) return undefined
  if (Object.keys(a.parameters).length > 0 && Object.keys(b.parameters).length > 0) return undefined
  const [leftKey, rightKey] = [
    String(compiler.columnName(left, keys.left)),
    String(compiler.columnName(right, keys.right)),
  ]
  const known = new Set(left.columns)
  const more = right.columns.filter((name) => name !== rightKey || leftKey !== rightKey)
  const renamed = more.map((name) => ({ name, as: known.has(name) ? `${name}_2` : name }))
  const chosen = [
    ...left.columns.map((name) => `l.${quotedName(name)}`),
    ...renamed.map(({ name, as }) => `r.${quotedName(name)} AS ${quotedName(as)}`),
  ]
  const on = `l.${quotedName(leftKey)} = r.${quotedName(rightKey)}`
  const sql = `SELECT ${chosen.join(', ')} FROM (${a.sql}) AS l ${isLeft ? 'LEFT JOIN' : 'JOIN'} (${b.sql}) AS r ON ${on}`
  for (const value of [left, right]) compiler.plan.supersede(value.expression)
  return added(
    compiler,
    {
      files: { ...a.files, ...b.files },
      sql,
      order: [],
      parameters: { ...a.parameters, ...b.parameters },
      edition: compiler.edition,
    },
    {
      type: 'rows',
      expression: '',
      names: ['join', 'joined', ...left.names],
      columns: [...left.columns, ...renamed.map(({ as }) => as)],
    },
  )
}
