/**
 * What is known of files before anything runs: their columns and tables, as `context.analyze` tells, and which words of
 * the goal are values of them. Nothing else of the context is read; what else stands in a file never gets here.
 */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import type { KnownColumn, KnownTable } from '../grammar/lexicon.ts'
import { stemOf } from './files.ts'

export interface Schemas {
  /** In bytes. */
  sizeOf(path: string): number | undefined
  knows(path: string): boolean
  columnsOf(path: string, table?: string): readonly string[] | undefined
  /** The file that a bare word means: the one whose name without its ending it is. */
  fileOf(word: string): string | undefined
  readonly stems: readonly string[]
  readonly tables: readonly KnownTable[]
}

/** Files that a context may tell of, and columns of one of them. */
const filesMax = 10_000
const columnsMax = 1_000

export function schemasOf(context: Json): Schemas {
  const files =
    isJsonObject(context) && Array.isArray(context['files']) ? context['files'].slice(0, filesMax) : []
  const paths = new Set<string>()
  const sizes = new Map<string, number>()
  const tables: KnownTable[] = []
  for (const file of files) {
    const path = isJsonObject(file) ? pathOf(file) : undefined
    if (!isJsonObject(file) || path === undefined) continue
    paths.add(path)
    const size = file['size_bytes']
    if (typeof size === 'number') sizes.set(path, size)
    tables.push(...tablesIn(path, file))
  }
  return {
    columnsOf: (path, table) =>
      tables
        .find((one) => one.path === path && one.table === table && one.isText !== true)
        ?.columns.map(({ name }) => name),
    sizeOf: (path) => sizes.get(path),
    knows: (path) => paths.has(path),
    fileOf: (word) => {
      const fitting = [...paths].filter((path) => stemOf(path) === word)
      return fitting.length === 1 ? fitting[0] : undefined
    },
    stems: [...paths].map(stemOf),
    tables,
  }
}

/** As the goal has it; of a file that `context.analyze` did not find there is nothing to know. */
function pathOf(file: JsonObject): string | undefined {
  const { name, path, state = 'found' } = file
  const found = name ?? path
  return typeof found === 'string' && state === 'found' ? found : undefined
}

function tablesIn(path: string, file: JsonObject): readonly KnownTable[] {
  const { tables } = file
  if (Array.isArray(tables))
    return tables.flatMap((table: Json) => {
      const name = isJsonObject(table) ? table['name'] : undefined
      const columns = isJsonObject(table) ? columnsIn(table['columns'] ?? null) : undefined
      return typeof name === 'string' && columns ? [{ path, table: name, columns, nouns: [name] }] : []
    })
  if (file['kind'] === 'text') return [{ path, isText: true, columns: [], nouns: [stemOf(path)] }]
  const columns = columnsIn(file['columns'] ?? columnsOfShape(file))
  return columns ? [{ path, columns, nouns: [stemOf(path)] }] : []
}

/** Of a list of records, and of records one a line. */
function columnsOfShape({ kind = null, shape = null, schema = null }: JsonObject): Json {
  if (isJsonObject(schema)) return schema['columns'] ?? null
  const rows = kind === 'jsonl' ? shape : isJsonObject(shape) ? (shape['items'] ?? null) : null
  return isJsonObject(rows) && rows['type'] === 'object' ? (rows['members'] ?? null) : null
}

/** `[name]` or `[{name, type, named}]`. */
function columnsIn(given: Json): readonly KnownColumn[] | undefined {
  if (!Array.isArray(given) || given.length === 0 || given.length > columnsMax) return undefined
  const columns = given.map((column: Json): KnownColumn | undefined => {
    if (typeof column === 'string') return { name: column, isNumeric: false, named: [] }
    if (!isJsonObject(column) || typeof column['name'] !== 'string') return undefined
    const { name, type = null, named } = column
    const isNumeric = typeof type === 'string' && /^(?:int|num|real|float|double|decimal)/.test(type)
    const values = Array.isArray(named) ? (named as Json[]).filter(isPlain) : []
    return { name, isNumeric, named: isNumeric ? values.map(Number) : values }
  })
  return columns.every((column) => column !== undefined) ? columns : undefined
}

function isPlain(value: Json): value is string | number {
  return typeof value === 'string' || typeof value === 'number'
}
