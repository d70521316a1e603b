/** In which order a question wants its rows, and how many of them: `the two youngest people`, `largest amount first`. */
import type { Found, Reader } from '../reader.ts'
import { numberOf } from '../slots/plain.ts'
import type { AskedOrder, Column, Condition } from '../tree.ts'
import { isIn } from '../vocabulary.ts'
import { degreeAt } from './degrees.ts'
import { knownColumnAt } from './columns.ts'
import { rowNounEnd } from './plain.ts'
import { gone, held, type Part, type Reading } from './reading.ts'

/** `sorted by name`, `by age, oldest first`, `alphabetically`, `best first`, `most sales first`. */
export const orderPart: Part = (reader, at, reading) => {
  const { order } = reading.question
  if (reading.question.limit?.isFinal) return []
  return [...sorted(reader, at), ...first(reader, at), ...bare(reader, at)].map(({ end, value }) =>
    gone(reading, end, { order: [...order, ...value] }),
  )
}

/** `sorted by` columns, each with its direction. */
function sorted(reader: Reader, at: number): readonly Found<readonly AskedOrder[]>[] {
  const start = reader.phraseEnd('asked_sorted', reader.skip(at))
  if (start === undefined) return []
  return reader.slot('order', start).flatMap(({ end, value }) => {
    if (value.type !== 'order') return []
    const isKnown = value.order.every(
      ({ column }) => reader.lexicon.column(column.name) !== undefined || isComputed(reader, column.name),
    )
    return isKnown ? [{ end, value: value.order }] : []
  })
}

/** `sorted by the total`, of what is computed. */
function isComputed(reader: Reader, name: string): boolean {
  return ['fn_sum', 'fn_average', 'fn_count', 'fn_median', 'fn_max', 'fn_min'].some((one) =>
    isIn(reader.vocabulary, one, name.toLowerCase()),
  )
}

/** `largest amount first`, `oldest first`. */
function first(reader: Reader, at: number): readonly Found<readonly AskedOrder[]>[] {
  const start = reader.skip(at)
  return [...degreeAt(reader, start), ...timeAt(reader, start)].flatMap(({ end, value }) => {
    const { column: about, isDescending } = value
    const column = about ? undefined : knownColumnAt(reader, end)
    const rows = about || column ? undefined : rowNounEnd(reader, end)
    const computed = about || column || rows !== undefined ? undefined : computedEnd(reader, end)
    const last = reader.phraseEnd('asked_first', reader.skip(column?.end ?? rows ?? computed ?? end))
    if (last === undefined) return []
    const order = { column: column?.value ?? about, isDescending, isOfRows: rows !== undefined }
    return [{ end: last, value: [order] }]
  })
}

/** `highest sum first`, where what is computed has no other name. */
function computedEnd(reader: Reader, at: number): number | undefined {
  return ['fn_sum', 'fn_average', 'fn_count', 'fn_median']
    .map((name) => reader.phraseEnd(name, reader.skip(at)))
    .find((end) => end !== undefined)
}

/** `earliest year first`: which end is meant is clear where the column is said. */
function timeAt(reader: Reader, at: number): readonly Found<Pick<AskedOrder, 'column' | 'isDescending'>>[] {
  const isLate = ['latest', 'newest'].some((word) => reader.isWord(at, word))
  const isEarly = ['earliest', 'oldest'].some((word) => reader.isWord(at, word))
  if ((!isLate && !isEarly) || !knownColumnAt(reader, at + 1)) return []
  return [{ end: at + 1, value: { column: undefined, isDescending: isLate } }]
}

function bare(reader: Reader, at: number): readonly Found<readonly AskedOrder[]>[] {
  return (['descending', 'ascending'] as const).flatMap((name) =>
    [...reader.phraseEnds(name, at), ...reader.phraseEnds(name, reader.skip(at))].map((end) => ({
      end,
      value: [{ column: undefined, isDescending: name === 'descending', isPlain: true }],
    })),
  )
}

/** `top 3 sales`, `the first two`. What is said of the rows behind `first` would come too late. */
export const limitPart: Part = (reader, at, reading) => {
  if (reading.question.limit) return []
  const start = reader.skip(at)
  const word = ['top', 'first', 'last', 'bottom'].find((one) => reader.isWord(start, one))
  const count = word === undefined ? undefined : numberOf(reader.tokens[start + 1])
  if (word === undefined || count === undefined) return []
  const isRanked = word === 'top' || word === 'bottom'
  const limit = { count, isOne: false, isFromEnd: word === 'last', isFinal: !isRanked }
  return [gone(reading, start + 2, { limit: { ...limit, ...(isRanked && { isTop: word === 'top' }) } })]
}

/** `the biggest order`, `2 youngest people`, `the product with the highest price`. */
export const superlativePart: Part = (reader, at, reading) => {
  if (reading.question.limit) return []
  const place = ordinals.indexOf(reader.tokens[reader.skip(at)]?.lower ?? '') + 2
  const before = place > 1 ? 1 : numberOf(reader.tokens[reader.skip(at)])
  const start = before === undefined ? at : reader.skip(at) + 1
  if (place > 1) return ordinal(reader, start, reading, place)
  return degreeAt(reader, reader.skip(start)).flatMap(({ end, value }): readonly Found<Reading>[] => {
    const behind = reader.isWord(end, 'one') ? undefined : numberOf(reader.tokens[reader.skip(end)])
    const last = behind === undefined ? end : reader.skip(end) + 1
    const count = before ?? behind
    const column = value.column ? undefined : withColumn(reader, at, last)
    if (!column && rowNounEnd(reader, last) === undefined) return []
    const order = { column: column?.value ?? value.column, isDescending: value.isDescending }
    const limit = { count: count ?? 1, isOne: count === undefined, isFromEnd: false, isFinal: false }
    return [gone(reading, column?.end ?? last, { order: [...reading.question.order, order], limit })]
  })
}

const ordinals = ['second', 'third', 'fourth', 'fifth']

/** `the second best score` is a value, `the second largest order by total` a row. */
function ordinal(reader: Reader, at: number, reading: Reading, place: number): readonly Found<Reading>[] {
  return degreeAt(reader, reader.skip(at)).flatMap(({ end, value }) => {
    const column = value.column ? undefined : knownColumnAt(reader, end)
    if (!column && rowNounEnd(reader, end) === undefined) return []
    const order = { column: column?.value ?? value.column, isDescending: value.isDescending }
    const limit = { count: 1, isOne: true, isFromEnd: false, isFinal: false, place }
    const columns = column ? [column.value] : []
    return [gone(reading, column?.end ?? end, { order: [order], limit, columns })]
  })
}

/** `with the highest price`, which is about rows; `the highest price` alone is a number. */
function withColumn(reader: Reader, at: number, end: number): Found<Column> | undefined {
  const isOfRows = ['with', 'having', 'has', 'have'].some(
    (word) => reader.isWord(at - 1, word) || reader.isWord(at - 2, word),
  )
  return isOfRows ? knownColumnAt(reader, end) : undefined
}

/** `everybody over 40`: of the one column that measures something. */
export const overPart: Part = (reader, at, reading) => {
  const start = reader.skip(at)
  const operator = (['gt', 'ge', 'lt', 'le'] as const).find(
    (one) => reader.phraseEnd(`op_${one}`, start) !== undefined,
  )
  const behind = operator && reader.phraseEnd(`op_${operator}`, start)
  const number = behind === undefined ? undefined : numberOf(reader.tokens[reader.skip(behind)])
  const isOfRows = rowNounEnd(reader, at - 1) === at
  const name = isOfRows ? reader.lexicon.measure(reading.question.sources[0]) : undefined
  if (!operator || behind === undefined || number === undefined || name === undefined) return []
  const end = reader.skip(behind) + 1
  const span = reader.span(start, end)
  const values = [{ kind: 'literal', value: number, span } as const]
  const comparison = { operator, isNegated: false, values } as const
  return [held(reading, end, { kind: 'compare', subject: { name, span }, comparison, span })]
}

/** `older than 35`, `cheaper than 3`. */
export const comparedPart: Part = (reader, at, reading) =>
  degreeAt(reader, reader.skip(at), 'comparative').flatMap(({ end, value: { column, isDescending } }) =>
    column && reader.isWord(end, 'than')
      ? comparedWith(reader, end + 1, column, isDescending).map(({ end: last, value: condition }) =>
          held(reading, last, condition),
        )
      : [],
  )

function comparedWith(
  reader: Reader,
  at: number,
  column: Column,
  isOver: boolean,
): readonly Found<Condition>[] {
  const start = reader.skip(at)
  const number = numberOf(reader.tokens[start])
  if (number === undefined) return []
  const span = reader.span(start, start + 1)
  const comparison = {
    operator: isOver ? 'gt' : 'lt',
    isNegated: false,
    values: [{ kind: 'literal', value: number, span }],
  } as const
  return [{ end: start + 1, value: { kind: 'compare', subject: column, comparison, span } }]
}
