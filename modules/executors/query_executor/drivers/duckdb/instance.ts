/**
 * DuckDB runs in this process, so what a query may reach is closed before it comes: no file but those that are named,
 * no extension from elsewhere, no network, so much memory, and settings that cannot be changed any more.
 */
import { extname } from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { TaskFault } from '@nexus/sdk'
import { duckdbError } from './errors.ts'

export interface DuckdbLimits {
  readonly memoryMb: number
  readonly threads: number
}

export async function openDatabase(
  file: string,
  { write, ...limits }: DuckdbLimits & { write: boolean },
): Promise<DuckDBInstance> {
  const mode = write || file === ':memory:' ? {} : { access_mode: 'READ_ONLY' }
  return closedInstance(file, { ...settingsOf(limits), ...mode }, async () => undefined)
}

export type Tables = Readonly<Record<string, readonly string[]>>

/** Each file is a view, so that a query reads of it what it needs. */
export async function openFiles(tables: Tables, limits: DuckdbLimits): Promise<DuckDBInstance> {
  const settings = settingsOf(limits)
  return closedInstance(':memory:', settings, async (connection) => {
    await connection.run(`SET allowed_paths = [${Object.values(tables).flat().map(literal).join(', ')}]`)
    for (const [name, paths] of Object.entries(tables)) await createView(connection, name, paths)
  })
}

function settingsOf({ memoryMb, threads }: DuckdbLimits): Record<string, string> {
  return {
    memory_limit: `${memoryMb}MiB`,
    threads: String(threads),
    temp_directory: '',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  }
}

async function closedInstance(
  file: string,
  settings: Record<string, string>,
  prepare: (connection: DuckDBConnection) => Promise<void>,
): Promise<DuckDBInstance> {
  let instance: DuckDBInstance | undefined
  try {
    instance = await DuckDBInstance.create(file, settings)
    const connection = await instance.connect()
    await connection.run("SET TimeZone = 'UTC'").catch(() => undefined)
    await prepare(connection)
    await connection.run('SET enable_external_access = false')
    await connection.run('SET lock_configuration = true')
    connection.disconnectSync()
    return instance
  } catch (error) {
    instance?.closeSync()
    throw duckdbError(error)
  }
}

async function createView(
  connection: DuckDBConnection,
  name: string,
  paths: readonly string[],
): Promise<void> {
  const list = `[${paths.map(literal).join(', ')}]`
  const [first = ''] = paths
  try {
    await connection.run(`CREATE VIEW "${name}" AS SELECT * FROM ${readerOf(first, list)}`)
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    throw TaskFault.of('validation', `The file "${first}" cannot be read as the table ${name}: ${why}`, {
      cause: error,
    })
  }
}

function readerOf(path: string, list: string): string {
  if (/[*?[\]]/.test(path))
    throw new Error('a name with *, ?, [ or ] would name other files too. List the files, or rename it.')
  const ending = extname(path.replace(/\.(?:gz|zst)$/i, '')).toLowerCase()
  switch (ending) {
    case '.csv':
    case '.txt':
      return `read_csv(${list}, union_by_name = true)`
    case '.tsv':
      return `read_csv(${list}, union_by_name = true, delim = '\t')`
    case '.parquet':
      return `read_parquet(${list}, union_by_name = true)`
    case '.json':
      return `read_json(${list}, union_by_name = true)`
    case '.jsonl':
    case '.ndjson':
      return `read_json(${list}, union_by_name = true, format = 'newline_delimited')`
    default:
      throw new Error(
        `files that end in "${ending}" are not known. Known are .csv, .tsv, .txt, .parquet, .json, .jsonl and .ndjson, also with .gz or .zst.`,
      )
  }
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
