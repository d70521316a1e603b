/** What a question is about: a file, a table, the last result. And the words that say nothing in one. */
import type { KnownTable } from '../lexicon.ts'
import type { Found, Reader } from '../reader.ts'
import { placeSlot } from '../slots/operand.ts'
import { numberOf } from '../slots/plain.ts'
import type { AskedSource, Question } from '../tree.ts'
import { isIn } from '../vocabulary.ts'
import { gone, type Part } from './reading.ts'

/** Two, since more are joined by what nobody could guess. */
const sourcesMax = 2

/** `in sales.csv`, `the products table in shop.db`. */
export const sourcePart: Part = (reader, at, reading) => {
  const found = fileAt(reader, reader.skip(reader.phraseEnd('in', at) ?? at))
  const sources = found && withSource(reading.question.sources, found.value)
  return found && sources ? [gone(reading, found.end, { sources })] : []
}

/** A file that tables are known of; which of several is not said here. */
export function fileAt(reader: Reader, at: number): Found<AskedSource> | undefined {
  const [found] = placeSlot(reader, reader.skip(at))
  const operand = found?.value.type === 'operand' ? found.value.operands[0] : undefined
  if (!found || operand?.kind !== 'file') return undefined
  const known = reader.lexicon.tables.filter(({ path }) => path === operand.path)
  const [only, another] = known
  if (!only) return undefined
  const table = another ? undefined : only.table
  return { end: found.end, value: { path: operand.path, table, span: operand.span } }
}

/** Undefined where it is one more than can be meant. */
function withSource(
  sources: readonly AskedSource[],
  source: AskedSource,
): readonly AskedSource[] | undefined {
  const at = sources.findIndex(
    ({ path, table }) =>
      path === source.path && (table === undefined || source.table === undefined || table === source.table),
  )
  const known = sources[at]
  if (known) return sources.with(at, { ...known, table: known.table ?? source.table })
  return sources.length < sourcesMax ? [...sources, source] : undefined
}

/** `orders`, `rows`: what the rows of a table are called. */
export const nounPart: Part = (reader, at, reading) => {
  const token = reader.tokens[at]
  const table = reader.lexicon.tableAt(reader.tokens, at)
  if (table) {
    const sources = withSource(reading.question.sources, sourceOf(reader, at, table))
    const isNamed = reader.isWord(at + 1, 'table')
    return sources ? [gone(reading, isNamed ? at + 2 : at + 1, { sources })] : []
  }
  const isNoun = token?.kind === 'word' && isIn(reader.vocabulary, 'asked_noun', token.lower)
  return isNoun ? [gone(reading, at + 1, {})] : []
}

export function sourceOf(reader: Reader, at: number, { path, table }: KnownTable): AskedSource {
  return { path, table, span: reader.span(at, at + 1) }
}

/** The end of a word for the rows: of a known table, or any. */
export function rowNounEnd(reader: Reader, from: number): number | undefined {
  const at = reader.skip(from)
  const token = reader.tokens[at]
  if (token?.kind !== 'word') return undefined
  const isNoun =
    isIn(reader.vocabulary, 'asked_noun', token.lower) || reader.lexicon.tableAt(reader.tokens, at)
  return isNoun ? at + 1 : undefined
}

/** `no duplicates`, `different`. */
export const oncePart: Part = (reader, at, reading) => {
  const end = reader.phraseEnd('once', at) ?? reader.phraseEnd('asked_once', at)
  return end === undefined ? [] : [gone(reading, end, { isDistinct: true })]
}

/** `rounded to two decimals`, `to one decimal place`. */
export const precisionPart: Part = (reader, at, reading) => {
  const start = reader.phraseEnd('asked_rounded', at)
  const number = start === undefined ? undefined : numberOf(reader.tokens[reader.skip(start)])
  if (start === undefined || number === undefined) return []
  const behind = reader.skip(start) + 1
  const end = reader.phraseEnd('asked_decimals', behind)
  const isRounded = reader.isWord(at, 'rounded') || reader.isWord(at, 'round')
  return end === undefined && !isRounded ? [] : [gone(reading, end ?? behind, { precision: number })]
}

/** `leaving aside the open ones`. */
export const exceptPart: Part = (reader, at, reading) => {
  const end = reader.phraseEnd('asked_except', at)
  return end === undefined
    ? []
    : [{ end, value: { ...gone(reading, end, { isExcept: true }).value, isIdle: true } }]
}

/** What says nothing in a question, such as `which … are there`; most verbs only where it begins. */
export const fillerPart: Part = (reader, at, { question, idle }) => {
  const isStart = idle === 0 && isNothingYet(question)
  const dropped = isStart ? reader.phraseEnd('do_drop', at) : undefined
  const left = { ...question, isDropped: true, isAsked: true }
  if (dropped !== undefined) return [{ end: dropped, value: { question: left, idle: 1, isIdle: true } }]
  const asks = ['asking', isStart ? 'asked_verb' : 'asked_show']
  return [...asks, 'asked_filler', 'filler'].flatMap((name) =>
    reader.phraseEnds(name, at).map((end) => {
      const isAsked = question.isAsked || asks.includes(name)
      return { end, value: { question: { ...question, isAsked }, idle: idle + end - at, isIdle: true } }
    }),
  )
}

function isNothingYet({ columns, conditions, aggregates, sources }: Question): boolean {
  return columns.length + conditions.length + aggregates.length + sources.length === 0
}
