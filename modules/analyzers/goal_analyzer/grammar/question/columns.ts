/** Columns of a question, and what has to hold of them. */
import type { KnownValue } from '../lexicon.ts'
import type { Found, Reader } from '../reader.ts'
import { separatorEnd, numberOf } from '../slots/plain.ts'
import type { Column, Condition } from '../tree.ts'
import { isIn } from '../vocabulary.ts'
import { rowNounEnd } from './plain.ts'
import { gone, held, type Part } from './reading.ts'

/** A column by its name, where it is one of a known table. */
export function knownColumnAt(reader: Reader, from: number): Found<Column> | undefined {
  const at = reader.skip(from)
  const [found] = reader.lexicon.columnsAt(reader.tokens, at)
  if (!found) return ofTable(reader, at)
  const isName = ['name', 'names'].some((word) => reader.isWord(found.end, word))
  const isOther = reader.lexicon.columnsAt(reader.tokens, found.end).length > 0
  const end = reader.phraseEnd('column', found.end) ?? (isName && !isOther ? found.end + 1 : found.end)
  return { end, value: { name: found.value, span: reader.span(at, found.end) } }
}

/** `the customer's name`. */
function ofTable(reader: Reader, at: number): Found<Column> | undefined {
  if (!reader.lexicon.tableAt(reader.tokens, at)) return undefined
  const start = reader.skip(at + 1)
  const [found] = reader.lexicon.columnsAt(reader.tokens, start)
  return found && { end: found.end, value: { name: found.value, span: reader.span(start, found.end) } }
}

/** `city`, `name and age`. A word that is a function too, such as `total`, is a column in the plural alone. */
export const columnsPart: Part = (reader, at, reading) => {
  const start = reader.skip(reader.phraseEnd('column', at) ?? at)
  const one = knownColumnAt(reader, start)
  const word = reader.tokens[start]?.lower ?? ''
  const isFunction = ['fn_sum', 'fn_min', 'fn_max', 'fn_average'].some((name) =>
    isIn(reader.vocabulary, name, word),
  )
  const { by, columns } = reading.question
  if (!one || (isFunction && columns.length === 0 && at === start)) return []
  const isNew = ![...columns, ...by].some(({ name }) => name === one.value.name)
  return [gone(reading, one.end, isNew ? { columns: [...columns, one.value] } : {})]
}

/** `open`, `in Berlin or Paris`, `not paid`, `from 2025`: values that say themselves whose they are. */
export const valuePart: Part = (reader, at, reading) =>
  valueConditionsAt(reader, at).map(({ end, value }) => held(reading, end, value))

export function valueConditionsAt(reader: Reader, at: number): readonly Found<Condition>[] {
  const behind = reader.phraseEnd('asked_place', at)
  const start = reader.skip(behind ?? at)
  const not = reader.phraseEnd('not', start)
  const first = knownValueAt(reader, not ?? start, behind !== undefined)
  if (!first) return []
  const { column } = first.value
  const found = [first]
  for (let last = first; ;) {
    const next = alternativeEnd(reader, last.end)
    const more = next === undefined ? undefined : knownValueAt(reader, next, true)
    if (!more || more.value.column !== column) break
    found.push(more)
    last = more
  }
  const span = reader.span(start, first.end)
  return found.map(({ end }, index) => {
    const values = found
      .slice(0, index + 1)
      .map(({ value }) => ({ kind: 'literal' as const, value: value.value, span }))
    const comparison = {
      operator: values.length === 1 ? 'eq' : 'in',
      isNegated: not !== undefined,
      values,
    } as const
    const condition: Condition = { kind: 'compare', subject: { name: column, span }, comparison, span }
    return { end, value: condition }
  })
}

/** `with ERROR`, `the ERROR and WARN lines`: of the lines of a text. */
export const needlePart: Part = (reader, at, reading) => {
  const path = reading.question.sources[0]?.path
  const texts = reader.lexicon.tables.filter(({ isText }) => isText === true)
  const isText = path === undefined ? texts.length > 0 : texts.some((text) => text.path === path)
  if (!isText) return []
  const not = reader.phraseEnd('asked_needle_not', reader.skip(at))
  const behind = not ?? reader.phraseEnd('asked_needle', reader.skip(at))
  const found = needlesAt(reader, behind ?? at, behind !== undefined)
  return found.map(({ end, value }) =>
    held(reading, end, not === undefined ? value : { kind: 'not', part: value }),
  )
}

/** Behind `with` all of them are in a line, before `lines` any of them. */
function needlesAt(reader: Reader, from: number, isBehind: boolean): readonly Found<Condition>[] {
  const parts: Condition[] = []
  let isOr = !isBehind
  let end = from
  for (let next: number | undefined = from; next !== undefined;) {
    const at = reader.skip(next)
    const token = reader.tokens[at]
    const isNeedle =
      token?.kind === 'text' || (token?.kind === 'word' && /^\p{Lu}[\p{Lu}\p{N}_]+$/u.test(token.text))
    if (!isNeedle) break
    const span = reader.span(at, at + 1)
    const values = [{ kind: 'literal', value: token.text, span } as const]
    const comparison = { operator: 'contains', isNegated: false, values } as const
    parts.push({ kind: 'compare', subject: undefined, comparison, span })
    end = at + 1
    isOr ||= reader.phraseEnd('or', end) !== undefined
    next = alternativeEnd(reader, end)
  }
  const [only] = parts
  if (!only || (!isBehind && rowNounEnd(reader, end) === undefined)) return []
  return [{ end, value: parts.length === 1 ? only : { kind: isOr ? 'or' : 'and', parts } }]
}

function alternativeEnd(reader: Reader, at: number): number | undefined {
  const comma = reader.isWord(at, ',') ? at + 1 : at
  return reader.phraseEnd('or', comma) ?? separatorEnd(reader, at)
}

/** A number is one behind `in`, `from` and the like; a word that means something else is none. */
function knownValueAt(reader: Reader, from: number, isPlaced: boolean): Found<KnownValue> | undefined {
  // `New` may be a word that says nothing, and the beginning of New York.
  for (let at = from; at <= reader.skip(from); at++) {
    const token = reader.tokens[at]
    const found = reader.lexicon.valueAt(reader.tokens, at)
    const isSaid = isPlaced || numberOf(token) === undefined || (found && isBeforeNoun(reader, found.end))
    if (token && found && isValue(reader, at, found) && isSaid) return found
  }
  return undefined
}

/** `the 2025 sales`, `2024 only`. */
function isBeforeNoun(reader: Reader, at: number): boolean {
  return reader.isWord(at, 'only') || rowNounEnd(reader, at) !== undefined
}

function isValue(reader: Reader, at: number, { end, value }: Found<KnownValue>): boolean {
  const { text, lower } = reader.tokens[at] ?? { text: '', lower: '' }
  const isLonger = end > at + 1
  const isWord = ['reserved', 'asked_filler', 'filler'].some((name) => isIn(reader.vocabulary, name, lower))
  return !isWord || (/\p{Lu}/u.test(text) && (isLonger || text === String(value.value)))
}
