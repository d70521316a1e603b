/** What the whole plan has to keep to: `without network access`, `in at most 5 steps`, `with a budget of $5`. */
import { distinctEnds, type Found, type Reader, type SlotReader } from '../reader.ts'
import type { Constraint, Slot } from '../tree.ts'
import { numberOf } from './plain.ts'

export const constraintSlot: SlotReader = (reader, at) => {
  const readings = [...networkAt(reader, at), ...stepsAt(reader, at), ...budgetAt(reader, at)]
  return distinctEnds(
    readings.map(({ end, value }): Found<Slot> => {
      return { end, value: { type: 'constraint', constraint: value, span: reader.span(at, end) } }
    }),
  )
}

function networkAt(reader: Reader, at: number): readonly Found<Constraint>[] {
  const end = reader.phraseEnd('no_network', at)
  return end === undefined ? [] : [{ end, value: { kind: 'network' } }]
}

function stepsAt(reader: Reader, at: number): readonly Found<Constraint>[] {
  return reader.phraseEnds('steps_max', at).flatMap((start) => {
    const max = numberOf(reader.tokens[start])
    const end = reader.phraseEnd('steps', start + 1)
    return max === undefined || end === undefined ? [] : [{ end, value: { kind: 'steps', max } as const }]
  })
}

/** An amount of money or of tokens, its unit before it or behind it. */
function budgetAt(reader: Reader, at: number): readonly Found<Constraint>[] {
  return reader.phraseEnds('budget', at).flatMap((start) => {
    const before = reader.phraseEnd('currency', start)
    const number = before ?? start
    if (numberOf(reader.tokens[number]) === undefined) return []
    const after = reader.phraseEnd('currency', number + 1)
    const isMoney = before !== undefined || after !== undefined
    return isMoney ? [{ end: after ?? number + 1, value: { kind: 'budget' } as const }] : []
  })
}
