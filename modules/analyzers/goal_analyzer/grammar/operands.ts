/**
 * Operands: what an action is done to. A file, an address, a text, a pronoun, a noun, or a whole value phrase such as
 * `the total amount by city in sales.csv`, which is a pattern of its own and may hold operands again.
 */
import { distinctEnds, type Found, type Reader, type SlotReader } from './reader.ts'
import { columnAt, numberOf, separatorEnd } from './slots.ts'
import type { Aggregate, AggregateFunction, Column, Formula, Operand, OrderKey, Slot } from './tree.ts'
import { isIn } from './vocabulary.ts'

export const operandSlot: SlotReader = (reader, at) =>
  operandsAt(reader, at).map(({ end, value }) => ({
    end,
    value: { type: 'operand', operands: [value], span: value.span },
  }))

/** `a.csv, b.csv and c.csv`; each shorter list is a reading too. */
export const operandsSlot: SlotReader = (reader, at) => {
  let lists: readonly Found<readonly Operand[]>[] = oneAt(reader, at).map(({ end, value }) => ({
    end,
    value: [value],
  }))
  const all = [...lists]
  while (lists.length > 0 && all.length < listsMax) {
    lists = distinctEnds(lists.flatMap((list) => longer(reader, list)))
    all.push(...lists)
  }
  return distinctEnds(all).map(({ end, value }) => ({
    end,
    value: { type: 'operand', operands: value, span: reader.span(at, end) },
  }))
}

const listsMax = 60

function oneAt(reader: Reader, at: number): readonly Found<Operand>[] {
  return reader
    .slot('operand', at)
    .flatMap(({ end, value }) =>
      value.type === 'operand' ? value.operands.map((operand) => ({ end, value: operand })) : [],
    )
}

function longer(reader: Reader, list: Found<readonly Operand[]>): readonly Found<readonly Operand[]>[] {
  const next = separatorEnd(reader, list.end)
  const token = next === undefined ? undefined : reader.tokens[next]
  if (next === undefined || (token && isVerbal(reader, token.lower))) return []
  return oneAt(reader, next)
    .filter(
      ({ value }) =>
        value.kind !== 'noun' &&
        value.kind !== 'pronoun' &&
        !(value.kind === 'phrase' && value.phrase.pattern.id === 'rows'),
    )
    .map(({ end, value }) => ({ end, value: [...list.value, value] }))
}

/** A word that begins a clause of its own: `read a.csv and count …`, `fetch it, total …`. */
function isVerbal({ vocabulary }: Reader, word: string): boolean {
  return ['verb', 'fn_sum', 'fn_average', 'fn_min', 'fn_max', 'fn_median', 'fn_count'].some((name) =>
    isIn(vocabulary, name, word),
  )
}

function operandsAt(reader: Reader, from: number): readonly Found<Operand>[] {
  const at = reader.skip(from)
  const phrases = reader.vocabulary.patterns
    .filter(({ kind }) => kind === 'value')
    .flatMap((pattern) =>
      reader.pattern(pattern, from).map(({ end, value: slots }): Found<Operand> => {
        const span = reader.span(at, end)
        return { end, value: { kind: 'phrase', phrase: { pattern, slots, span }, span } }
      }),
    )
  const places = Array.from({ length: at - from }, (_, offset) => from + offset)
  return distinctEnds([
    ...places.flatMap((place) => pronounsAt(reader, place)),
    ...phrases,
    ...plainOperands(reader, at),
  ])
}

function plainOperands(reader: Reader, at: number): readonly Found<Operand>[] {
  const token = reader.tokens[at]
  if (!token) return []
  const span = { start: token.start, end: token.end }
  const number = numberOf(token)
  if (token.kind === 'file') return [{ end: at + 1, value: { kind: 'file', path: token.text, span } }]
  if (token.kind === 'url') return [{ end: at + 1, value: { kind: 'url', url: token.text, span } }]
  if (token.kind === 'text') return [{ end: at + 1, value: { kind: 'literal', value: token.text, span } }]
  if (token.kind === 'json') return [{ end: at + 1, value: { kind: 'literal', value: token.value, span } }]
  if (number !== undefined) return [{ end: at + 1, value: { kind: 'literal', value: number, span } }]
  return [...pronounsAt(reader, at), ...nounsAt(reader, at)]
}

function pronounsAt(reader: Reader, at: number): readonly Found<Operand>[] {
  const readings = (['singular', 'plural'] as const).flatMap((number) => {
    const end = reader.phraseEnd(`pronoun_${number}`, at)
    return end === undefined ? [] : [{ end, isPlural: number === 'plural' }]
  })
  return readings.map(({ end, isPlural }) => {
    const span = reader.span(at, end)
    const word = reader.tokens
      .slice(at, end)
      .map(({ lower }) => lower)
      .join(' ')
    return { end, value: { kind: 'pronoun', word, isPlural, span } }
  })
}

/** A word that may name something: a result, a file that was read, the item of a loop. Whether it does is not known here. */
function nounsAt(reader: Reader, at: number): readonly Found<Operand>[] {
  const token = reader.tokens[at]
  if (token?.kind !== 'word' || isIn(reader.vocabulary, 'reserved', token.lower)) return []
  const end = reader.phraseEnd('thing', at + 1) ?? at + 1
  return [{ end, value: { kind: 'noun', word: token.lower, span: reader.span(at, end) } }]
}

export const nounSlot: SlotReader = (reader, at) =>
  [...pronounsAt(reader, at), ...nounsAt(reader, at)].map(({ end, value }) => ({
    end,
    value: { type: 'operand', operands: [value], span: value.span },
  }))

/** A file or an address, bare or quoted. */
export const placeSlot: SlotReader = (reader, at) => {
  const token = reader.tokens[at]
  if (!token) return []
  const span = { start: token.start, end: token.end }
  const isPath =
    token.kind === 'file' ||
    (token.kind === 'text' && /^[^\0\n]*[^\0\n./]\.[A-Za-z]\w{0,15}$/.test(token.text))
  const operand: Operand | undefined =
    token.kind === 'url' || (token.kind === 'text' && /^https?:\/\/\S+$/.test(token.text))
      ? { kind: 'url', url: token.text, span }
      : isPath
        ? { kind: 'file', path: token.text, span }
        : undefined
  return operand ? [{ end: at + 1, value: { type: 'operand', operands: [operand], span } }] : []
}

export const pronounSlot: SlotReader = (reader, at) =>
  pronounsAt(reader, at).map(({ end, value }) => ({
    end,
    value: { type: 'operand', operands: [value], span: value.span },
  }))

/** A value phrase that stands alone, as in a question without a verb. */
export const valuePhraseSlot: SlotReader = (reader, at) =>
  operandSlot(reader, at).filter(
    ({ value }) =>
      value.type === 'operand' &&
      value.operands.every(
        (operand) =>
          operand.kind === 'phrase' && !['rows', 'text_literal'].includes(operand.phrase.pattern.id),
      ),
  )

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

/** `amount descending and then city`, `amount, largest first`. */
export const orderSlot: SlotReader = (reader, at) => {
  const found: Found<Slot>[] = []
  const order: OrderKey[] = []
  for (let next: number | undefined = at; next !== undefined;) {
    const column = columnAt(reader, next)
    if (!column) break
    found.push({
      end: column.end,
      value: orderSlotOf(reader, at, column.end, [...order, { column: column.value, isDescending: false }]),
    })
    const direction = directionAt(reader, column.end)
    const isDescending = direction?.isDescending ?? false
    const end = direction?.end ?? column.end
    order.push({ column: column.value, isDescending })
    found.push({ end, value: orderSlotOf(reader, at, end, [...order]) })
    next = reader.phraseEnd('then_by', end) ?? separatorEnd(reader, end)
  }
  return distinctEnds(found.toReversed())
}

function orderSlotOf(reader: Reader, at: number, end: number, order: readonly OrderKey[]): Slot {
  return { type: 'order', order, span: reader.span(at, end) }
}

function directionAt(reader: Reader, at: number): { end: number; isDescending: boolean } | undefined {
  const start = reader.isWord(at, ',') || reader.isWord(at, '(') ? at + 1 : at
  for (const name of ['descending', 'ascending'] as const) {
    const end = reader.phraseEnd(name, reader.skip(start))
    if (end !== undefined)
      return {
        end: reader.isWord(at, '(') && reader.isWord(end, ')') ? end + 1 : end,
        isDescending: name === 'descending',
      }
  }
  return undefined
}

/** `id`, `customer_id = id`, `customer_id and id`. */
export const keySlot: SlotReader = (reader, at) => {
  const left = columnAt(reader, at)
  if (!left) return []
  const one: Found<Slot> = {
    end: left.end,
    value: { type: 'key', left: left.value, right: left.value, span: left.value.span },
  }
  const equals = reader.phraseEnd('op_eq', left.end) ?? reader.phraseEnd('equals', left.end)
  const right = equals === undefined ? undefined : columnAt(reader, equals)
  if (!right) return [one]
  return [
    {
      end: right.end,
      value: { type: 'key', left: left.value, right: right.value, span: reader.span(at, right.end) },
    },
    one,
  ]
}

const signs: Readonly<Record<'+' | '-' | '*' | '/', string>> = {
  '*': 'times',
  '/': 'divided',
  '+': 'plus',
  '-': 'minus',
}

/** `price * quantity + 1`, `price times 2`. */
export const formulaSlot: SlotReader = (reader, at) => {
  const found = sum(reader, at)
  return found
    ? [{ end: found.end, value: { type: 'formula', formula: found.value, span: reader.span(at, found.end) } }]
    : []
}

function sum(reader: Reader, at: number): Found<Formula> | undefined {
  return chain(reader, at, ['+', '-'], (from) =>
    chain(reader, from, ['*', '/'], (start) => factor(reader, start)),
  )
}

function chain(
  reader: Reader,
  at: number,
  known: readonly ('+' | '-' | '*' | '/')[],
  part: (at: number) => Found<Formula> | undefined,
): Found<Formula> | undefined {
  let found = part(at)
  while (found) {
    const { end, value: left } = found
    const sign = known.find((one) => reader.phraseEnd(signs[one], end) !== undefined)
    const right = sign && part(reader.phraseEnd(signs[sign], end) ?? end)
    if (!sign || !right) return found
    found = { end: right.end, value: { kind: 'operation', sign, left, right: right.value } }
  }
  return undefined
}

function factor(reader: Reader, from: number): Found<Formula> | undefined {
  const at = reader.skip(from)
  const number = numberOf(reader.tokens[at])
  if (number !== undefined) return { end: at + 1, value: { kind: 'number', value: number } }
  const column = columnAt(reader, at)
  return column && { end: column.end, value: { kind: 'column', column: column.value } }
}
