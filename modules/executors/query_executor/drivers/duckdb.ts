/**
 * DuckDB by `@duckdb/node-api`, in processes: a database in a file, or data files as tables. The library is native, so it
 * is never part of the module's artifact, and never of this program: it is loaded by the process.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '@nexus/sdk'
import type { Watchdog } from '@nexus/sdk/process'
import type { Cursor, Driver, Statement } from '../driver.ts'
import { Pool, type PoolLimits } from '../pool.ts'
import { duckdbDialect } from '../sql/dialect.ts'
import { duckdbError } from './duckdb/errors.ts'
import { DuckdbServer } from './duckdb/server.ts'
import { unreadable, viewsOf, type Tables } from './duckdb/tables.ts'
import { Turns } from './duckdb/turns.ts'
import { duckdbJson, duckdbValue } from './duckdb/values.ts'
import { pooledTransaction } from './pooled.ts'
import { EngineChild } from './process/child.ts'
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
  readonly watchdog: Watchdog
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
  const { clock, watchdog, limits, settings, file, preparations } = options
  const folder = await mkdtemp(join(tmpdir(), 'nexus-duckdb-'))
  const library = createRequire(import.meta.url).resolve('@duckdb/node-api')
  const child = new EngineChild({
    program: `new (${DuckdbServer.toString()})(() => require(${JSON.stringify(library)}))`,
    // The library is native code, which Node's permissions do not bound; DuckDB's own settings do.
    rights: ['--allow-addons', '--allow-fs-read=*'],
    memoryMb: settings.memoryMb + aroundMb,
    watchdog,
    clock,
  })
  const connection = new DuckdbConnection({
    child,
    words: { value: duckdbValue, error: (failure, text) => errorOf(failure, text, options.target) },
    release: () => rm(folder, { recursive: true, force: true }),
  })
  const request = { file, settings: settingsOf(settings, folder), busyMs: limits.waitMsMax, preparations }
  await opened(connection, { do: 'open', ...request }, signal)
  return connection
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
