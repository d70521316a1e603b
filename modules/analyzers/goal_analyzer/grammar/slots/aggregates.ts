/** What is computed of columns: `the sum and average of amount`, `the number of rows`. */
import { distinctEnds, type Found, type Reader, type SlotReader } from '../reader.ts'
import type { Aggregate, AggregateFunction, Column } from '../tree.ts'
import { listsMax } from './operand.ts'
import { columnAt, separatorEnd } from './plain.ts'

const functions: readonly AggregateFunction[] = [
  'sum',
  'average',
  'min',
  'max',
  'count',
  'median',
  'distinct',
]

/** `sum and average of amount`, `total price, highest stock and number of rows`. */
export const aggregatesSlot: SlotReader = (reader, at) => {
  let lists: readonly Found<readonly Aggregate[]>[] = aggregateAt(reader, reader.skip(at)).map(
    ({ end, value }) => ({
      end,
      value: [value],
    }),
  )
  const all = [...lists]
  while (lists.length > 0 && all.length < listsMax) {
    lists = distinctEnds(
      lists.flatMap((list) => {
        const next = separatorEnd(reader, list.end)
        if (next === undefined) return []
        const more = aggregateAt(reader, reader.skip(reader.phraseEnd('compute', reader.skip(next)) ?? next))
        return more.map(({ end, value }) => ({ end, value: [...list.value, value] }))
      }),
    )
    all.push(...lists)
  }
  return distinctEnds(all).flatMap(({ end, value }) => {
    const aggregates = withColumns(value)
    return aggregates ? [{ end, value: { type: 'aggregates', aggregates, span: reader.span(at, end) } }] : []
  })
}

/** In `sum and average of amount` the column of the last is the column of those before it; a count needs none. */
function withColumns(list: readonly Aggregate[]): readonly Aggregate[] | undefined {
  let last: Column | undefined
  const filled = list.toReversed().map((one) => {
    last = one.column ?? last
    return one.function === 'count' ? one : { ...one, column: last }
  })
  return filled.every((one) => one.function === 'count' || one.column) ? filled.toReversed() : undefined
}

function aggregateAt(reader: Reader, at: number): readonly Found<Aggregate>[] {
  return functions.flatMap((name) =>
    reader.phraseEnds(`fn_${name}`, at).flatMap((verb) => aggregateOf(reader, at, verb, name)),
  )
}

function aggregateOf(
  reader: Reader,
  at: number,
  verb: number,
  name: AggregateFunction,
): readonly Found<Aggregate>[] {
  const start = reader.isWord(reader.skip(verb), 'of') ? reader.skip(verb) + 1 : verb
  const bare = { end: verb, value: { function: name, column: undefined, span: reader.span(at, verb) } }
  if (name === 'count') {
    const rows = reader.phraseEnd('counted', reader.skip(start))
    return [...(rows === undefined ? [] : [{ ...bare, end: rows }]), bare]
  }
  const column = columnAt(reader, start)
  const span = column && reader.span(at, column.end)
  return column && span
    ? [{ end: column.end, value: { function: name, column: column.value, span } }, bare]
    : [bare]
}
