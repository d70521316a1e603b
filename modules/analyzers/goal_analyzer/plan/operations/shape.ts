/** What may stand behind a value, whatever made it: conditions, an order, a limit, columns, a format, letters. */
import type { Column, Slots } from '../../grammar/tree.ts'
import { isIn } from '../../grammar/vocabulary.ts'
import { Refusal } from '../../refusal.ts'
import type { Compiler } from '../compiler.ts'
import { writing } from '../files.ts'
import { orderedBy, withColumns } from '../relations.ts'
import { columnsIn } from '../slots.ts'
import { asItems, filtered, Table } from '../table.ts'
import { keyOf, member, quoted, type Value } from '../values.ts'
import { grouped } from './aggregates.ts'

/** What may stand behind a value: conditions, an order, a limit. */
export function shaped(compiler: Compiler, value: Value, slots: Slots): Value {
  const { where, sorted, by, limit } = slots
  const held = where?.type === 'condition' ? filtered(compiler, value, where.condition) : value
  const order = sorted?.type === 'order' ? inOrder(compiler, held, sorted.order) : held
  const cut =
    limit?.type === 'value'
      ? { ...order, expression: `(${order.expression} | .[:${Number(limit.value)}])` }
      : order
  const groups = by?.type === 'columns' ? grouped(compiler, cut, by.columns) : cut
  const columns = chosen(compiler, directed(compiler, groups, slots), slots)
  return slots['once'] ? onlyOnce(new Table(compiler, columns)) : columns
}

/** Each row, or each key that is given of a row, the first time that it is there. */
export function onlyOnce(table: Table, key = '.'): Value {
  const first = `reduce .[] as $row ({seen: {}, rows: []}; ($row | ${key} | tojson) as $key | if .seen[$key] then . else .seen[$key] = true | .rows += [$row] end) | .rows`
  return { ...table.value, expression: table.through(first) }
}

/** `…, only city and amount`. */
function chosen(compiler: Compiler, value: Value, slots: Slots): Value {
  const columns = columnsIn(slots, 'columns')
  if (columns.length === 0) return value
  const asked = withColumns(compiler, value, columns)
  if (asked) return asked
  const table = new Table(compiler, value)
  const members = columns.map((column) => `${keyOf(table.key(column))}: ${table.member(column)}`)
  return {
    ...table.value,
    type: 'rows',
    columns: columns.map(({ name }) => name),
    expression: table.through(`map({${members.join(', ')}})`),
  }
}

/** `…, largest first`, without a column: lists by themselves, what was computed of groups by what was computed. */
export function directed(compiler: Compiler, value: Value, slots: Slots): Value {
  const slot = slots['direction']
  if (slot?.type !== 'value') return value
  const [key, another] = value.computed ?? []
  const items = asItems(value)
  const isList = items.type === 'list'
  if (!isList && (key === undefined || another !== undefined || value.groupedBy))
    throw new Refusal('It is not said by which column this is sorted.', [slot.span], '“sorted by COLUMN”')
  const sort = isList ? 'sort' : `sort_by(${member(key ?? '')})`
  const stages = slot.value === true ? `reverse | ${sort} | reverse` : sort
  return { ...items, expression: new Table(compiler, items).through(stages) }
}

/** The same rows, their known columns under as many other names. */
export function underNames(compiler: Compiler, value: Value, names: readonly string[]): Value {
  const columns = value.columns ?? []
  const table = new Table(compiler, value)
  const members = columns.map((name, at) => `${keyOf(quoted(names[at] ?? name))}: ${member(quoted(name))}`)
  return { ...value, columns: names, expression: table.through(`map({${members.join(', ')}})`) }
}

export function inOrder(
  compiler: Compiler,
  value: Value,
  order: readonly { column: Column; isDescending: boolean }[],
): Value {
  const asked = orderedBy(compiler, value, order)
  if (asked) return asked
  const table = new Table(compiler, value)
  const stages = order.toReversed().map(({ column, isDescending }) => {
    const sort = isSelf(compiler, table.value, column) ? 'sort' : `sort_by(${table.member(column)})`
    return isDescending ? `reverse | ${sort} | reverse` : sort
  })
  return { ...table.value, isSorted: true, expression: table.through(...stages) }
}

/** In a list, `by value` or `by line` means the items themselves. */
function isSelf(compiler: Compiler, value: Value, column: Column): boolean {
  return value.type === 'list' && isIn(compiler.vocabulary, 'row_noun', column.name.toLowerCase())
}

export function inFormat(value: Value, format: string): Value {
  if (format === 'json') return value.type === 'text' ? asItems(value) : value
  const known = (['csv', 'tsv', 'jsonl', 'text'] as const).find((one) => one === format) ?? 'text'
  return {
    type: 'text',
    expression: `(${value.expression} | ${writing(known)})`,
    names: [known, ...value.names],
  }
}

export function inCase(value: Value, letters: string): Value {
  return onTexts(value, letters === 'upper' ? 'ascii_upcase' : 'ascii_downcase')
}

/** Every text in it. */
export function onTexts(value: Value, expression: string): Value {
  return {
    ...value,
    expression: `(${value.expression} | walk(if type == "string" then ${expression} else . end))`,
  }
}
