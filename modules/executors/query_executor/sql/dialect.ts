/** What differs between the languages of the engines, as far as a statement is read before it is sent. */

export interface Dialect {
  /** As people know the engine. */
  readonly title: string
  /** The engine's placeholder for the value at an index, from 0. */
  placeholder(index: number): string
  /** Whether `IN ($list)` compares with one array, as PostgreSQL can, or with as many values. */
  readonly lists: 'array' | 'values'
  readonly backslashEscapes: boolean
  readonly dollarQuotes: boolean
  readonly backticks: boolean
  readonly brackets: boolean
  readonly hashComments: boolean
  /** Whether `--` begins a comment only before a space, as in MySQL, where `1--1` is 2. */
  readonly spacedDashes: boolean
  readonly nestedComments: boolean
  /** Whether `?` and `:name` are parameters wherever they stand; in PostgreSQL they are operators too. */
  readonly looseParameters: boolean
  /** Whether `@name` is a parameter. */
  readonly atParameters: boolean
  /** Whether EXPLAIN ANALYZE runs whatever comes after it, and the engine does not say what that is. */
  readonly explainsAnything: boolean
  /** First words of statements that only read. */
  readonly reads: readonly string[]
  /** Puts `call_key` into a table where it is not there yet; changes no row where it is. */
  insertOnce(table: string, placeholder: string): string
  /** The type of a text of any length. */
  readonly longText: string
}

const base = {
  lists: 'values',
  backslashEscapes: false,
  dollarQuotes: false,
  backticks: false,
  brackets: false,
  hashComments: false,
  spacedDashes: false,
  nestedComments: false,
  looseParameters: true,
  atParameters: false,
  explainsAnything: false,
  insertOnce: (table: string, placeholder: string) =>
    `INSERT INTO ${table} (call_key) VALUES (${placeholder}) ON CONFLICT DO NOTHING`,
  longText: 'text',
} as const

const reads = ['select', 'with', 'values', 'explain'] as const

export const sqliteDialect: Dialect = {
  ...base,
  title: 'SQLite',
  placeholder: (index) => `?${index + 1}`,
  backticks: true,
  brackets: true,
  atParameters: true,
  reads: [...reads, 'pragma'],
}

export const postgresDialect: Dialect = {
  ...base,
  title: 'PostgreSQL',
  placeholder: (index) => `$${index + 1}`,
  lists: 'array',
  dollarQuotes: true,
  nestedComments: true,
  looseParameters: false,
  reads: [...reads, 'table', 'show'],
}

export const mysqlDialect: Dialect = {
  ...base,
  title: 'MySQL',
  placeholder: () => '?',
  backslashEscapes: true,
  backticks: true,
  hashComments: true,
  spacedDashes: true,
  reads: [...reads, 'table', 'show', 'describe', 'desc'],
  insertOnce: (table, placeholder) => `INSERT IGNORE INTO ${table} (call_key) VALUES (${placeholder})`,
  longText: 'longtext',
}

export const duckdbDialect: Dialect = {
  ...base,
  title: 'DuckDB',
  placeholder: (index) => `$${index + 1}`,
  dollarQuotes: true,
  nestedComments: true,
  explainsAnything: true,
  reads: [...reads, 'from', 'table', 'show', 'describe', 'desc', 'summarize', 'pivot', 'unpivot'],
}
