/** What has to hold of the columns of a known table: `with a score of at least 85`, `amount above the average amount`. */
import type { Found, Reader, SlotReader } from '../reader.ts'
import type { ComparedValue, Condition } from '../tree.ts'
import { knownColumnAt } from './columns.ts'
import { held, type Part } from './reading.ts'

/** `whose age is over 35`, `stock = 0`. */
export const conditionPart: Part = (reader, at, reading) => {
  const start = reader.phraseEnd('where', at) ?? at
  return reader
    .slot('knowncondition', start)
    .flatMap(({ end, value }) => (value.type === 'condition' ? [held(reading, end, value.condition)] : []))
}

/** A condition on known columns, worked out once for each place. */
export const knownConditionSlot: SlotReader = (reader, at) => {
  const above = aboveAll(reader, at)
  if (above) {
    const span = reader.span(at, above.end)
    return [{ end: above.end, value: { type: 'condition', condition: above.value, span } }]
  }
  const judged = new Map<Condition, boolean>()
  return reader
    .slot('condition', at)
    .filter(({ value }) => value.type === 'condition' && isAboutKnown(reader, value.condition, judged))
}

/** `amount above the average amount`, `scores below average`. */
function aboveAll(reader: Reader, at: number): Found<Condition> | undefined {
  const subject = knownColumnAt(reader, at)
  const start = subject && reader.skip(reader.phraseEnd('is', subject.end) ?? subject.end)
  const operator = (['gt', 'ge', 'lt', 'le'] as const).find(
    (one) => start !== undefined && reader.phraseEnd(`op_${one}`, start) !== undefined,
  )
  const compared = operator && reader.skip(reader.phraseEnd(`op_${operator}`, start ?? at) ?? at)
  const name = (['average', 'median'] as const).find(
    (one) => compared !== undefined && reader.phraseEnd(`fn_${one}`, compared) !== undefined,
  )
  if (!subject || !operator || compared === undefined || !name) return undefined
  const behind = reader.phraseEnd(`fn_${name}`, compared) ?? compared
  const column = knownColumnAt(reader, behind)
  if (column && column.value.name !== subject.value.name) return undefined
  const end = column?.end ?? behind
  const span = reader.span(at, end)
  const aggregate = { function: name, column: subject.value, span }
  const comparison = { operator, isNegated: false, values: [{ kind: 'aggregate', aggregate, span } as const] }
  return { end, value: { kind: 'compare', subject: subject.value, comparison, span } }
}

/** Longer conditions share their parts, so that each is judged once. */
function isAboutKnown(reader: Reader, condition: Condition, judged: Map<Condition, boolean>): boolean {
  const known = judged.get(condition)
  if (known !== undefined) return known
  const isKnown =
    condition.kind === 'compare'
      ? isOfColumn(reader, condition)
      : partsOf(condition).every((part) => isAboutKnown(reader, part, judged))
  judged.set(condition, isKnown)
  return isKnown
}

function partsOf(condition: Exclude<Condition, { kind: 'compare' }>): readonly Condition[] {
  return condition.kind === 'not' ? [condition.part] : condition.parts
}

type Compared = Condition & { kind: 'compare' }

function isOfColumn(reader: Reader, condition: Compared): boolean {
  const { subject, comparison } = condition
  const isColumn = subject !== undefined && reader.lexicon.column(subject.name) !== undefined
  return isColumn && comparison.values.every((value) => isValueFor(reader, condition, value))
}

/** A number, a quoted text or another column; a word where the column has it, or where it is said that it is that. */
function isValueFor(reader: Reader, { subject, comparison, span }: Compared, value: ComparedValue): boolean {
  if (value.kind === 'column') return reader.lexicon.column(value.column.name) !== undefined
  if (value.kind !== 'word') return true
  const at = reader.placeOf(value.span.start)
  if (!subject || reader.lexicon.columnsAt(reader.tokens, at).length > 0) return false
  if (reader.lexicon.isValueOf(subject.name, value.word)) return true
  const isApart = value.span.start - subject.span.end > 1 || comparison.operator !== 'eq'
  return isApart && saysWhat(reader, subject.span.end, span.end)
}

const sayings = ['is', 'op_eq', 'op_ne', 'op_contains', 'op_starts', 'op_ends', 'among']

function saysWhat(reader: Reader, start: number, end: number): boolean {
  for (let at = reader.placeOf(start); (reader.tokens[at]?.end ?? Infinity) <= end; at++)
    if (sayings.some((name) => reader.phraseEnd(name, at) !== undefined)) return true
  return false
}
