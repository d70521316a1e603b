/** Which rows there are, and in which order: filters, sorting, the first, the top. */
import type { Operand, Phrase } from '../../grammar/tree.ts'
import { isIn } from '../../grammar/vocabulary.ts'
import { Refusal } from '../../refusal.ts'
import type { Compiler, Operation } from '../compiler.ts'
import { bareNoun, refuseOtherNoun } from '../nouns.ts'
import { limitedTo } from '../relations.ts'
import { columnsIn, operandIn, textIn, valueIn } from '../slots.ts'
import { asItems, filtered, Table } from '../table.ts'
import { quoted, type Value } from '../values.ts'
import { ungrouped } from './aggregates.ts'
import { inOrder, onlyOnce, shaped } from './shape.ts'

const keep: Operation = (compiler, phrase) => {
  const { slots } = phrase
  const source = operandIn(slots, 'of')
  if (source) compiler.values.push(compiler.operand(source))
  return shaped(compiler, compiler.subject(phrase), slots)
}

/** `filter them by city = Berlin`, `filter sales.csv to rows where …`. */
const filter: Operation = (compiler, phrase) => {
  const { slots, span } = phrase
  const rest = operandIn(slots, 'rest')
  if (!rest && !slots['where'] && !hasCondition(operandIn(slots, 'what')))
    throw new Refusal('It is not said which rows are to stay.', [span], '“filter … where COLUMN is over 5”')
  const value = operandIn(slots, 'what') || !rest ? compiler.subject(phrase) : undefined
  if (!rest) return shaped(compiler, value ?? compiler.last(span), slots)
  if (value) compiler.values.push(value)
  return compiler.operand(rest)
}

function hasCondition(operand: Operand | undefined): boolean {
  if (operand?.kind !== 'phrase') return false
  const { slots } = operand.phrase
  return 'where' in slots || hasCondition(operandIn(slots, 'what') ?? operandIn(slots, 'source'))
}

/** `remove the rows where …`: the rest stays. */
const drop: Operation = (compiler, phrase) => {
  const operand = operandIn(phrase.slots, 'what')
  if (operand?.kind !== 'phrase' || operand.phrase.slots['where']?.type !== 'condition')
    throw new Refusal(
      'Only rows or lines that are said to be so and so can be removed; files are never deleted.',
      [phrase.span],
      '“remove the rows where COLUMN is over 5”',
    )
  const { where, ...rest } = operand.phrase.slots
  const value = compiler.operand({ ...operand, phrase: { ...operand.phrase, slots: rest } })
  return filtered(compiler, value, where.condition, false)
}

const unique: Operation = (compiler, phrase) => {
  const value = compiler.subject(phrase)
  refuseOtherNoun(compiler, phrase.slots, value)
  const table = new Table(compiler, value)
  const by = columnsIn(phrase.slots, 'by')
  const key = by.length === 0 ? '.' : `[${by.map((column) => table.member(column)).join(', ')}]`
  return onlyOnce(table, key)
}

/** What is there more than once: whole rows or lines, or the rows that have the same in some columns. */
const duplicates: Operation = (compiler, phrase) => {
  const value = compiler.subject(phrase)
  refuseOtherNoun(compiler, phrase.slots, value)
  const table = new Table(compiler, value)
  const by = columnsIn(phrase.slots, 'by')
  const names = ['duplicates', ...value.names]
  if (by.length === 0)
    return {
      ...table.value,
      names,
      expression: table.through('group_by(.)', 'map(select(length > 1) | .[0])'),
    }
  const key = `[${by.map((column) => table.member(column)).join(', ')}]`
  return {
    ...table.value,
    names,
    expression: table.through(`group_by(${key})`, 'map(select(length > 1) | .[])'),
  }
}

/** The lines that have a text in them. */
const grep: Operation = (compiler, phrase) => {
  const value = asItems(compiler.subject(phrase))
  if (value.type === 'rows' || value.type === 'record')
    throw new Refusal(
      'This is looked for in lines, and these are rows. Say in which column.',
      [phrase.span],
      '“show the rows where COLUMN contains …”',
    )
  const needle = quoted(textIn(phrase.slots, 'needle') ?? '')
  const lines = `map(select(if type == "object" then error("This is looked for in lines, and these are rows.") else tostring | contains(${needle}) end))`
  return { ...value, expression: new Table(compiler, value).through(lines) }
}

const sort: Operation = (compiler, { slots, pattern, ...phrase }) => {
  const value = ungrouped(compiler.subject({ slots, pattern, ...phrase }))
  const isDescending = pattern.fixed['descending'] === true
  const order = slots['order']
  if (order?.type === 'order')
    return inOrder(
      compiler,
      value,
      isDescending ? order.order.map((key) => ({ ...key, isDescending })) : order.order,
    )
  const items = asItems(value)
  if (items.type === 'rows')
    throw new Refusal('It is not said by which column this is sorted.', [phrase.span], '“sort … by COLUMN”')
  const table = new Table(compiler, items)
  return { ...items, expression: table.through(isDescending ? 'sort | reverse' : 'sort') }
}

/** `top 3 rows by amount`, `the row with the highest amount`. */
const top: Operation = (compiler, phrase) => {
  const { slots, pattern, span } = phrase
  const value = shaped(
    compiler,
    subjectOfNoun(compiler, phrase),
    slots['where'] ? { where: slots['where'] } : {},
  )
  const table = new Table(compiler, value)
  const n = Number(valueIn(slots, 'n') ?? 1)
  if (!Number.isInteger(n) || n < 0) throw new Refusal('This must be a whole number.', [span])
  const limited = limitedRows(compiler, phrase, value, n)
  if (limited) return limited
  if (isRankedAlready(phrase, value))
    return { ...value, expression: table.through(firstOf(n, pattern.fixed['descending'] === false)) }
  const { key, isItem } = rankOf(compiler, phrase, value, table)
  const isDescending = pattern.fixed['descending'] === true
  const sorted = isDescending ? `reverse | sort_by(${key}) | reverse` : `sort_by(${key})`
  return {
    ...table.value,
    ...(isItem && { type: 'list' as const }),
    expression: table.through(
      ...(isItem ? [`map(${key}) | sort${isDescending ? ' | reverse' : ''}`] : [sorted]),
      `.[:${n}]`,
    ),
  }
}

/** `sort them by score, and keep the top 2`: by what they are sorted by. */
function isRankedAlready({ slots }: Phrase, value: Value): boolean {
  return value.isSorted === true && !slots['order'] && !slots['column']
}

/** By a query, where the rows are those of one. */
function limitedRows(compiler: Compiler, phrase: Phrase, value: Value, n: number): Value | undefined {
  const isDescending = phrase.pattern.fixed['descending'] === true
  if (isRankedAlready(phrase, value)) return isDescending ? limitedTo(compiler, value, n) : undefined
  const { order } = phrase.slots
  const column = order?.type === 'order' ? order.order[0]?.column : columnsIn(phrase.slots, 'column')[0]
  return column && limitedTo(compiler, value, n, [{ column, isDescending }])
}

function firstOf(n: number, isFromEnd: boolean): string {
  return isFromEnd ? `if length > ${n} then .[length - ${n}:] else . end` : `.[:${n}]`
}

/** `the 3 largest amounts` are values of a column; `the top 3 rows by amount` are rows. */
function rankOf(
  compiler: Compiler,
  phrase: Phrase,
  value: Value,
  table: Table,
): { key: string; isItem: boolean } {
  const { slots, span } = phrase
  const order = slots['order']
  const column = order?.type === 'order' ? order.order[0]?.column : columnsIn(slots, 'column')[0]
  if (column) return { key: table.member(column), isItem: false }
  if (table.value.type === 'list') return { key: '.', isItem: false }
  const noun = operandIn(slots, 'noun')
  const word = noun && bareNoun(noun)
  const isRow =
    word === undefined || isIn(compiler.vocabulary, 'row_noun', word) || value.names.includes(word)
  if (isRow)
    throw new Refusal('It is not said by which column they are ranked.', [span], '“the top 3 rows by COLUMN”')
  return { key: table.member({ name: word, span: noun?.span ?? span }), isItem: true }
}

function subjectOfNoun(compiler: Compiler, phrase: Phrase): Value {
  const { in: within, ...rest } = phrase.slots
  const noun = operandIn(phrase.slots, 'noun')
  if (within) {
    const value = compiler.subject({ ...phrase, slots: { in: within } })
    const word = noun && bareNoun(noun)
    return word !== undefined && isIn(compiler.vocabulary, 'row_noun', word)
      ? compiler.nounOf(word, value, noun?.span ?? phrase.span)
      : value
  }
  const word = noun && bareNoun(noun)
  if (
    noun &&
    word !== undefined &&
    (isIn(compiler.vocabulary, 'row_noun', word) || compiler.values.some(({ names }) => names.includes(word)))
  )
    return compiler.operand(noun)
  void rest
  return compiler.last(phrase.span)
}

const extreme: Operation = (compiler, phrase) => {
  const rows = top(compiler, {
    ...phrase,
    slots: { ...phrase.slots, n: { type: 'value', value: 1, span: phrase.span } },
  })
  if (!rows) return undefined
  return { ...rows, type: 'record', expression: `(${rows.expression} | .[0])` }
}

/** The lines of a text, also where only the answer tells that it is one. */
function linesOf(value: Value): Value {
  if (value.type !== 'any') return asItems(value)
  return { ...value, expression: `(${value.expression} | if type == "string" then lines else . end)` }
}

/** `the first 2 rows`, `the last line`. */
const first: Operation = (compiler, phrase) => {
  const { slots, pattern, span } = phrase
  const subject = subjectOfNoun(compiler, phrase)
  refuseOtherNoun(compiler, slots, subject)
  const value = linesOf(shaped(compiler, subject, slots['where'] ? { where: slots['where'] } : {}))
  const n = valueIn(slots, 'n')
  const isEnd = pattern.fixed['from'] === 'end'
  if (n === undefined) {
    return {
      ...value,
      type: value.type === 'rows' ? 'record' : value.type === 'list' ? 'text' : 'any',
      expression: `(${value.expression} | ${isEnd ? 'last' : 'first'})`,
    }
  }
  if (typeof n !== 'number' || !Number.isInteger(n) || n < 0)
    throw new Refusal('This must be a whole number.', [span])
  const asked = isEnd ? undefined : limitedTo(compiler, value, n)
  return asked ?? { ...value, expression: new Table(compiler, value).through(firstOf(n, isEnd)) }
}

const reverse: Operation = (compiler, phrase) => {
  const value = asItems(compiler.subject(phrase))
  return { ...value, expression: new Table(compiler, value).through('reverse') }
}

export const rowOperations: Readonly<Record<string, Operation>> = {
  keep,
  filter,
  drop,
  unique,
  duplicates,
  grep,
  sort,
  top,
  extreme,
  first,
  reverse,
}
