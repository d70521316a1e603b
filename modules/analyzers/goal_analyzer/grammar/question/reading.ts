/** What has been read of a question so far, and what its parts have in common. */
import type { Found, Reader } from '../reader.ts'
import type { Question } from '../tree.ts'

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
    source: undefined,
    table: undefined,
    conditions: [],
    having: [],
    aggregates: [],
    by: [],
    isPer: false,
    order: [],
    limit: undefined,
    columns: [],
    isDistinct: false,
  },
  idle: 0,
  isIdle: false,
}

export function gone({ question, idle }: Reading, end: number, more: Partial<Question>): Found<Reading> {
  return { end, value: { question: { ...question, ...more }, idle, isIdle: false } }
}

/** A question without anything asked is a noun, and is read as one. */
export function isWhole({ question }: Reading): boolean {
  const { conditions, aggregates, by, order, limit, columns, isDistinct } = question
  const count = conditions.length + aggregates.length + by.length + order.length + columns.length
  return count > 0 || limit !== undefined || isDistinct
}
