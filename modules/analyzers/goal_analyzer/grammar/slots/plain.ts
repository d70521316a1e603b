/**
 * The types of slots that hold plain values: files, addresses, texts, numbers, durations, names, formats. Each gives
 * every end that it can have at a place.
 */
import type { Json } from '@nexus/sdk'
import { distinctEnds, type Found, type Reader, type SlotReader } from '../reader.ts'
import type { Column, Slot } from '../tree.ts'
import type { Token } from '../tokens.ts'
import { isIn } from '../vocabulary.ts'

/** A slot of one token that has a plain value. */
function oneToken(valueOf: (token: Token, reader: Reader) => Json | undefined): SlotReader {
  return (reader, at) => {
    const token = reader.tokens[at]
    const value = token && valueOf(token, reader)
    return value === undefined ? [] : [{ end: at + 1, value: plain(value, reader, at, at + 1) }]
  }
}

export function plain(value: Json, reader: Reader, from: number, end: number): Slot {
  return { type: 'value', value, span: reader.span(from, end) }
}

export const textSlot = oneToken((token) => (token.kind === 'text' ? token.text : undefined))
export const urlSlot = oneToken((token) => (token.kind === 'url' ? token.text : undefined))
export const jsonSlot = oneToken((token) => (token.kind === 'json' ? token.value : undefined))

/** A file by its name, bare or quoted. */
export const fileSlot = oneToken((token) => {
  if (token.kind === 'file') return token.text
  return token.kind === 'text' &&
    /^[^\0\n]*[^\0\n./]\.[A-Za-z]\w{0,15}$|\//.test(token.text) &&
    !/^https?:/.test(token.text)
    ? token.text
    : undefined
})

export const scriptSlot = oneToken((token) =>
  (token.kind === 'file' || token.kind === 'text') && /\.(?:py|js|mjs|sh)$/.test(token.text)
    ? token.text
    : undefined,
)

export const databaseSlot = oneToken((token) =>
  (token.kind === 'file' || token.kind === 'text') && /\.(?:db|sqlite3?|duckdb)$/i.test(token.text)
    ? token.text
    : undefined,
)

export const unitSlot = oneToken((token) =>
  /^(?:lines?|words?|characters?|letters?)$/.test(token.lower) ? token.lower : undefined,
)

const numberWords = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ')

export function numberOf(token: Token | undefined): number | undefined {
  if (token?.kind === 'number') return token.value
  const at = token?.kind === 'word' ? numberWords.indexOf(token.lower) : -1
  return at === -1 ? undefined : at
}

export const numberSlot = oneToken(numberOf)

/** `3 times`, `twice`. */
export const timesSlot: SlotReader = (reader, at) => {
  const token = reader.tokens[at]
  const word = token?.kind === 'word' ? ['once', 'twice', 'thrice'].indexOf(token.lower) : -1
  if (word !== -1) return [{ end: at + 1, value: plain(word + 1, reader, at, at + 1) }]
  const number = numberOf(token)
  const end = ['times', 'more', 'further', 'additional'].some((one) => reader.isWord(at + 1, one))
    ? at + 2
    : 0
  const last = reader.isWord(at + 1, 'times') ? end : reader.isWord(end, 'times') ? end + 1 : 0
  return number === undefined || last === 0 ? [] : [{ end: last, value: plain(number, reader, at, last) }]
}

const unitsMs: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['millisecond', 1],
  ['s', 1e3],
  ['sec', 1e3],
  ['second', 1e3],
  ['m', 6e4],
  ['min', 6e4],
  ['minute', 6e4],
  ['h', 36e5],
  ['hour', 36e5],
  ['day', 864e5],
])

/** `5 seconds`, `10ms`, `half a second`, `a minute`: milliseconds. */
export const durationSlot: SlotReader = (reader, at) => {
  const isHalf = reader.isWord(at, 'half')
  const counted = numberOf(reader.tokens[at])
  const start = isHalf || counted !== undefined ? reader.skip(at + 1) : at
  const unit = unitsMs.get(reader.tokens[start]?.lower.replace(/(?<=\w\w)s$/, '') ?? '')
  if (unit === undefined) return []
  const value = Math.round((isHalf ? 0.5 : (counted ?? 1)) * unit)
  return [{ end: start + 1, value: plain(value, reader, at, start + 1) }]
}

export const formatSlot: SlotReader = (reader, at) => {
  const formats = ['csv', 'tsv', 'json', 'jsonl', 'text']
  return formats.flatMap((format) => {
    const end = reader.phraseEnd(`format_${format}`, at)
    return end === undefined ? [] : [{ end, value: plain(format, reader, at, end) }]
  })
}

/** A short answer that stands for itself without quotes: `print yes`. */
export const answerSlot: SlotReader = (reader, at) => {
  const end = reader.phraseEnd('answer', at)
  const token = reader.tokens[at]
  return end === undefined || !token ? [] : [{ end, value: plain(token.text, reader, at, end) }]
}

/** What is looked for in texts: quoted, or one bare word. */
export const needleSlot = oneToken((token, reader) =>
  token.kind === 'text' ||
  token.kind === 'number' ||
  (token.kind === 'word' && !isIn(reader.vocabulary, 'reserved', token.lower))
    ? token.text
    : undefined,
)

/** A text that stands for itself without quotes, since it has a capital; or one in quotes. */
export const properSlot = oneToken((token) =>
  token.kind === 'text' || (token.kind === 'word' && /^\p{Lu}/u.test(token.text)) ? token.text : undefined,
)

/** `one per line`. */
export const perLineSlot: SlotReader = (reader, at) => {
  const end = reader.phraseEnd('per_line', at)
  return end === undefined ? [] : [{ end, value: plain(true, reader, at, end) }]
}

/** `upper case`, `lower case`. */
export const caseSlot: SlotReader = (reader, at) =>
  ['upper', 'lower'].flatMap((name) => {
    const end = reader.phraseEnd(`case_${name}`, at)
    return end === undefined ? [] : [{ end, value: plain(name, reader, at, end) }]
  })

/** `for each`, with nothing behind it. */
export const groupSlot: SlotReader = (reader, at) => {
  const end = reader.phraseEnd('each_group', at)
  return end === undefined ? [] : [{ end, value: plain(true, reader, at, end) }]
}

/** `without duplicates`. */
export const onceSlot: SlotReader = (reader, at) => {
  const end = reader.phraseEnd('once', at)
  return end === undefined ? [] : [{ end, value: plain(true, reader, at, end) }]
}

/** An order without a column, as behind `the total by city, largest first`: whether it is descending. */
export const directionSlot: SlotReader = (reader, at) =>
  (['descending', 'ascending'] as const).flatMap((name) => {
    const end = reader.phraseEnd(name, at)
    return end === undefined ? [] : [{ end, value: plain(name === 'descending', reader, at, end) }]
  })

/** A new name: of a column, of a result. */
export const nameSlot = oneToken((token, reader) => {
  if (token.kind === 'text') return token.text
  return token.kind === 'word' && !isIn(reader.vocabulary, 'reserved', token.lower) ? token.text : undefined
})

/** The path of a field: `version`, `limits.rows`. */
export const pathSlot = oneToken((token, reader) => {
  if (token.kind === 'text' || token.kind === 'file') return token.text
  return token.kind === 'word' && !isIn(reader.vocabulary, 'reserved', token.lower) ? token.text : undefined
})

export const capabilitySlot = oneToken((token) =>
  ['word', 'file', 'text'].includes(token.kind) && /^[a-z][\w.]*$/.test(token.text) ? token.text : undefined,
)

/** A bare word or a quoted text that names a column; two words where the second is `column` are one. */
export function columnAt(reader: Reader, from: number): Found<Column> | undefined {
  const at = reader.skip(from)
  const token = reader.tokens[at]
  if (!token) return undefined
  const [known] = reader.lexicon.columnsAt(reader.tokens, at)
  if (known) {
    const name = { name: known.value, span: reader.span(at, known.end) }
    return { end: reader.phraseEnd('column', known.end) ?? known.end, value: name }
  }
  const isWord = token.kind === 'word' && !isIn(reader.vocabulary, 'reserved', token.lower)
  if (isWord && isIn(reader.vocabulary, 'column', token.lower)) {
    const named = columnAt(reader, at + 1)
    if (named) return named
  }
  if (!isWord && token.kind !== 'text') return undefined
  const column = { name: token.text, span: { start: token.start, end: token.end } }
  const end = reader.phraseEnd('column', at + 1) ?? at + 1
  return { end, value: column }
}

export const columnSlot: SlotReader = (reader, at) => {
  const found = columnAt(reader, at)
  if (!found) return []
  return [{ end: found.end, value: { type: 'columns', columns: [found.value], span: found.value.span } }]
}

/** `city`, `city and product`, `a, b and c`: each prefix of the list is a way to read it. */
export const columnsSlot: SlotReader = (reader, at) => {
  const found: Found<Slot>[] = []
  const columns: Column[] = []
  for (let next: number | undefined = at; next !== undefined;) {
    const one = columnAt(reader, next)
    if (!one) break
    columns.push(one.value)
    found.push({
      end: one.end,
      value: { type: 'columns', columns: [...columns], span: reader.span(at, one.end) },
    })
    next = separatorEnd(reader, one.end)
    // `by city and show …`: a verb is no further column but the next clause.
    const word = next === undefined ? undefined : reader.tokens[reader.skip(next)]
    if (word?.kind === 'word' && isIn(reader.vocabulary, 'verb', word.lower)) break
  }
  return distinctEnds(found)
}

/** Columns of known tables alone. */
export const knownSlot: SlotReader = (reader, at) =>
  columnsSlot(reader, at).filter(
    ({ value }) =>
      value.type === 'columns' &&
      value.columns.every(({ name }) => reader.lexicon.column(name) !== undefined),
  )

/** No words for whole rows or answers: `the page for each url` is no column. */
export const fieldsSlot: SlotReader = (reader, at) =>
  columnsSlot(reader, at).filter(
    ({ value }) =>
      value.type === 'columns' &&
      !value.columns.some(({ name }) => isIn(reader.vocabulary, 'row_noun', name.toLowerCase())),
  )

/** Two or more, since one word alone could be anything. */
export const columnListSlot: SlotReader = (reader, at) =>
  columnsSlot(reader, at).filter(({ value }) => value.type === 'columns' && value.columns.length > 1)

/** The end of `,`, `and`, `, and`, `&`, `as well as`, or undefined. */
export function separatorEnd(reader: Reader, at: number): number | undefined {
  const comma = reader.isWord(at, ',') ? at + 1 : at
  const and = reader.phraseEnd('and', comma)
  return and ?? (comma > at ? comma : undefined)
}

/** `a` for `name "Ada" and age 36`: what a capability is given. */
export const pairsSlot: SlotReader = (reader, at) => {
  const found: Found<Slot>[] = []
  const pairs: { name: string; value: Json }[] = []
  for (let next: number | undefined = at; next !== undefined;) {
    const one = pairAt(reader, reader.skip(next))
    if (!one) break
    pairs.push(one.value)
    found.push({ end: one.end, value: { type: 'pairs', pairs: [...pairs], span: reader.span(at, one.end) } })
    next = separatorEnd(reader, one.end)
  }
  return distinctEnds(found)
}

function pairAt(reader: Reader, at: number): Found<{ name: string; value: Json }> | undefined {
  const name = reader.tokens[at]
  if (name?.kind !== 'word') return undefined
  const start = reader.skip(reader.phraseEnd('is', at + 1) ?? at + 1)
  const token = reader.tokens[start]
  const value =
    token &&
    (token.kind === 'text' || token.kind === 'url' || token.kind === 'file'
      ? token.text
      : token.kind === 'json'
        ? token.value
        : numberOf(token))
  return value === undefined ? undefined : { end: start + 1, value: { name: name.text, value } }
}
