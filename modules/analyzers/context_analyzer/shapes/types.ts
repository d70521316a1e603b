/** What kind of value a text of a table is, and the kind that fits all values of a column. Pure. */
import type { Json, JsonObject } from '@nexus/sdk'
import { clip, valueMax } from '../clip.ts'
import type { GoalWords } from '../goal_words.ts'

/** What goes out of the values of a column: so many examples, and those that the goal says itself. */
export interface Telling {
  readonly sampleRows: number
  readonly words: GoalWords
}

export type ColumnType = 'integer' | 'number' | 'boolean' | 'date' | 'datetime' | 'text' | 'empty'

export interface Column {
  readonly name: string
  readonly type: string
  readonly samples?: readonly Json[]
}

export function typeOfText(text: string): ColumnType {
  const value = text.trim()
  if (value === '') return 'empty'
  if (/^[+-]?\d{1,18}$/.test(value)) return /^[+-]?0\d/.test(value) ? 'text' : 'integer'
  if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(value)) return 'number'
  if (/^(?:true|false)$/i.test(value)) return 'boolean'
  if (/^\d{4}-\d\d-\d\d$/.test(value)) return 'date'
  return /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/.test(value) ? 'datetime' : 'text'
}

export function typeOfAll(texts: Iterable<string>): ColumnType {
  let type: ColumnType = 'empty'
  for (const text of texts) {
    type = common(type, typeOfText(text))
    if (type === 'text') return type
  }
  return type
}

function common(one: ColumnType, other: ColumnType): ColumnType {
  if (one === other || other === 'empty') return one
  if (one === 'empty') return other
  const both = new Set([one, other])
  if (both.has('integer') && both.has('number')) return 'number'
  return both.has('date') && both.has('datetime') ? 'datetime' : 'text'
}

export function told(values: readonly Json[], { sampleRows, words }: Telling): JsonObject {
  const named = words.namedIn(values)
  return {
    ...(sampleRows > 0 && { samples: samplesOf(values, sampleRows) }),
    ...(named.length > 0 && { named }),
  }
}

/** The first few different values that say something. */
function samplesOf(values: Iterable<Json>, most: number): Json[] {
  const samples = new Set<Json>()
  for (const value of values) {
    if (samples.size >= most) break
    if (value === null || value === '' || typeof value === 'object') continue
    samples.add(typeof value === 'string' ? clip(value, valueMax) : value)
  }
  return [...samples]
}
