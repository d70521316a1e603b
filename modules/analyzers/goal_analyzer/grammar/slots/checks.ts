/**
 * What decides an `if`: `there are more than 10 rows`, `the total is over 100 and a.json exists`. A check phrase is a
 * pattern; this file only puts several together.
 */
import { distinctEnds, type Found, type Reader, type SlotReader } from '../reader.ts'
import type { Check } from '../tree.ts'

export const checkSlot: SlotReader = (reader, at) =>
  joined(reader, at, 'or').map(({ end, value }) => ({
    end,
    value: { type: 'check', check: value, span: reader.span(at, end) },
  }))

function joined(reader: Reader, at: number, kind: 'or' | 'and'): readonly Found<Check>[] {
  const part = (from: number): readonly Found<Check>[] =>
    kind === 'or' ? joined(reader, from, 'and') : primaries(reader, from)
  const all: Found<Check>[] = [...part(at)]
  for (let at = 0; at < all.length && all.length < readingsMax; at++) {
    const one = all[at]
    const next = one && reader.phraseEnd(kind === 'and' ? 'and_also' : 'or', one.end)
    if (!one || next === undefined) continue
    for (const { end, value } of part(next))
      if (!all.some((known) => known.end === end))
        all.push({ end, value: { kind, parts: [one.value, value] } })
  }
  return distinctEnds(all)
}

const readingsMax = 64

function primaries(reader: Reader, from: number): readonly Found<Check>[] {
  return distinctEnds(
    reader.vocabulary.patterns
      .filter(({ kind }) => kind === 'check')
      .flatMap((pattern) =>
        reader.pattern(pattern, from).map(({ end, value: slots }): Found<Check> => {
          return { end, value: { kind: 'phrase', phrase: { pattern, slots, span: reader.span(from, end) } } }
        }),
      ),
  )
}
