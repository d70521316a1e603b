/**
 * A question to one table, done in the only order that makes sense: which rows, in which groups, what of each, in which
 * order, how many, which columns.
 */
import { isMeasure } from '../../grammar/lexicon.ts'
import type { AskedOrder, Column, Question } from '../../grammar/tree.ts'
import { Refusal, type Span } from '../../refusal.ts'
import type { Compiler, Operation } from '../compiler.ts'
import { limitedTo } from '../relations.ts'
import { comparing, filtered, Table } from '../table.ts'
import { keyOf, quoted, type Value } from '../values.ts'
import { aggregated, roundingOf } from './aggregates.ts'
import { confirmKey, tableOf, withoutLacking } from './question_tables.ts'
import { inOrder, onlyOnce, underNames } from './shape.ts'

const question: Operation = (compiler, { slots, span }) => {
  const slot = slots['question']
  if (slot?.type !== 'question') throw new Error('A question without one.')
  const { question: asked } = slot
  return answered(compiler, tableOf(compiler, asked, span), asked, span)
}

/** The question to a table, whatever it says that it is about. */
export function answered(compiler: Compiler, table: Value, asked: Question, span: Span): Value {
  const rows = withoutLacking(compiler, heldRows(compiler, table, asked, span), asked)
  const groups = named(compiler, inGroups(compiler, rows, asked, span), asked)
  const sorted = ordersOf(asked).reduceRight(
    (value, order) => put(compiler, value, asked, order, span),
    groups,
  )
  const value = told(compiler, cut(compiler, sorted, asked), asked)
  return asked.precision === undefined
    ? value
    : { ...value, expression: roundingOf(value.expression, asked.precision) }
}

function heldRows(
  compiler: Compiler,
  table: Value,
  { conditions, isDropped, aggregates }: Question,
  span: Span,
): Value {
  if (!isDropped) return conditions.reduce((value, one) => filtered(compiler, value, one), table)
  if (conditions.length === 0 || aggregates.length > 0)
    throw new Refusal('It is not said which rows are left out.', [span])
  return filtered(compiler, table, { kind: 'and', parts: conditions }, false)
}

/** What was computed, under the names that it is given. */
function named(compiler: Compiler, value: Value, { names, by, aggregates }: Question): Value {
  if (names.length === 0 || by.length === 0 || !value.columns) return value
  const { columns } = value
  const to = columns.map(
    (name, at) => names.find((one) => one.at === at - (columns.length - aggregates.length))?.name ?? name,
  )
  const computed = to.slice(columns.length - aggregates.length).map(quoted)
  return { ...underNames(compiler, value, to), computed }
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
  const isCounted = aggregates.some((one) => one.function === 'count')
  if (isCounted) return onlyLarge(compiler, aggregated(compiler, value, by, aggregates), having)
  return aggregated(compiler, onlyLargeGroups(compiler, value, asked), by, aggregates)
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
  const [named, another] = asked.columns
  // `only the names, A to Z`; what is largest, of names, nobody means.
  const isTheOne = order.isPlain === true && !another && asked.aggregates.length === 0
  const column = order.column ?? (isTheOne ? named : undefined) ?? measureOf(compiler, value, asked, span)
  return inOrder(compiler, value, [{ column, isDescending: order.isDescending }])
}

/** What `largest first` is about: what was computed, or the only column that measures anything. */
function measureOf(compiler: Compiler, value: Value, asked: Question, span: Span): Column {
  const [only, ...more] = value.computed ?? []
  if (only !== undefined && more.length === 0) return { name: String(JSON.parse(only)), span }
  const mentioned = asked.conditions.flatMap((one) =>
    one.kind === 'compare' && one.subject ? [one.subject] : [],
  )
  const measures = [asked.columns, mentioned, (value.columns ?? []).map((name) => ({ name, span }))]
    .map((columns) => columns.filter(({ name }) => isMeasured(compiler, name)))
    .find((columns) => columns.length > 0)
  const [first] = measures ?? []
  if (!first || new Set(measures?.map(({ name }) => name)).size !== 1)
    throw new Refusal('It is not said by which column.', [span], '“sorted by COLUMN”')
  compiler.plan.assume(`What is ranked is ranked by “${first.name}”.`)
  return first
}

function isMeasured({ schemas }: Compiler, name: string): boolean {
  return schemas.tables.some(({ columns }) =>
    columns.some((column) => column.name === name && isMeasure(column)),
  )
}

function cut(compiler: Compiler, value: Value, { limit }: Question): Value {
  if (!limit) return value
  const { count, isOne, isFromEnd, place = 1 } = limit
  const asked = isFromEnd || isOne ? undefined : limitedTo(compiler, value, count)
  if (asked) return asked
  const table = new Table(compiler, value)
  if (isOne) return { ...table.value, type: 'record', expression: table.through(`.[${place - 1}]`) }
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

export const questionOperations: Readonly<Record<string, Operation>> = {
  ask: question,
  confirm_key: confirmKey,
}
