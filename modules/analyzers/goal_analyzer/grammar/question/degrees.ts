/** Words of degree: `oldest` is about age, `cheapest` about a price, `highest` about whatever is measured. */
import type { Found, Reader } from '../reader.ts'
import type { Column } from '../tree.ts'

export interface Degree {
  /** Undefined where the word may be about any column. */
  readonly column: Column | undefined
  readonly isDescending: boolean
}

interface Adjective {
  readonly more: readonly [comparative: string, superlative: string]
  readonly less: readonly [comparative: string, superlative: string]
  /** Which columns it can be about. */
  readonly columns: RegExp
}

const adjectives: readonly Adjective[] = [
  { more: ['older', 'oldest'], less: ['younger', 'youngest'], columns: /^ages?$|_age$/i },
  {
    more: ['later', 'newest'],
    less: ['earlier', 'oldest'],
    columns: /date|time|created|updated|^day$|_at$|_on$/i,
  },
  {
    more: ['later', 'latest'],
    less: ['earlier', 'earliest'],
    columns: /date|time|created|updated|^day$|_at$|_on$/i,
  },
  { more: ['more expensive', 'most expensive'], less: ['cheaper', 'cheapest'], columns: /price|cost/i },
  { more: ['dearer', 'dearest'], less: ['less expensive', 'least expensive'], columns: /price|cost/i },
  {
    more: ['longer', 'longest'],
    less: ['shorter', 'shortest'],
    columns: /length|duration|seconds|minutes|hours/i,
  },
  { more: ['heavier', 'heaviest'], less: ['lighter', 'lightest'], columns: /weight|mass/i },
  { more: ['taller', 'tallest'], less: ['shorter', 'shortest'], columns: /height/i },
  { more: ['hotter', 'hottest'], less: ['colder', 'coldest'], columns: /temp/i },
]

export function degreeAt(
  reader: Reader,
  at: number,
  degree: 'comparative' | 'superlative' = 'superlative',
): readonly Found<Degree>[] {
  const index = degree === 'comparative' ? 0 : 1
  const special = adjectives.flatMap(({ more, less, columns }) =>
    [more[index], less[index]].flatMap((phrase, side): Found<Degree>[] => {
      const end = phraseEnd(reader, at, phrase ?? '')
      const column = end === undefined ? undefined : columnLike(reader, columns)
      if (end === undefined || column === undefined) return []
      return [
        { end, value: { column: { name: column, span: reader.span(at, end) }, isDescending: side === 0 } },
      ]
    }),
  )
  if (special.length > 0 || degree === 'comparative') return special
  return (['highest', 'lowest'] as const).flatMap((name) =>
    reader.phraseEnds(name, at).map((end) => ({
      end,
      value: { column: undefined, isDescending: name === 'highest' },
    })),
  )
}

function phraseEnd(reader: Reader, at: number, phrase: string): number | undefined {
  const words = phrase.split(' ')
  return words.every((word, offset) => reader.isWord(at + offset, word)) ? at + words.length : undefined
}

/** The one column that a word of degree can be about. */
function columnLike(reader: Reader, pattern: RegExp): string | undefined {
  const names = reader.lexicon.tables.flatMap(({ columns }) => columns.map(({ name }) => name))
  const fitting = [...new Set(names.filter((name) => pattern.test(name)))]
  return fitting.length === 1 ? fitting[0] : undefined
}
