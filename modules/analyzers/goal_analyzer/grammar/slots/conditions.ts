/**
 * Conditions on a row or a line: `amount is over 100 and city is Berlin or Paris`, `that contain "ERROR"`. `and` binds
 * tighter than `or`. Every shorter reading is given too, since what follows may be the next clause.
 */
import { columnAt, numberOf } from './plain.ts'
import { distinctEnds, type Found, type Reader, type SlotReader } from '../reader.ts'
import type { ComparedValue, Comparison, ComparisonOperator, Condition, Slot } from '../tree.ts'
import { isIn } from '../vocabulary.ts'

const operators: readonly ComparisonOperator[] = [
  'ge',
  'le',
  'gt',
  'lt',
  'ne',
  'eq',
  'contains',
  'starts',
  'ends',
  'matches',
]

export const conditionSlot: SlotReader = (reader, at) => slotsOf(reader, at, conditions(reader, at, 'or'))

/** `active`, said of rows: a word that means nothing else, as the column of theirs that has to hold. */
export const adjectiveSlot: SlotReader = (reader, at) => {
  const token = reader.tokens[at]
  const isStrange =
    token?.kind === 'word' && /^\p{Ll}+$/u.test(token.text) && !reader.vocabulary.known.has(token.lower)
  if (!isStrange || reader.lexicon.tableAt(reader.tokens, at)) return []
  const span = reader.span(at, at + 1)
  const values = [{ kind: 'word', word: token.lower, span } as const]
  const comparison = { operator: 'eq', isNegated: false, values } as const
  const condition: Condition = { kind: 'compare', subject: undefined, comparison, span }
  return [{ end: at + 1, value: { type: 'condition', condition, span } }]
}

/** Without a subject and without `that`: `containing "x"`. */
export const bareSlot: SlotReader = (reader, at) => {
  const isBare = reader.phraseEnd('bare', at) !== undefined
  return isBare ? slotsOf(reader, at, conditions(reader, at, 'or')) : []
}

function slotsOf(reader: Reader, at: number, found: readonly Found<Condition>[]): readonly Found<Slot>[] {
  return found.map(({ end, value }) => ({
    end,
    value: { type: 'condition', condition: value, span: reader.span(at, end) },
  }))
}

function conditions(reader: Reader, at: number, kind: 'or' | 'and'): readonly Found<Condition>[] {
  const part = (from: number) =>
    kind === 'or' ? conditions(reader, from, 'and') : primaries(reader, reader.skip(from))
  const all: Found<Condition>[] = [...part(at)]
  for (let at = 0; at < all.length && all.length < readingsMax; at++) {
    const one = all[at]
    const next = one && reader.phraseEnd(kind === 'and' ? 'and_also' : 'or', one.end)
    if (!one || next === undefined) continue
    for (const { end, value } of part(reader.phraseEnd('where', next) ?? next))
      if (!all.some((known) => known.end === end))
        all.push({
          end,
          value: { kind, parts: [...(one.value.kind === kind ? one.value.parts : [one.value]), value] },
        })
  }
  return distinctEnds(all)
}

/** Readings of one condition that are kept: the number of its parts and values, in practice. */
const readingsMax = 64

function primaries(reader: Reader, at: number): readonly Found<Condition>[] {
  if (reader.isWord(at, '(')) return parenthesized(reader, at)
  const not = reader.phraseEnd('not', at)
  if (not !== undefined)
    return primaries(reader, reader.skip(not)).map(({ end, value }) => ({
      end,
      value: { kind: 'not', part: value },
    }))
  return [...withoutSubject(reader, at), ...withSubject(reader, at)]
}

function parenthesized(reader: Reader, at: number): readonly Found<Condition>[] {
  return conditions(reader, at + 1, 'or').flatMap(({ end, value }) =>
    reader.isWord(end, ')') ? [{ end: end + 1, value }] : [],
  )
}

function withSubject(reader: Reader, at: number): readonly Found<Condition>[] {
  const subject = columnAt(reader, at)
  if (!subject) return []
  const start = reader.isWord(subject.end, 'of') ? subject.end + 1 : subject.end
  // `… and give me their names`: a verb with something behind it is the next clause, no column with a value.
  const isVerb = isIn(reader.vocabulary, 'verb', subject.value.name.toLowerCase())
  const readings = [...comparisons(reader, start), ...(isVerb ? [] : equalities(reader, start))]
  return readings.map(({ end, value }) =>
    compared(reader, at, end, { subject: subject.value, comparison: value }),
  )
}

function withoutSubject(reader: Reader, at: number): readonly Found<Condition>[] {
  const start = reader.phraseEnd('pronoun', at) ?? at
  return comparisons(reader, start)
    .filter(({ value }) => !isOrder(value.operator) || value.values.every(hasOrder))
    .map(({ end, value }) => compared(reader, at, end, { subject: undefined, comparison: value }))
}

function compared(
  reader: Reader,
  at: number,
  end: number,
  parts: Pick<Condition & { kind: 'compare' }, 'subject' | 'comparison'>,
): Found<Condition> {
  return { end, value: { kind: 'compare', ...parts, span: reader.span(at, end) } }
}

/** `with status open`: a value right behind its column. */
function equalities(reader: Reader, at: number): readonly Found<Comparison>[] {
  const value = valueAt(reader, reader.skip(at))
  if (!value || (value.value.kind === 'word' && reader.tokens[at]?.kind !== 'word')) return []
  const more = orMore(reader, reader.skip(at)).map((one) => ({
    ...one,
    value: { ...one.value, isNegated: false },
  }))
  return [...more, { end: value.end, value: { operator: 'eq', isNegated: false, values: [value.value] } }]
}

/** `is over 100`, `> 5`, `is not empty`, `is between 1 and 5`, `is one of a, b or c`. */
export function comparisons(reader: Reader, from: number): readonly Found<Comparison>[] {
  const { at, isNegated, hasCopula } = copula(reader, reader.skip(from))
  const special = [
    ...emptiness(reader, at),
    ...between(reader, at),
    ...among(reader, at),
    ...(hasCopula ? orMore(reader, at) : []),
  ]
  const operated = operators.flatMap((operator) => {
    const end = reader.phraseEnd(`op_${operator}`, at)
    return end === undefined ? [] : valuesAfter(reader, end, operator)
  })
  const plain = hasCopula || isNegated ? valuesAfter(reader, at, 'eq') : []
  return distinctEnds(
    [...special, ...operated, ...plain].map(({ end, value }) => ({ end, value: { ...value, isNegated } })),
  )
}

type Positive = Omit<Comparison, 'isNegated'>

function copula(reader: Reader, from: number): { at: number; isNegated: boolean; hasCopula: boolean } {
  const is = reader.phraseEnd('is', from)
  const start = reader.skip(is ?? from)
  const not = reader.phraseEnd('not', start)
  return { at: reader.skip(not ?? start), isNegated: not !== undefined, hasCopula: is !== undefined }
}

function emptiness(reader: Reader, at: number): readonly Found<Positive>[] {
  const end = reader.phraseEnd('empty', at)
  return end === undefined ? [] : [{ end, value: { operator: 'empty', values: [] } }]
}

/** `is 70 or more`. */
function orMore(reader: Reader, at: number): readonly Found<Positive>[] {
  const value = valueAt(reader, at)
  if (value?.value.kind !== 'literal' || typeof value.value.value !== 'number') return []
  return (['ge', 'le'] as const).flatMap((operator) => {
    const end = reader.phraseEnd(operator === 'ge' ? 'or_more' : 'or_fewer', value.end)
    return end === undefined ? [] : [{ end, value: { operator, values: [value.value] } }]
  })
}

function between(reader: Reader, at: number): readonly Found<Positive>[] {
  const end = reader.phraseEnd('between', at)
  const low = end === undefined ? undefined : valueAt(reader, reader.skip(end))
  const and = low && (reader.isWord(low.end, 'and') || reader.isWord(low.end, 'to')) ? low.end + 1 : undefined
  const high = and === undefined ? undefined : valueAt(reader, reader.skip(and))
  if (!low || !high || isNoNumber(low.value) || isNoNumber(high.value)) return []
  return [{ end: high.end, value: { operator: 'between', values: [low.value, high.value] } }]
}

function among(reader: Reader, at: number): readonly Found<Positive>[] {
  const end = reader.phraseEnd('among', at)
  return end === undefined
    ? []
    : listFrom(reader, end, ['and', 'or']).filter(({ value }) => value.operator === 'in')
}

/** A value, or several with `or` between them. */
function valuesAfter(reader: Reader, at: number, operator: ComparisonOperator): readonly Found<Positive>[] {
  const first = valueAt(reader, reader.skip(at))
  if (!first || (isOrder(operator) && isNoNumber(first.value))) return []
  const one = { end: first.end, value: { operator, values: [first.value] } }
  return operator === 'eq' ? [...listFrom(reader, at, ['or']), one] : [one]
}

function isOrder(operator: ComparisonOperator): boolean {
  return ['gt', 'ge', 'lt', 'le'].includes(operator)
}

/** `under limits` compares with nothing, where it is not said of which column it holds. */
function hasOrder(value: ComparedValue): boolean {
  return value.kind !== 'word' || /^\d/.test(value.word)
}

/** `10k`, `5kg`: begins as a number and is none. Dates are in the order of their letters. */
function isNoNumber(value: ComparedValue): boolean {
  return value.kind === 'word' && /^\d/.test(value.word) && !/^\d{4}-\d{2}-\d{2}/.test(value.word)
}

function listFrom(reader: Reader, at: number, between: readonly string[]): readonly Found<Positive>[] {
  const values: ComparedValue[] = []
  const found: Found<Positive>[] = []
  for (let next: number | undefined = at; next !== undefined;) {
    const value = valueAt(reader, reader.skip(next))
    if (!value) break
    values.push(value.value)
    found.push({
      end: value.end,
      value: { operator: values.length === 1 ? 'eq' : 'in', values: [...values] },
    })
    const comma = reader.isWord(value.end, ',') ? value.end + 1 : value.end
    const word = between.find((known) => reader.isWord(comma, known))
    next = word === undefined ? (comma > value.end ? comma : undefined) : comma + 1
  }
  return found.toReversed()
}

const constants: ReadonlyMap<string, boolean | null> = new Map([
  ['true', true],
  ['false', false],
  ['null', null],
])

export function valueAt(reader: Reader, at: number): Found<ComparedValue> | undefined {
  const token = reader.tokens[at]
  if (!token) return undefined
  const span = { start: token.start, end: token.end }
  const number = numberOf(token)
  if (number !== undefined)
    return { end: percentEnd(reader, at + 1), value: { kind: 'literal', value: number, span } }
  if (token.kind === 'text' || token.kind === 'file' || token.kind === 'url')
    return { end: at + 1, value: { kind: 'literal', value: token.text, span } }
  if (token.kind !== 'word' || isIn(reader.vocabulary, 'reserved', token.lower)) return undefined
  const named = reader.tokens[at + 1]
  if (named?.kind === 'text' && isIn(reader.vocabulary, 'quoted_noun', token.lower))
    return valueAt(reader, at + 1)
  if (named?.kind === 'word' && (token.lower === 'word' || token.lower === 'text'))
    return { end: at + 2, value: { kind: 'literal', value: named.text, span: reader.span(at, at + 2) } }
  const constant = constants.get(token.lower)
  if (constant !== undefined) return { end: at + 1, value: { kind: 'literal', value: constant, span } }
  if (isIn(reader.vocabulary, 'column', token.lower)) {
    const column = columnAt(reader, at)
    if (column && column.end > at + 1)
      return { end: column.end, value: { kind: 'column', column: column.value, span } }
  }
  return nameAt(reader, at)
}

function percentEnd(reader: Reader, at: number): number {
  return reader.isWord(at, '%') ? at + 1 : at
}

/** A bare word; several where each begins with a capital, as in New York. */
function nameAt(reader: Reader, at: number): Found<ComparedValue> {
  let end = at + 1
  const isCapital = (place: number): boolean => {
    const token = reader.tokens[place]
    return token?.kind === 'word' && /^\p{Lu}/u.test(token.text)
  }
  if (isCapital(at)) while (isCapital(end)) end += 1
  const words = reader.tokens.slice(at, end)
  const span = { start: words[0]?.start ?? 0, end: words.at(-1)?.end ?? 0 }
  return { end, value: { kind: 'word', word: words.map(({ text }) => text).join(' '), span } }
}

/** `more than 10`, `at least 3`, `10 or more`, `no`, `any`, `exactly 5`: of a number of things. */
export const amountSlot: SlotReader = (reader, at) => {
  const of = (operator: ComparisonOperator, value: number, end: number): readonly Found<Slot>[] => [
    {
      end,
      value: comparisonSlotOf(reader, at, end, {
        operator,
        isNegated: false,
        values: [{ kind: 'literal', value, span: reader.span(at, end) }],
      }),
    },
  ]
  const none = reader.phraseEnd('none', at)
  if (none !== undefined) return of('eq', 0, none)
  const some = reader.phraseEnd('some', at)
  if (some !== undefined) return of('gt', 0, some)
  const number = numberOf(reader.tokens[at])
  if (number !== undefined) {
    const more = reader.phraseEnd('or_more', at + 1)
    const fewer = reader.phraseEnd('or_fewer', at + 1)
    return [
      ...(more === undefined ? [] : of('ge', number, more)),
      ...(fewer === undefined ? [] : of('le', number, fewer)),
      ...of('eq', number, at + 1),
    ]
  }
  return comparisons(reader, at)
    .filter(({ value }) => value.values.every(({ kind }) => kind === 'literal'))
    .map(({ end, value }) => ({ end, value: comparisonSlotOf(reader, at, end, value) }))
}

export const comparisonSlot: SlotReader = (reader, at) =>
  comparisons(reader, at).map(({ end, value }) => ({ end, value: comparisonSlotOf(reader, at, end, value) }))

function comparisonSlotOf(reader: Reader, at: number, end: number, comparison: Comparison): Slot {
  return { type: 'comparison', comparison, span: reader.span(at, end) }
}
