/** By which columns something is put in order, and by which two things are matched. */
import { distinctEnds, type Found, type Reader, type SlotReader } from '../reader.ts'
import type { OrderKey, Slot } from '../tree.ts'
import { columnAt, separatorEnd } from './plain.ts'

/** `amount descending and then city`, `amount, largest first`. */
export const orderSlot: SlotReader = (reader, at) => {
  const found: Found<Slot>[] = []
  const order: OrderKey[] = []
  for (let next: number | undefined = at; next !== undefined;) {
    const column = columnAt(reader, next)
    if (!column) break
    found.push({
      end: column.end,
      value: orderSlotOf(reader, at, column.end, [...order, { column: column.value, isDescending: false }]),
    })
    const direction = directionAt(reader, column.end, column.value.name)
    const isDescending = direction?.isDescending ?? false
    const end = direction?.end ?? column.end
    order.push({ column: column.value, isDescending })
    found.push({ end, value: orderSlotOf(reader, at, end, [...order]) })
    next = reader.phraseEnd('then_by', end) ?? thenKnown(reader, end) ?? separatorEnd(reader, end)
  }
  return distinctEnds(found.toReversed())
}

/** `by city, then year`, where it is a column for certain. */
function thenKnown(reader: Reader, at: number): number | undefined {
  const comma = reader.isWord(at, ',') ? at + 1 : at
  const next = reader.isWord(comma, 'then') ? comma + 1 : undefined
  return next !== undefined && reader.lexicon.columnsAt(reader.tokens, next).length > 0 ? next : undefined
}

function orderSlotOf(reader: Reader, at: number, end: number, order: readonly OrderKey[]): Slot {
  return { type: 'order', order, span: reader.span(at, end) }
}

function directionAt(
  reader: Reader,
  at: number,
  column: string,
): { end: number; isDescending: boolean } | undefined {
  const isOpen = reader.isWord(at, '(')
  const start = isOpen || reader.isWord(at, ',') ? at + 1 : at
  const name = (['descending', 'ascending', 'newest_first', 'oldest_first'] as const).find(
    (one) => reader.phraseEnd(one, reader.skip(start)) !== undefined,
  )
  const isDescending = name && descends(name, column)
  const end = name && reader.phraseEnd(name, reader.skip(start))
  if (end === undefined || isDescending === undefined) return undefined
  return { end: isOpen && reader.isWord(end, ')') ? end + 1 : end, isDescending }
}

/** The oldest has the highest age and the lowest date; of a column that is neither it is not known which comes first. */
function descends(name: string, column: string): boolean | undefined {
  if (name === 'descending' || name === 'ascending') return name === 'descending'
  const isNewest = name === 'newest_first'
  if (/(?:^|_)ages?$/i.test(column)) return !isNewest
  const isTime =
    /date|time|year|month|day|week|hour|since|version|birth|born|deadline|^when$|(?:ed|_)_?(?:at|on)$/i.test(
      column,
    )
  return isTime ? isNewest : undefined
}

/** `(customer_id = id)`, `customer_id against id`: both sides are said, so that it can be nothing else. */
export const keyPairSlot: SlotReader = (reader, from) => {
  const at = reader.skip(from)
  const isOpen = reader.isWord(at, '(')
  const left = columnAt(reader, isOpen ? at + 1 : at)
  const equals = left && reader.phraseEnd('asked_equals', reader.skip(left.end))
  const right = equals === undefined ? undefined : columnAt(reader, equals)
  if (!left || !right || (isOpen && !reader.isWord(right.end, ')'))) return []
  const end = isOpen ? right.end + 1 : right.end
  return [{ end, value: { type: 'key', left: left.value, right: right.value, span: reader.span(at, end) } }]
}

/** `id`, `customer_id = id`, `customer_id and id`. */
export const keySlot: SlotReader = (reader, at) => {
  const left = columnAt(reader, at)
  if (!left) return []
  const one: Found<Slot> = {
    end: left.end,
    value: { type: 'key', left: left.value, right: left.value, span: left.value.span },
  }
  const equals = reader.phraseEnd('op_eq', left.end) ?? reader.phraseEnd('equals', left.end)
  const right = equals === undefined ? undefined : columnAt(reader, equals)
  if (!right) return [one]
  return [
    {
      end: right.end,
      value: { type: 'key', left: left.value, right: right.value, span: reader.span(at, right.end) },
    },
    one,
  ]
}
