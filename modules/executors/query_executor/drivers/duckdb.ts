/**
 * DuckDB by `@duckdb/node-api`, in processes: a database in a file, or data files as tables. The library is native, so it
 * is never part of the module's artifact, and never of this program: it is loaded by the process.
 */
import { join } from 'node:path'
import type { Clock } from '@nexus/sdk'
import type { Cursor, Driver, Statement } from '../driver.ts'
import { Pool, type PoolLimits } from '../pool.ts'
import { duckdbDialect } from '../sql/dialect.ts'
import { duckdbError } from './duckdb/errors.ts'
import type { DuckdbProcesses } from './duckdb/processes.ts'
import { unreadable, viewsOf, type Tables } from './duckdb/tables.ts'
import { Turns } from './duckdb/turns.ts'
import { duckdbJson, duckdbValue } from './duckdb/values.ts'
import { pooledTransaction } from './pooled.ts'
import { opened, ProcessConnection } from './process/connection.ts'
import type { EngineFailure } from './process/protocol.ts'

export type DuckdbTarget = { readonly title: string; readonly writable: boolean } & (
  | { readonly driver: 'duckdb'; readonly file: string }
  | { readonly driver: 'files'; readonly files: Tables }
)

export interface DuckdbLimits {
  readonly memoryMb: number
  readonly threads: number
  /** What a query may put on the disk that has no room in memory. */
  readonly diskMb: number
}

export interface DuckdbOptions {
  readonly clock: Clock
  readonly processes: DuckdbProcesses
  readonly limits: PoolLimits
  readonly settings: DuckdbLimits
}

/** What the process takes besides the memory that DuckDB manages: Node, the library, and rows on their way. */
const aroundMb = 640

export function duckdbDriver(target: DuckdbTarget, options: DuckdbOptions): Driver {
  const { clock, limits } = options
  const { title } = target
  const file = target.driver === 'files' ? ':memory:' : target.file
  const preparations = target.driver === 'files' ? viewsOf(target.files) : []
  const turns = new Turns()
  const pool = new Pool({
    ...limits,
    clock,
    title,
    open: (signal) => openDuckdb({ ...options, target, file, preparations }, signal),
  })
  return {
    dialect: duckdbDialect,
    async transaction(asked, work) {
      const waiting = { signal: asked.signal, clock, waitMsMax: limits.waitMsMax, title }
      const endTurn = await turns.take(asked.write && file !== ':memory:', waiting)
      try {
        return await pooledTransaction(pool, asked, work)
      } finally {
        endTurn()
      }
    },
    isBusy: () => turns.isBusy || pool.isBusy(),
    close: () => pool.close(),
  }
}

async function openDuckdb(
  options: DuckdbOptions & { target: DuckdbTarget; file: string; preparations: readonly string[] },
  signal: AbortSignal,
): Promise<ProcessConnection> {
  const { processes, limits, settings, target, file, preparations } = options
  const bounds = { memoryMb: settings.memoryMb + aroundMb, idleMs: limits.idleMs }
  const process = await processes.take(bounds)
  const connection = new DuckdbConnection({
    child: process.child,
    words: { value: duckdbValue, error: (failure, text) => errorOf(failure, text, target) },
    once: true,
    release: (isClean) => (isClean ? processes.give(process, bounds) : processes.end(process)),
  })
  const request = {
    file,
    settings: settingsOf(settings, process.folder),
    busyMs: limits.waitMsMax,
    preparations,
  }
  return opened(connection, { do: 'open', ...request }, signal)
}

/** Of a preparation, which is of one of the tables, it says which. */
function errorOf(failure: EngineFailure, text: string, target: DuckdbTarget): Error {
  const tables = target.driver === 'files' ? Object.entries(target.files) : []
  // The first one allows their files.
  const table = tables[failure.code - 2]
  if (table === undefined) return duckdbError(failure, text)
  const [name, [path = '']] = table
  return unreadable(path, name, failure.message.split('\n')[0] ?? '')
}

/** Rows come in the library's own kinds. */
class DuckdbConnection extends ProcessConnection {
  override async execute(statement: Statement): Promise<Cursor> {
    const cursor = await super.execute(statement)
    return { ...cursor, batches: read(cursor.batches) }
  }
}

async function* read(batches: Cursor['batches']): Cursor['batches'] {
  for await (const rows of batches) yield rows.map((row) => row.map(duckdbJson))
}

function settingsOf({ memoryMb, threads, diskMb }: DuckdbLimits, folder: string): Record<string, string> {
  return {
    memory_limit: `${memoryMb}MiB`,
    threads: String(threads),
    temp_directory: join(folder, 'temporary'),
    max_temp_directory_size: `${diskMb}MiB`,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    allow_community_extensions: 'false',
  }
}
