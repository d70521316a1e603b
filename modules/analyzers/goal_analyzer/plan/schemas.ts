/**
 * What is known of files before anything runs: their columns and tables, as `context.analyze` tells. Nothing else of the
 * context is read; what stands in a file never gets here.
 */
import { isJsonObject, type Json } from '@nexus/sdk'
import { stemOf } from './files.ts'

export interface Schemas {
  /** In bytes. */
  sizeOf(path: string): number | undefined
  knows(path: string): boolean
  columnsOf(path: string): readonly string[] | undefined
  /** The file that a bare word means: the one whose name without its ending it is. */
  fileOf(word: string): string | undefined
  readonly stems: readonly string[]
}

/** Files that a context may tell of. */
const filesMax = 10_000

export function schemasOf(context: Json): Schemas {
  const files =
    isJsonObject(context) && Array.isArray(context['files']) ? context['files'].slice(0, filesMax) : []
  const columns = new Map<string, readonly string[] | undefined>()
  const sizes = new Map<string, number>()
  for (const file of files) {
    const path = isJsonObject(file) ? (file['path'] ?? file['name']) : undefined
    const size = isJsonObject(file) ? file['size_bytes'] : undefined
    if (typeof path === 'string' && typeof size === 'number') sizes.set(path, size)
    if (isJsonObject(file) && typeof path === 'string')
      columns.set(path, columnNames(file['columns'] ?? schemaColumns(file['schema'] ?? null)))
  }
  return {
    columnsOf: (path) => columns.get(path),
    sizeOf: (path) => sizes.get(path),
    knows: (path) => columns.has(path),
    fileOf: (word) => {
      const fitting = [...columns.keys()].filter((path) => stemOf(path) === word)
      return fitting.length === 1 ? fitting[0] : undefined
    },
    stems: [...columns.keys()].map(stemOf),
  }
}

function schemaColumns(schema: Json): Json {
  return isJsonObject(schema) ? (schema['columns'] ?? null) : null
}

/** `[name]` or `[{name}]`. */
function columnNames(given: Json): readonly string[] | undefined {
  if (!Array.isArray(given)) return undefined
  const names = given.map((column: Json) => (isJsonObject(column) ? column['name'] : column))
  return names.every((name) => typeof name === 'string') ? names : undefined
}
