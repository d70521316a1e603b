/** What a question is about: a file, a table, the last result. And the words that say nothing in one. */
import type { Found, Reader } from '../reader.ts'
import { placeSlot } from '../slots/operand.ts'
import { isIn } from '../vocabulary.ts'
import { gone, type Part, type Reading } from './reading.ts'

/** `in sales.csv`, `the products table in shop.db`. */
export const sourcePart: Part = (reader, at, reading) => {
  const { source, table } = reading.question
  const start = reader.phraseEnd('in', at) ?? at
  const token = reader.tokens[reader.skip(start)]
  const [found] = placeSlot(reader, reader.skip(start))
  const operand = found?.value.type === 'operand' ? found.value.operands[0] : undefined
  if (!token || !found || operand?.kind !== 'file') return []
  const known = reader.lexicon.tables.filter(({ path }) => path === operand.path)
  if (known.length === 0 || (source !== undefined && source.path !== operand.path)) return []
  if (known.every((one) => one.table !== undefined) && table === undefined && known.length > 1)
    return [gone(reading, found.end, { source: operand })]
  const [only] = known.length === 1 ? known : []
  return [gone(reading, found.end, { source: operand, table: table ?? only?.table })]
}

/** `orders`, `rows`: what the rows of a table are called. */
export const nounPart: Part = (reader, at, reading) => {
  const token = reader.tokens[at]
  const table = reader.lexicon.tableAt(reader.tokens, at)
  if (table) return aboutTable(reader, at, reading)
  const isNoun = token?.kind === 'word' && isIn(reader.vocabulary, 'asked_noun', token.lower)
  return isNoun ? [gone(reading, at + 1, {})] : []
}

function aboutTable(reader: Reader, at: number, reading: Reading): readonly Found<Reading>[] {
  const { source, table } = reading.question
  const { path, table: name } = reader.lexicon.tableAt(reader.tokens, at) ?? {}
  if (path === undefined) return []
  if (source && (source.path !== path || (table !== undefined && table !== name))) return []
  const operand = source ?? ({ kind: 'file', path, span: reader.span(at, at + 1) } as const)
  const isNamed = reader.isWord(at + 1, 'table')
  return [gone(reading, isNamed ? at + 2 : at + 1, { source: operand, table: name })]
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

/** What says nothing in a question, such as `which … are there`; verbs only where it begins. */
export const fillerPart: Part = (reader, at, { question, idle }) => {
  const isStart = idle === 0 && question.columns.length === 0
  const ends = ['asked_filler', 'filler', 'polite', ...(isStart ? ['asked_verb'] : ['asked_show'])].flatMap(
    (name) => reader.phraseEnds(name, at),
  )
  return ends.map((end) => ({ end, value: { question, idle: idle + end - at, isIdle: true } }))
}
