/** Two tables in one question: by what they belong together, and `that have no …` of the other. */
import type { Found, Reader } from '../reader.ts'
import type { AskedSource, Condition } from '../tree.ts'
import { knownColumnAt, valueConditionsAt } from './columns.ts'
import { fileAt, sourceOf } from './plain.ts'
import { gone, type Part } from './reading.ts'

/** `customer_id = id`, `the ids match`; `by id` where two tables were named. */
export const keyPart: Part = (reader, at, reading) => {
  if (reader.lexicon.tables.length < 2 || reading.question.key) return []
  const start = reader.phraseEnd('asked_key', reader.skip(at))
  const left = knownColumnAt(reader, start ?? at)
  if (!left) return []
  const equals = reader.phraseEnd('asked_equals', reader.skip(left.end))
  const right = equals === undefined ? undefined : knownColumnAt(reader, equals)
  if (right) return [gone(reading, right.end, { key: { left: left.value, right: right.value } })]
  const both = { key: { left: left.value, right: left.value } }
  const matches = reader.phraseEnd('asked_matches', reader.skip(left.end))
  if (matches !== undefined) return [gone(reading, matches, both)]
  const isShared = reader.lexicon.tables.every(({ columns }) =>
    columns.some(({ name }) => name === left.value.name),
  )
  return start !== undefined && isShared && reading.question.sources.length > 1
    ? [gone(reading, left.end, both)]
    : []
}

/** `customers that have no paid order in orders.csv`. */
export const lackingPart: Part = (reader, at, reading) => {
  const { sources, lacking } = reading.question
  const start = reader.phraseEnd('asked_lacking', reader.skip(at))
  if (start === undefined || lacking) return []
  return readingsOf(reader, start).flatMap(({ end, value: { conditions, source } }) => {
    const isOther = sources.every(({ path, table }) => path !== source.path || table !== source.table)
    return isOther ? [gone(reading, end, { lacking: { source, conditions } })] : []
  })
}

/** `but not in people.json`. */
export const missingPart: Part = (reader, at, reading) => {
  const start = reader.phraseEnd('asked_missing', reader.skip(at))
  const file = start === undefined ? undefined : fileAt(reader, start)
  const { sources, lacking } = reading.question
  const isOther = sources.length === 1 && sources[0]?.path !== file?.value.path
  return file && !lacking && isOther
    ? [gone(reading, file.end, { lacking: { source: file.value, conditions: [] } })]
    : []
}

function readingsOf(
  reader: Reader,
  start: number,
): readonly Found<{ conditions: readonly Condition[]; source: AskedSource }>[] {
  const places = [
    { end: start, value: [] as readonly Condition[] },
    ...valueConditionsAt(reader, start).map(({ end, value }) => ({ end, value: [value] })),
  ]
  return places.flatMap(({ end, value: conditions }) => {
    const noun = reader.skip(end)
    const table = reader.lexicon.tableAt(reader.tokens, noun)
    if (!table) return []
    const source = sourceOf(reader, noun, table)
    const within = reader.phraseEnd('in', reader.skip(noun + 1))
    const file = within === undefined ? undefined : fileAt(reader, within)
    const isSame = file?.value.path === source.path
    return [{ end: isSame ? file.end : noun + 1, value: { conditions, source } }]
  })
}
