/**
 * Which words of a goal name what is known of its files: a table, a column, a value of a column. It is made of shapes,
 * and of those values alone that the goal itself says.
 */
import { isSameNoun } from './plurals.ts'
import type { Found } from './reader.ts'
import type { Token } from './tokens.ts'

export interface KnownColumn {
  readonly name: string
  readonly isNumeric: boolean
  /** Values of it that stand in the goal. */
  readonly named: readonly (string | number)[]
}

export interface KnownTable {
  readonly path: string
  /** Where the file is a database. */
  readonly table?: string
  /** Its rows are lines. */
  readonly isText?: boolean
  readonly columns: readonly KnownColumn[]
  /** What its rows are called. */
  readonly nouns: readonly string[]
}

export interface KnownValue {
  readonly column: string
  readonly value: string | number
}

export class Lexicon {
  readonly tables: readonly KnownTable[]
  readonly #columns: readonly { name: string; words: readonly string[] }[]
  readonly #values: readonly { found: KnownValue; words: readonly string[] }[]

  constructor(tables: readonly KnownTable[]) {
    this.tables = tables
    const columns = tables.flatMap((table) => table.columns)
    this.#columns = [...new Set(columns.map(({ name }) => name))].map((name) => ({
      name,
      words: name.split(/[\s_]+|(?<=\p{Ll})(?=\p{Lu})/u),
    }))
    this.#values = columns.flatMap(({ name, named }) =>
      named.map((value) => ({ found: { column: name, value }, words: String(value).split(/\s+/) })),
    )
  }

  /** The columns that the words from a place on name, the longest name first. */
  columnsAt(tokens: readonly Token[], at: number): readonly Found<string>[] {
    return this.#columns
      .flatMap(({ name, words }): Found<string>[] => {
        const token = tokens[at]
        if (token?.kind !== 'word' && token?.kind !== 'text') return []
        if (isSameNoun(token.text, name)) return [{ end: at + 1, value: name }]
        return words.length > 1 && isPhrase(tokens, at, words, isSameNoun)
          ? [{ end: at + words.length, value: name }]
          : []
      })
      .toSorted((left, right) => right.end - left.end)
  }

  /** The value that the words from a place on are: of one column, or it is not known what they mean. */
  valueAt(tokens: readonly Token[], at: number): Found<KnownValue> | undefined {
    const found = this.#values
      .filter(({ words }) => isPhrase(tokens, at, words, isSameText))
      .map(({ found: value, words }) => ({ end: at + words.length, value }))
    const end = Math.max(...found.map((one) => one.end))
    const longest = found.filter((one) => one.end === end)
    const columns = new Set(longest.map(({ value }) => value.column))
    return columns.size === 1 ? longest[0] : undefined
  }

  isValueOf(column: string, text: string): boolean {
    return this.#values.some(({ found }) => found.column === column && isSameText(String(found.value), text))
  }

  /** The table whose rows a word means. */
  tableAt(tokens: readonly Token[], at: number): KnownTable | undefined {
    const token = tokens[at]
    if (token?.kind !== 'word') return undefined
    const found = this.tables.filter(({ nouns }) => nouns.some((noun) => isSameNoun(noun, token.text)))
    return found.length === 1 ? found[0] : undefined
  }

  /** Whether a word names anything that is known. */
  knows(tokens: readonly Token[], at: number): boolean {
    const isValue = this.valueAt(tokens, at) !== undefined
    return isValue || this.columnsAt(tokens, at).length > 0 || this.tableAt(tokens, at) !== undefined
  }

  /** The one column of a table that measures something: a number that is neither a name nor a time. */
  measure(source?: { readonly path: string; readonly table: string | undefined }): string | undefined {
    const tables = source
      ? this.tables.filter(({ path, table }) => path === source.path && table === source.table)
      : this.tables
    const [only, another] = tables.flatMap(({ columns }) => columns.filter(isMeasure))
    return another ? undefined : only?.name
  }

  column(name: string): KnownColumn | undefined {
    return this.tables.flatMap(({ columns }) => columns).find((column) => column.name === name)
  }
}

export function isMeasure({ name, isNumeric }: KnownColumn): boolean {
  return isNumeric && !/^id$|_id$|^year$|_year$|^month$|^day$/i.test(name)
}

function isSameText(left: string, right: string): boolean {
  return left.toLowerCase() === right.toLowerCase()
}

/** Only the last word of a name may be a plural. */
function isPhrase(
  tokens: readonly Token[],
  at: number,
  words: readonly string[],
  isLast: (left: string, right: string) => boolean,
): boolean {
  return words.every((word, offset) => {
    const token = tokens[at + offset]
    if (!token || token.kind === 'sign' || token.kind === 'json') return false
    return offset === words.length - 1 ? isLast(token.text, word) : isSameText(token.text, word)
  })
}
