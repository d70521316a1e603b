/** Counting, summing and what else makes few values of many, for the whole or for each group. */
import { isIn } from '../../grammar/vocabulary.ts'
import type { Aggregate, AggregateFunction, Column, Operand, Phrase } from '../../grammar/tree.ts'
import { jsonText } from '../../json_text.ts'
import { Refusal } from '../../refusal.ts'
import { groupedInto } from '../relations.ts'
import { columnsIn, operandIn, valueIn } from '../slots.ts'
import { stemOf } from '../files.ts'
import { isSameNoun } from '../../grammar/plurals.ts'
import { bareNoun, refuseOtherNoun } from '../nouns.ts'
import { type Compiler, type Operation } from '../compiler.ts'
import { asItems, Table } from '../table.ts'
import { isFixed, keyOf, quoted, type Value } from '../values.ts'
import { askedOfFile } from './file_queries.ts'
import { reductions } from '../reductions.ts'
import { directed, inOrder, shaped } from './shape.ts'

/** Rows that are grouped: what comes next says what comes out of each group. */
export function grouped(compiler: Compiler, value: Value, by: readonly Column[]): Value {
  return {
    type: 'rows',
    ...(value.columns && { columns: value.columns }),
    groupedBy: by,
    expression: groups(compiler, value, by),
    names: ['groups', ...value.names],
  }
}

function groups(compiler: Compiler, value: Value, by: readonly Column[]): string {
  const table = new Table(compiler, value)
  const keys = by.map((column) => table.key(column))
  const members = keys.map((key, at) => `${keyOf(key)}: .[0]${table.member(by[at] ?? missing)}`)
  return table.through(
    `group_by([${by.map((column) => table.member(column)).join(', ')}])`,
    `map({${members.join(', ')}, rows: .})`,
  )
}

const missing: Column = { name: '', span: { start: 0, end: 0 } }

/** A number where nothing is grouped and one thing asked, a record where several are, rows where it is grouped. */
export function aggregated(
  compiler: Compiler,
  value: Value,
  by: readonly Column[],
  list: readonly Aggregate[],
): Value {
  const asked = groupedInto(compiler, value, by, list)
  if (asked) return answered(asked, by, [...list.flatMap(nounsOf), ...value.names])
  const table = new Table(compiler, value)
  const named = list.map((one) => ({
    name: resultName(compiler, table, one),
    expression: aggregateExpression(compiler, table, one),
  }))
  const names = [...list.flatMap(nounsOf), ...value.names]
  if (by.length === 0) {
    const [only] = named
    if (named.length === 1 && only)
      return { type: 'number', expression: table.through(only.expression), names }
    return {
      type: 'record',
      expression: table.through(
        `{${named.map(({ name, expression }) => `${keyOf(name)}: (${expression})`).join(', ')}}`,
      ),
      names,
    }
  }
  const keys = by.map((column) => `${keyOf(table.key(column))}: .[0]${table.member(column)}`)
  const members = [...keys, ...named.map(({ name, expression }) => `${keyOf(name)}: (${expression})`)]
  const group = `group_by([${by.map((column) => table.member(column)).join(', ')}])`
  const keysOf = by.map((column) => table.key(column))
  return {
    type: 'rows',
    expression: table.through(group, `map({${members.join(', ')}})`),
    names,
    ...told(
      keysOf,
      named.map(({ name }) => name),
    ),
  }
}

/** What a query gives: rows of groups; else one row, and one value where one thing was asked. */
function answered(asked: Value, by: readonly Column[], names: readonly string[]): Value {
  if (by.length > 0) return { ...asked, names }
  const { expression, computed = [] } = asked
  const isOne = computed.length === 1
  const first = `(${expression} | .[0]${isOne ? ' | to_entries[0].value' : ''})`
  return { type: isOne ? 'number' : 'record', expression: first, names }
}

/** The columns of groups, where none of them is only known when the plan runs. */
function told(keys: readonly string[], computed: readonly string[]): Pick<Value, 'columns' | 'computed'> {
  const all = [...keys, ...computed]
  const isKnown = all.every(isFixed)
  return isKnown ? { columns: all.map((key) => String(JSON.parse(key))), computed } : {}
}

function resultName(_compiler: Compiler, table: Table, { function: name, column }: Aggregate): string {
  if (name === 'count' || !column || isItems(table, column)) return quoted(name)
  const key = table.key(column)
  return key.startsWith('"') ? quoted(`${name}_${JSON.parse(key)}`) : `"${name}_\\(${key})"`
}

/** `the sum of the numbers`: of the items of a list. */
function isItems(table: Table, column: Column): boolean {
  return table.value.type !== 'rows' && /^(?:numbers?|values?|items?|them|lines?|it)$/.test(column.name)
}

function aggregateExpression(
  _compiler: Compiler,
  table: Table,
  { function: name, column }: Aggregate,
): string {
  if (name === 'count') return 'length'
  const items = !column || isItems(table, column) ? '.' : `map(${table.member(column)})`
  return `${items} | ${reductions[name]}`
}

const nouns: Readonly<Record<AggregateFunction, readonly string[]>> = {
  sum: ['total', 'sum', 'totals'],
  average: ['average', 'mean'],
  median: ['median'],
  min: ['minimum', 'lowest', 'smallest'],
  max: ['maximum', 'highest', 'largest'],
  count: ['count', 'number'],
  distinct: ['count', 'number'],
}

function nounsOf({ function: name }: Aggregate): readonly string[] {
  return nouns[name]
}

const aggregate: Operation = (compiler, phrase) => {
  const { slots } = phrase
  const before = countedBefore(compiler, phrase)
  if (before) return before
  const row = extremeRow(compiler, phrase)
  if (row) return row
  const asked = askedAggregate(compiler, phrase)
  if (asked) return directed(compiler, asked, slots)
  const value = shaped(compiler, compiler.subject(phrase), without(slots, 'by', 'direction', 'group'))
  const list = aggregatesOf(phrase, value)
  refuseNoGroups(slots, value)
  const by = [...(value.groupedBy ?? []), ...columnsIn(slots, 'by')]
  const result = directed(compiler, aggregated(compiler, ungrouped(value), by, list), slots)
  return rounded(result, valueIn(slots, 'precision'))
}

/** `the biggest order by total` is a row, where orders are what the rows are; `the biggest amount by city` is not. */
function extremeRow(compiler: Compiler, phrase: Phrase): Value | undefined {
  const { aggregates, by, where } = phrase.slots
  const [only, another] = aggregates?.type === 'aggregates' ? aggregates.aggregates : []
  const [key, ...more] = columnsIn(phrase.slots, 'by')
  const isExtreme = only?.function === 'max' || only?.function === 'min'
  if (!by || !key || more.length > 0 || !isExtreme || another || !only.column) return undefined
  const within = operandIn(phrase.slots, 'in')
  const path = within && fileOf(within)
  const word = only.column.name.toLowerCase()
  const names = path === undefined ? (compiler.values.at(-1)?.names ?? []) : [stemOf(path)]
  const columns = path === undefined ? compiler.values.at(-1)?.columns : compiler.schemas.columnsOf(path)
  const isRow = isIn(compiler.vocabulary, 'row_noun', word) || names.some((name) => isSameNoun(name, word))
  if (!isRow || columns?.some((name) => isSameNoun(name, word))) return undefined
  const value = shaped(
    compiler,
    within ? compiler.operand(within) : compiler.last(phrase.span),
    where ? { where } : {},
  )
  const rows = inOrder(compiler, value, [{ column: key, isDescending: only.function === 'max' }])
  return { ...rows, type: 'record', expression: `(${rows.expression} | .[0])` }
}

function fileOf(operand: Operand): string | undefined {
  const inner = operand.kind === 'phrase' ? operandIn(operand.phrase.slots, 'source') : operand
  return inner?.kind === 'file' ? inner.path : undefined
}

function askedAggregate(compiler: Compiler, phrase: Phrase): Value | undefined {
  const { aggregates } = phrase.slots
  if (aggregates?.type !== 'aggregates') return undefined
  const names = aggregates.aggregates.flatMap(nounsOf)
  return askedOfFile(compiler, phrase, {
    by: columnsIn(phrase.slots, 'by'),
    aggregates: aggregates.aggregates,
    names,
  })
}

/** `… for each`, with nothing behind it, is said of groups. */
function refuseNoGroups({ group }: Phrase['slots'], value: Value): void {
  if (group && !value.groupedBy)
    throw new Refusal(
      'Nothing is grouped here, so that it is not known what each is.',
      [group.span],
      '“by COLUMN”',
    )
}

/** `write the count`: a count that was made is meant, not one of it. */
function countedBefore(compiler: Compiler, { slots, pattern }: Phrase): Value | undefined {
  const { aggregates, ...rest } = slots
  const [only] = aggregates?.type === 'aggregates' ? aggregates.aggregates : []
  if (pattern.kind !== 'value' || only?.function !== 'count' || Object.keys(rest).length > 0) return undefined
  const last = compiler.values.at(-1)
  const isAnyNumber = /\bnumber$/i.test(compiler.plan.goal.slice(only.span.start, only.span.end))
  if (isAnyNumber && last?.type === 'number') return last
  return compiler.values.findLast(({ names }) => names.includes('count'))
}

/** The rows that were grouped, before they were. */
export function ungrouped(value: Value): Value {
  if (!value.groupedBy) return value
  const { groupedBy: _groups, ...plain } = value
  return { ...plain, expression: `(${value.expression} | map(.rows[]))` }
}

function rounded(value: Value, precision: unknown): Value {
  if (typeof precision !== 'number') return value
  return { ...value, expression: roundingOf(value.expression, precision) }
}

/** All numbers in it, to so many places behind the point. */
export function roundingOf(expression: string, places: number): string {
  const power = 10 ** Math.min(Math.max(Math.trunc(places), 0), 12)
  return `(${expression} | walk(if type == "number" then (. * ${power} | round) / ${power} else . end))`
}

function aggregatesOf({ slots, pattern, span }: Phrase, value: Value): readonly Aggregate[] {
  const slot = slots['aggregates']
  if (slot?.type === 'aggregates') return slot.aggregates
  const name = jsonText(pattern.fixed['function']) as AggregateFunction
  if (value.type === 'rows' || value.type === 'record' || (value.columns && value.columns.length > 0))
    throw new Refusal(
      `It is not said which column the ${name} is of.`,
      [span],
      `“the ${name} of COLUMN in …”`,
    )
  return [{ function: name, column: undefined, span }]
}

function without(slots: Phrase['slots'], ...names: readonly string[]): Phrase['slots'] {
  return Object.fromEntries(Object.entries(slots).filter(([key]) => !names.includes(key)))
}

const count: Operation = (compiler, phrase) => {
  const { slots, span } = phrase
  const unit = slots['unit']
  const rows = { function: 'count', column: undefined, span } as const
  const question = { by: columnsIn(slots, 'by'), aggregates: [rows], names: nouns.count }
  const asked = askedOfFile(compiler, phrase, question)
  if (asked) return directed(compiler, asked, slots)
  const subject = compiler.subject(phrase)
  if (['number', 'boolean', 'record'].includes(subject.type))
    throw new Refusal('This is one value; nothing can be counted in it.', [span], '“count the rows of FILE”')
  if (subject.isPlucked)
    throw new Refusal(
      'It is not said whether the same value counts once or each time.',
      [span],
      '“count the distinct …”, or “count the rows”',
    )
  const counted = unit?.type === 'value' ? compiler.nounOf(jsonText(unit.value), subject, unit.span) : subject
  const value = shaped(compiler, counted, without(slots, 'by', 'direction', 'group'))
  refuseNoGroups(slots, value)
  const by = [...(value.groupedBy ?? []), ...columnsIn(slots, 'by')]
  return directed(compiler, aggregated(compiler, asItems(ungrouped(value)), by, [rows]), slots)
}

/** `group by city`, with or without what is to come out. */
const group: Operation = (compiler, phrase) => {
  const value = compiler.subject(phrase)
  const by = columnsIn(phrase.slots, 'by')
  const { aggregates } = phrase.slots
  return aggregates?.type === 'aggregates'
    ? aggregated(compiler, value, by, aggregates.aggregates)
    : grouped(compiler, value, by)
}

/** `which city has the highest total amount`: the row of the group that is first. */
const extremeGroup: Operation = (compiler, phrase) => {
  const { slots, span, pattern } = phrase
  const value = shaped(compiler, compiler.subject(phrase), slots.where ? { where: slots.where } : {})
  const list: readonly Aggregate[] =
    slots['aggregates']?.type === 'aggregates'
      ? slots['aggregates'].aggregates
      : [mostOf(compiler, phrase, value)]
  const groups = aggregated(compiler, value, columnsIn(slots, 'by'), list)
  const last = list.at(-1)
  if (!last) throw new Refusal('It is not said what is compared.', [span])
  const key = `to_entries[-1].value`
  return {
    type: 'record',
    expression: `(${groups.expression} | ${pattern.fixed['descending'] === true ? 'max_by' : 'min_by'}(${key}))`,
    names: groups.names,
  }
}

/** `most rows` is the number of rows; `most visitors`, where visitors are a column, the sum of it. */
function mostOf(compiler: Compiler, { slots, span }: Phrase, value: Value): Aggregate {
  const noun = operandIn(slots, 'noun')
  const word = noun && bareNoun(noun)
  const isColumn =
    word !== undefined &&
    !isIn(compiler.vocabulary, 'row_noun', word) &&
    !value.names.some((name) => isSameNoun(name, word)) &&
    value.columns?.some((name) => isSameNoun(name, word)) !== false
  if (noun && isColumn) return { function: 'sum', column: { name: word, span: noun.span }, span: noun.span }
  refuseOtherNoun(compiler, slots, value)
  return { function: 'count', column: undefined, span }
}

const summarise: Operation = (compiler, phrase) => {
  const value = compiler.subject(phrase)
  const { expression } = value
  if (value.type === 'text')
    return {
      type: 'record',
      names: ['summary'],
      expression: `(${expression} | {lines: (lines | length), words: ([scan("\\\\S+")] | length), characters: length})`,
    }
  const of = `known | if length > 0 and all(.[]; type == "number") then {count: length, missing: ($all - length), min: min, max: max, sum: add, average: mean} else {count: length, missing: ($all - length), distinct: (unique | length)} end`
  const names = `(reduce (.[] | objects | keys_unsorted[]) as $key ([]; if index($key) then . else . + [$key] end))`
  const table = `. as $rows | length as $all | if $all > 0 and all(.[]; type == "object") then {rows: $all, columns: (${names} | map(. as $key | {($key): ($rows | map(.[$key]) | ${of})}) | add)} else {items: $all} + (${of}) end`
  return {
    type: 'record',
    names: ['summary', 'statistics'],
    expression: `(${expression} | if type == "array" then ${table} else error("There is no summary of a value of type \\(type).") end)`,
  }
}

const distinct: Operation = (compiler, phrase) => {
  const { slots, pattern } = phrase
  const value = shaped(compiler, compiler.subject(phrase), slots.where ? { where: slots.where } : {})
  const [column] = columnsIn(slots, 'column')
  const table = new Table(compiler, value)
  const isRows =
    !column ||
    isIn(compiler.vocabulary, 'row_noun', column.name) ||
    (table.value.type === 'list' && value.names.includes(column.name))
  const unique = isRows
    ? table.through('unique')
    : table.through(table.member(column) && `map(${table.member(column)})`, 'known', 'unique')
  const list: Value = {
    type: isRows ? table.value.type : 'list',
    expression: unique,
    names: [...(column ? [column.name] : []), ...value.names],
  }
  return pattern.fixed['count'] === true
    ? { type: 'number', expression: `(${unique} | length)`, names: ['count', 'number'] }
    : list
}

export const aggregateOperations: Readonly<Record<string, Operation>> = {
  aggregate,
  count,
  group,
  extreme_group: extremeGroup,
  summarise,
  distinct,
}
