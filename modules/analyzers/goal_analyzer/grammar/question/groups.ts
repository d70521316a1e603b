/** What is computed in a question, and for which groups. */
import { jsonText } from '../../json_text.ts'
import type { Found, Reader } from '../reader.ts'
import { amountSlot } from '../slots/conditions.ts'
import { separatorEnd } from '../slots/plain.ts'
import type { Aggregate, AggregateFunction, Column } from '../tree.ts'
import { knownColumnAt } from './columns.ts'
import { degreeAt } from './degrees.ts'
import { rowNounEnd } from './plain.ts'
import { gone, type Part, type Reading } from './reading.ts'

const functions = ['sum', 'average', 'min', 'max', 'median', 'count', 'distinct'] as const

/** `the average amount`, `min, max and mean of score`, `how many orders`, `the number of different cities`. */
export const aggregatePart: Part = (reader, at, reading) => {
  const { aggregates } = reading.question
  return functionLists(reader, reader.skip(at)).flatMap(({ end, value: names }) => {
    if (names.length === 1 && (names[0] === 'count' || names[0] === 'distinct'))
      return counts(reader, at, end).map(({ end: last, value }) =>
        gone(reading, last, { aggregates: [...aggregates, value] }),
      )
    if (names.includes('count') || names.includes('distinct')) return []
    const column = knownColumnAt(reader, behindOf(reader, end))
    if (!column) return []
    const span = reader.span(at, column.end)
    const more = names.map((name): Aggregate => ({ function: name, column: column.value, span }))
    const plain = gone(reading, column.end, { aggregates: [...aggregates, ...more] })
    return more.length > 1 ? [plain] : [...named(reader, plain, aggregates.length), plain]
  })
}

/** `… as revenue`. */
function named(reader: Reader, { end, value }: Found<Reading>, at: number): readonly Found<Reading>[] {
  const start = ['as', 'called', 'named'].find((word) => reader.isWord(end, word))
  if (start === undefined) return []
  return reader.slot('name', end + 1).flatMap((found) =>
    found.value.type === 'value'
      ? [
          gone(value, found.end, {
            names: [...value.question.names, { at, name: jsonText(found.value.value) }],
          }),
        ]
      : [],
  )
}

/** `which day had the most visitors`, `the city with the highest total amount`: of groups, by what is computed of them. */
export const mostPart: Part = (reader, at, reading) => {
  const { columns, aggregates, limit, by } = reading.question
  const [group, another] = columns
  if (!group || another || aggregates.length > 0 || limit || by.length > 0) return []
  return [...mostOf(reader, at), ...highestOf(reader, at)].map(({ end, value }) =>
    gone(reading, end, {
      aggregates: [value.aggregate],
      by: [group],
      columns: [],
      order: [{ column: undefined, isDescending: value.isDescending }],
      limit: { count: 1, isOne: true, isFromEnd: false, isFinal: false },
    }),
  )
}

interface Most {
  readonly aggregate: Aggregate
  readonly isDescending: boolean
}

/** Their sum, where a column of numbers is named; their number, where rows are. */
function mostOf(reader: Reader, at: number): readonly Found<Most>[] {
  const start = reader.skip(at)
  const word = ['most', 'fewest'].find((one) => reader.isWord(start, one))
  if (word === undefined) return []
  const isDescending = word === 'most'
  const column = knownColumnAt(reader, start + 1)
  if (column && reader.lexicon.column(column.value.name)?.isNumeric === true) {
    const span = reader.span(at, column.end)
    return [
      {
        end: column.end,
        value: { aggregate: { function: 'sum', column: column.value, span }, isDescending },
      },
    ]
  }
  // The noun is read as what it is: it may name the table.
  const isOfRows = !column && rowNounEnd(reader, start + 1) !== undefined
  const aggregate = { function: 'count', column: undefined, span: reader.span(at, start + 1) } as const
  return isOfRows ? [{ end: start + 1, value: { aggregate, isDescending } }] : []
}

/** `highest total amount`. */
function highestOf(reader: Reader, at: number): readonly Found<Most>[] {
  return degreeAt(reader, reader.skip(at)).flatMap(({ end, value: { column: about, isDescending } }) =>
    about
      ? []
      : functionLists(reader, reader.skip(end)).flatMap(({ end: last, value: [name, another] }) => {
          const column = name && !another && knownColumnAt(reader, behindOf(reader, last))
          if (!name || !column) return []
          const aggregate = { function: name, column: column.value, span: reader.span(at, column.end) }
          return [{ end: column.end, value: { aggregate, isDescending } }]
        }),
  )
}

function functionLists(reader: Reader, at: number): readonly Found<readonly AggregateFunction[]>[] {
  const one = (from: number) =>
    functions.flatMap((name) =>
      reader.phraseEnds(`fn_${name}`, reader.skip(from)).map((end) => ({ end, value: name })),
    )
  const all: Found<readonly AggregateFunction[]>[] = one(at).map(({ end, value }) => ({
    end,
    value: [value],
  }))
  for (let index = 0; index < all.length && all.length < listsMax; index++) {
    const list = all[index]
    const next = list && separatorEnd(reader, list.end)
    if (!list || next === undefined) continue
    all.push(...one(next).map(({ end, value }) => ({ end, value: [...list.value, value] })))
  }
  return all
}

const listsMax = 30

function behindOf(reader: Reader, at: number): number {
  const of = reader.skip(at)
  return reader.isWord(of, 'of') ? of + 1 : at
}

/** Of rows, or of the different values of a column. */
function counts(reader: Reader, at: number, end: number): readonly Found<Aggregate>[] {
  const start = reader.skip(behindOf(reader, end))
  const different = reader.phraseEnd('asked_once', start)
  const column = knownColumnAt(reader, different ?? start)
  const rows = rowNounEnd(reader, start)
  const span = reader.span(at, end)
  if (different !== undefined && column)
    return [{ end: column.end, value: { function: 'distinct', column: column.value, span } }]
  const count: Aggregate = { function: 'count', column: undefined, span }
  // The noun is read as what it is: it may name the table.
  return rows === undefined && reader.lexicon.valueAt(reader.tokens, start) === undefined
    ? []
    : [{ end: start, value: count }]
}

/** `per city`, `for each product`, `city by city`. Without anything that is computed, `by` is an order. */
export const groupPart: Part = (reader, at, reading) => {
  const { by, columns } = reading.question
  const per = reader.phraseEnd('asked_per', reader.skip(at))
  const start = per ?? (reader.isWord(reader.skip(at), 'by') ? reader.skip(at) + 1 : undefined)
  const twice = knownColumnAt(reader, at)
  if (twice && reader.isWord(twice.end, 'by')) {
    const again = knownColumnAt(reader, twice.end + 1)
    if (again?.value.name === twice.value.name)
      return [gone(reading, again.end, { by: [...by, twice.value], isPer: true })]
  }
  if (start === undefined) return []
  return lists(reader, start).map(({ end, value }) =>
    gone(reading, end, {
      by: [...by, ...value.filter(({ name }) => !by.some((one) => one.name === name))],
      ...(per !== undefined && { isPer: true }),
      columns: columns.filter(({ name }) => !value.some((one) => one.name === name)),
    }),
  )
}

function lists(reader: Reader, at: number): readonly Found<readonly Column[]>[] {
  const found: Found<readonly Column[]>[] = []
  const columns: Column[] = []
  for (let next: number | undefined = at; next !== undefined;) {
    const one = knownColumnAt(reader, next)
    if (!one) break
    columns.push(one.value)
    found.push({ end: one.end, value: [...columns] })
    next = separatorEnd(reader, one.end)
  }
  return found
}

/** `with more than 3 sales`: of the groups. */
export const havingPart: Part = (reader, at, reading) => {
  const start = reader.phraseEnd('where', at) ?? at
  if (start === at) return []
  return amountSlot(reader, reader.skip(start)).flatMap(({ end, value }) => {
    const rows = rowNounEnd(reader, end)
    return rows !== undefined && value.type === 'comparison'
      ? [gone(reading, rows, { having: [...reading.question.having, value.comparison] })]
      : []
  })
}
