/**
 * A question to one table, done in the only order that makes sense: which rows, in which groups, what of each, in which
 * order, how many, which columns.
 */
import { isArrangement } from '../../grammar/question.ts'
import type { AskedOrder, Column, Question } from '../../grammar/tree.ts'
import { Refusal, type Span } from '../../refusal.ts'
import type { Compiler, Operation } from '../compiler.ts'
import { isDatabase } from '../files.ts'
import { limitedTo } from '../relations.ts'
import { comparing, filtered, Table } from '../table.ts'
import { keyOf, type Value } from '../values.ts'
import { aggregated, ungrouped } from './aggregates.ts'
import { inOrder, onlyOnce } from './shape.ts'

const question: Operation = (compiler, { slots, span }) => {
  const slot = slots['question']
  if (slot?.type !== 'question') throw new Error('A question without one.')
  const { question: asked } = slot
  return answered(compiler, tableOf(compiler, asked, span), asked, span)
}

/** The question to a table, whatever it says that it is about. */
export function answered(compiler: Compiler, table: Value, asked: Question, span: Span): Value {
  const rows = asked.conditions.reduce((value, condition) => filtered(compiler, value, condition), table)
  const groups = inGroups(compiler, rows, asked, span)
  const sorted = ordersOf(asked).reduceRight(
    (value, order) => put(compiler, value, asked, order, span),
    groups,
  )
  return told(compiler, cut(compiler, sorted, asked), asked)
}

/** An order of its own, behind what was written already, would come too late. */
function lastOf(compiler: Compiler, asked: Question, span: Span): Value {
  const last = compiler.last(span)
  const isWritten = [...compiler.written.values()].some(({ expression }) => expression === last.expression)
  if (isWritten && isArrangement(asked))
    throw new Refusal('This was written already. Say its order before.', [span])
  return ungrouped(last)
}

function tableOf(compiler: Compiler, asked: Question, span: Span): Value {
  const { source, table } = asked
  if (!source) return lastOf(compiler, asked, span)
  if (!isDatabase(source.path)) return compiler.file(source.path, source.span)
  if (table === undefined)
    throw new Refusal(`It is not said which table of ${source.path} is meant.`, [source.span])
  return compiler.table(source.path, table, source.span)
}

function inGroups(compiler: Compiler, value: Value, asked: Question, span: Span): Value {
  const { aggregates, by, isPer, having } = asked
  if (aggregates.length === 0) {
    if (isPer || having.length > 0)
      throw new Refusal(
        'It is not said what is computed for each.',
        by.length > 0 ? by.map((one) => one.span) : [span],
      )
    return value
  }
  if (having.length > 0 && !aggregates.some((one) => one.function === 'count'))
    return onlyLarge(
      compiler,
      aggregated(compiler, onlyLargeGroups(compiler, value, asked), by, aggregates),
      [],
    )
  return onlyLarge(compiler, aggregated(compiler, value, by, aggregates), having)
}

/** The groups with so many rows. */
function onlyLarge(compiler: Compiler, value: Value, having: Question['having']): Value {
  return having.reduce((groups, comparison) => {
    const table = new Table(compiler, groups)
    return {
      ...table.value,
      expression: table.through(`map(select(${comparing('.count', comparison, literalOf)}))`),
    }
  }, value)
}

/** Where their number is not told, the rows of small groups are left out before. */
function onlyLargeGroups(compiler: Compiler, value: Value, { by, having }: Question): Value {
  return having.reduce((rows, comparison) => {
    const table = new Table(compiler, rows)
    const key = `[${by.map((column) => table.member(column)).join(', ')}]`
    const isLarge = comparing('length', comparison, literalOf)
    return { ...table.value, expression: table.through(`group_by(${key})`, `map(select(${isLarge}) | .[])`) }
  }, value)
}

function literalOf(value: Question['having'][number]['values'][number]): string {
  return JSON.stringify(value.kind === 'literal' ? value.value : null)
}

/** `by name` is an order where nothing is computed; the top ones come from its end. */
function ordersOf({ order, by, aggregates, limit }: Question): readonly AskedOrder[] {
  const said = aggregates.length === 0 ? by.map((column) => ({ column, isDescending: false })) : []
  const all = [...order, ...said]
  if (limit?.isTop === undefined) return all
  const isDescending = limit.isTop
  return all.length === 0
    ? [{ column: undefined, isDescending }]
    : all.map((one) => ({ ...one, isDescending }))
}

function put(compiler: Compiler, value: Value, asked: Question, order: AskedOrder, span: Span): Value {
  if (order.isOfRows && asked.aggregates.length > 0)
    return inOrder(compiler, value, [{ column: { name: 'count', span }, isDescending: order.isDescending }])
  if (!order.column && value.type === 'list') {
    const sort = order.isDescending ? 'sort | reverse' : 'sort'
    return { ...value, expression: new Table(compiler, value).through(sort) }
  }
  const column = order.column ?? measureOf(compiler, value, asked, span)
  return inOrder(compiler, value, [{ column, isDescending: order.isDescending }])
}

/** What `largest first` is about: what was computed, or the only column that measures anything. */
function measureOf(compiler: Compiler, value: Value, asked: Question, span: Span): Column {
  const [only, ...more] = value.computed ?? []
  if (only !== undefined && more.length === 0) return { name: String(JSON.parse(only)), span }
  const [named] = asked.columns
  if (asked.columns.length === 1 && named && asked.aggregates.length === 0) return named
  const mentioned = asked.conditions.flatMap((one) =>
    one.kind === 'compare' && one.subject ? [one.subject] : [],
  )
  const measures = [asked.columns, mentioned, (value.columns ?? []).map((name) => ({ name, span }))]
    .map((columns) => columns.filter(({ name }) => isMeasure(compiler, name)))
    .find((columns) => columns.length > 0)
  const [first] = measures ?? []
  if (!first || new Set(measures?.map(({ name }) => name)).size !== 1)
    throw new Refusal('It is not said by which column.', [span], '“sorted by COLUMN”')
  compiler.plan.assume(`What is ranked is ranked by “${first.name}”.`)
  return first
}

/** A number that is neither a name of something nor a time. */
function isMeasure({ schemas }: Compiler, name: string): boolean {
  const isNumeric = schemas.tables.some(({ columns }) =>
    columns.some((column) => column.name === name && column.isNumeric),
  )
  return isNumeric && !/^id$|_id$|^year$|_year$|^month$|^day$/i.test(name)
}

function cut(compiler: Compiler, value: Value, { limit }: Question): Value {
  if (!limit) return value
  const { count, isOne, isFromEnd } = limit
  const asked = isFromEnd || isOne ? undefined : limitedTo(compiler, value, count)
  if (asked) return asked
  const table = new Table(compiler, value)
  if (isOne) return { ...table.value, type: 'record', expression: table.through('.[0]') }
  const rows = isFromEnd ? `if length > ${count} then .[length - ${count}:] else . end` : `.[:${count}]`
  return { ...table.value, expression: table.through(rows) }
}

/** Which columns are told; one of them alone as a list of its values. */
function told(compiler: Compiler, value: Value, asked: Question): Value {
  const { columns, isDistinct, aggregates } = asked
  if (aggregates.length > 0) {
    const strange = columns.filter(({ name }) => !isTold(value, asked, name))
    if (strange.length > 0)
      throw new Refusal(
        'This is understood, but means nothing here.',
        strange.map(({ span }) => span),
      )
    return value
  }
  const [only, another] = columns
  if (!only) return isDistinct ? onlyOnce(new Table(compiler, value)) : value
  const table = new Table(
    compiler,
    value.type === 'record' ? { ...value, type: 'rows', expression: `[${value.expression}]` } : value,
  )
  const shown = another
    ? `{${columns.map((column) => `${keyOf(table.key(column))}: ${table.member(column)}`).join(', ')}}`
    : table.member(only)
  const chosen: Value = {
    type: another ? 'rows' : 'list',
    names: another ? value.names : [only.name, ...value.names],
    ...(another ? { columns: columns.map(({ name }) => name) } : { isPlucked: true }),
    expression: table.through(`map(${shown})`),
  }
  if (value.type === 'record')
    return { ...chosen, type: another ? 'record' : 'any', expression: `(${chosen.expression} | .[0])` }
  return isDistinct ? onlyOnce(new Table(compiler, chosen)) : chosen
}

/** What is computed of a column tells of it. */
function isTold({ columns = [] }: Value, { aggregates, by }: Question, name: string): boolean {
  return (
    columns.includes(name) ||
    by.some((one) => one.name === name) ||
    aggregates.some(({ column }) => column?.name === name)
  )
}

export const questionOperations: Readonly<Record<string, Operation>> = { ask: question }
