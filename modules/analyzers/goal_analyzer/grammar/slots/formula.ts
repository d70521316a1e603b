/** What a new column is computed by: `price * quantity + 1`. */
import type { Found, Reader, SlotReader } from '../reader.ts'
import type { Formula } from '../tree.ts'
import { isIn } from '../vocabulary.ts'
import { columnAt, numberOf } from './plain.ts'

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

/** `19 % of amount`. */
function percentOf(reader: Reader, at: number, number: number): Found<Formula> | undefined {
  const sign = ['%', 'percent'].find((word) => reader.isWord(at, word))
  const column = sign !== undefined && reader.isWord(at + 1, 'of') ? columnAt(reader, at + 2) : undefined
  if (!column) return undefined
  const left: Formula = { kind: 'column', column: column.value }
  const right: Formula = { kind: 'number', value: number / 100 }
  return { end: column.end, value: { kind: 'operation', sign: '*', left, right } }
}

/** `pass if the score is 70 or more, otherwise fail`. */
export const choiceSlot: SlotReader = (reader, at) => {
  const then = plainAt(reader, at)
  const start = then && ['if', 'when', 'where'].find((word) => reader.isWord(then.end, word))
  if (!then || start === undefined) return []
  return reader.slot('condition', then.end + 1).flatMap(({ end, value }) => {
    const comma = reader.isWord(end, ',') || reader.isWord(end, ';') ? end + 1 : end
    const and = reader.phraseEnd('and', comma) ?? comma
    const behind = reader.phraseEnd('otherwise', and)
    const otherwise = behind === undefined ? undefined : plainAt(reader, behind)
    if (value.type !== 'condition' || !otherwise) return []
    const formula: Formula = {
      kind: 'choice',
      condition: value.condition,
      then: then.value,
      otherwise: otherwise.value,
    }
    return [{ end: otherwise.end, value: { type: 'formula', formula, span: reader.span(at, otherwise.end) } }]
  })
}

/** A number, a text, or one word that stands for itself. */
function plainAt(reader: Reader, from: number): Found<Formula> | undefined {
  const at = reader.skip(from)
  const token = reader.tokens[at]
  const number = numberOf(token)
  if (number !== undefined) return { end: at + 1, value: { kind: 'number', value: number } }
  const isWord = token?.kind === 'word' && !isIn(reader.vocabulary, 'reserved', token.lower)
  return token && (isWord || token.kind === 'text')
    ? { end: at + 1, value: { kind: 'text', text: token.text } }
    : undefined
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
  const share = number === undefined ? undefined : percentOf(reader, at + 1, number)
  if (share) return share
  if (number !== undefined) return { end: at + 1, value: { kind: 'number', value: number } }
  const column = columnAt(reader, at)
  return column && { end: column.end, value: { kind: 'column', column: column.value } }
}
