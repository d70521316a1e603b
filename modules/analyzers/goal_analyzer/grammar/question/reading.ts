/** What has been read of a question so far, and what its parts have in common. */
import type { Found, Reader } from '../reader.ts'
import type { Condition, Question } from '../tree.ts'

export interface Reading {
  readonly question: Question
  /** Words that were left to nothing. */
  readonly idle: number
  /** The last of them was one. */
  readonly isIdle: boolean
}

/** Every way to go on from a place. */
export type Part = (reader: Reader, at: number, reading: Reading) => readonly Found<Reading>[]

export const nothingAsked: Reading = {
  question: {
    sources: [],
    key: undefined,
    lacking: undefined,
    isDropped: false,
    isExcept: false,
    conditions: [],
    having: [],
    aggregates: [],
    by: [],
    isPer: false,
    order: [],
    limit: undefined,
    names: [],
    columns: [],
    isDistinct: false,
    isAsked: false,
    precision: undefined,
  },
  idle: 0,
  isIdle: false,
}

export function gone({ question, idle }: Reading, end: number, more: Partial<Question>): Found<Reading> {
  return { end, value: { question: { ...question, ...more }, idle, isIdle: false } }
}

export function held(reading: Reading, end: number, condition: Condition): Found<Reading> {
  const { conditions, isExcept } = reading.question
  const next: Condition = isExcept ? { kind: 'not', part: condition } : condition
  return gone(reading, end, { conditions: [...conditions, next] })
}

/** A question without anything asked is a noun, and is read as one. */
export function isWhole({ question }: Reading): boolean {
  const { conditions, aggregates, by, order, limit, columns, isDistinct, lacking } = question
  const { isDropped, isExcept, key, sources, isAsked } = question
  const count = conditions.length + aggregates.length + by.length + order.length + columns.length
  // `without tax` is about no rows.
  if (isExcept && !conditions.some(({ kind }) => kind === 'not')) return false
  if (isDropped) return conditions.length > 0 && count === conditions.length
  if (key && sources.length < 2 && !lacking) return false
  // `names are in people.json, scores in scores.csv, the id is the same`: that says where things are.
  if (key && count === columns.length && !isAsked) return false
  return count > 0 || limit !== undefined || isDistinct || lacking !== undefined
}
