/**
 * A question to a table, whose parts may stand in any order: `of the paid orders the three largest, only id and total`.
 * It is read where no pattern fits, and only over what is known: every word is a column, a value, a table, what is done
 * with them, or one that means nothing here. Of all readings up to a place it keeps the one that leaves the fewest words
 * to nothing.
 */
import { columnsPart, needlePart, valuePart } from './question/columns.ts'
import { conditionPart } from './question/conditions.ts'
import { comparedPart, overPart, limitPart, orderPart, superlativePart } from './question/order.ts'
import { aggregatePart, groupPart, havingPart, mostPart } from './question/groups.ts'
import { exceptPart, fillerPart, nounPart, oncePart, precisionPart, sourcePart } from './question/plain.ts'
import { keyPart, lackingPart, missingPart } from './question/joins.ts'
import { isWhole, nothingAsked, type Part, type Reading } from './question/reading.ts'
import type { Found, Reader, SlotReader } from './reader.ts'
import type { Question } from './tree.ts'

/** The first that reaches a place is preferred where several leave as few words. */
const parts: readonly Part[] = [
  sourcePart,
  lackingPart,
  missingPart,
  keyPart,
  mostPart,
  superlativePart,
  limitPart,
  orderPart,
  havingPart,
  groupPart,
  aggregatePart,
  comparedPart,
  overPart,
  conditionPart,
  needlePart,
  valuePart,
  columnsPart,
  nounPart,
  oncePart,
  precisionPart,
  exceptPart,
  fillerPart,
]

export const questionSlot: SlotReader = (reader, at) => {
  if (reader.lexicon.tables.length === 0) return []
  return questionsAt(reader, at).map(({ end, value }) => ({
    end,
    value: { type: 'question', question: value, span: reader.span(at, end) },
  }))
}

/** One that stands alone: `the name is enough` asks for nothing. */
export const requestSlot: SlotReader = (reader, at) =>
  reader.slot('question', at).filter(({ value }) => value.type === 'question' && isRequest(value.question))

function isRequest({ sources, isAsked, aggregates, order, limit, isDistinct, lacking }: Question): boolean {
  const count = sources.length + aggregates.length + order.length
  return count > 0 || isAsked || isDistinct || limit !== undefined || lacking !== undefined
}

/** What may still be said behind a table that is written: its order. */
export const arrangementSlot: SlotReader = (reader, at) =>
  reader
    .slot('question', at)
    .filter(
      ({ value }) =>
        value.type === 'question' && value.question.order.length > 0 && isArrangement(value.question),
    )

/** Nothing but an order, of what there is. */
export function isArrangement({ sources, conditions, aggregates, by, limit, columns }: Question): boolean {
  const rest = conditions.length + aggregates.length + by.length + columns.length
  return sources.length === 0 && rest === 0 && limit === undefined
}

/** In tokens: a longer one is none, and would be looked through from each of its words. */
const questionLengthMax = 100

function questionsAt(reader: Reader, at: number): readonly Found<Question>[] {
  const best = new Map<number, Reading>([[at, nothingAsked]])
  const found: Found<Question>[] = []
  const last = Math.min(reader.length, at + questionLengthMax)
  for (let place = at; place < last; place++) {
    const reading = best.get(place)
    if (!reading) continue
    for (const next of parts.flatMap((part) => part(reader, place, reading))) {
      const known = best.get(next.end)
      if (next.end > place && (!known || next.value.idle < known.idle)) best.set(next.end, next.value)
      reader.reached(next.value.isIdle ? place : next.end)
    }
  }
  for (const [end, reading] of best)
    if (!reading.isIdle && isWhole(reading)) found.push({ end, value: reading.question })
  return found.toSorted((left, right) => right.end - left.end)
}
