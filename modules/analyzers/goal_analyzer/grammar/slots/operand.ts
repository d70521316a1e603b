/**
 * Operands: what an action is done to. A file, an address, a text, a pronoun, a noun, or a whole value phrase such as
 * `the total amount by city in sales.csv`, which is a pattern of its own and may hold operands again.
 */
import { distinctEnds, type Found, type Reader, type SlotReader } from '../reader.ts'
import { numberOf, separatorEnd } from './plain.ts'
import type { Json } from '@nexus/sdk'
import type { Operand, Slot } from '../tree.ts'
import { isIn } from '../vocabulary.ts'

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

/** Lists that are kept at one place. */
export const listsMax = 60

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

/** A word in capitals that stands for itself: `write ALERT to alert.txt`. */
export const shoutSlot: SlotReader = (reader, at) => {
  const token = reader.tokens[at]
  if (token?.kind !== 'word' || !/^\p{Lu}[\p{Lu}\p{N}_]+$/u.test(token.text)) return []
  const span = reader.span(at, at + 1)
  return [
    {
      end: at + 1,
      value: { type: 'operand', operands: [{ kind: 'literal', value: token.text, span }], span },
    },
  ]
}

/** A noun for those that an adjective may be said of. */
export const memberSlot: SlotReader = (reader, at) =>
  nounSlot(reader, at).filter(() => isIn(reader.vocabulary, 'member', reader.tokens[at]?.lower ?? ''))

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

/** An address, bare or quoted. */
export const addressSlot: SlotReader = (reader, at) =>
  placeSlot(reader, at).filter(
    ({ value }) => value.type === 'operand' && value.operands.every(({ kind }) => kind === 'url'),
  )

/** `1, 2 and 3`, `"a" and "b"`, `1 to 5`: two or more plain values, as one list. */
export const itemsSlot: SlotReader = (reader, at) => {
  const first = plainAt(reader, at)
  if (!first) return []
  const span = (end: number) => reader.span(at, end)
  const of = (value: Json[], end: number): Found<Slot> => ({
    end,
    value: { type: 'operand', operands: [{ kind: 'literal', value, span: span(end) }], span: span(end) },
  })
  const last = reader.isWord(first.end, 'to') ? plainAt(reader, first.end + 1) : undefined
  if (last) return rangeOf(first.value, last.value).map((range) => of(range, last.end))
  const found: Found<Slot>[] = []
  const values = [first.value]
  for (let next = separatorEnd(reader, first.end); next !== undefined;) {
    const one = plainAt(reader, next)
    if (!one) break
    values.push(one.value)
    found.push(of([...values], one.end))
    next = separatorEnd(reader, one.end)
  }
  return found.toReversed()
}

/** Two or more quoted texts, each an operand of its own. */
export const commandsSlot: SlotReader = (reader, at) => {
  const operands: Operand[] = []
  let end = at
  for (let next: number | undefined = at; next !== undefined; next = separatorEnd(reader, end)) {
    const token = reader.tokens[reader.skip(next)]
    if (token?.kind !== 'text') break
    operands.push({ kind: 'literal', value: token.text, span: { start: token.start, end: token.end } })
    end = reader.skip(next) + 1
  }
  return operands.length < 2
    ? []
    : [{ end, value: { type: 'operand', operands, span: reader.span(at, end) } }]
}

function plainAt(reader: Reader, from: number): Found<Json> | undefined {
  const at = reader.skip(from)
  const token = reader.tokens[at]
  const value = numberOf(token) ?? (token?.kind === 'text' ? token.text : undefined)
  return value === undefined ? undefined : { end: at + 1, value }
}

/** Numbers that one list in a goal may stand for. */
const rangeMax = 1_000

function rangeOf(from: Json, to: Json): readonly Json[][] {
  const isRange =
    Number.isInteger(from) &&
    Number.isInteger(to) &&
    Number(from) < Number(to) &&
    Number(to) - Number(from) < rangeMax
  return isRange ? [Array.from({ length: Number(to) - Number(from) + 1 }, (_, at) => Number(from) + at)] : []
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
          operand.kind === 'phrase' && !['rows', 'text_literal', 'asked'].includes(operand.phrase.pattern.id),
      ),
  )
