/**
 * SQLite by `node:sqlite`, in processes: some that read, whose database is open for reading only, and one that writes,
 * since SQLite has one writer anyway. Each may read, or write, one file and nothing else of the machine.
 */
import type { Clock } from '@nexus/sdk'
import type { Watchdog } from '@nexus/sdk/process'
import { JsonDocument, type BoundValue, type Driver } from '../driver.ts'
import { listText } from '../list_text.ts'
import { Pool, type PoolLimits } from '../pool.ts'
import { sqliteDialect } from '../sql/dialect.ts'
import { pooledTransaction } from './pooled.ts'
import { EngineChild } from './process/child.ts'
import { opened, ProcessConnection } from './process/connection.ts'
import { sqliteError } from './sqlite/errors.ts'
import { SqliteServer } from './sqlite/server.ts'

export interface SqliteTarget {
  /** Absolute, or `:memory:`. */
  readonly file: string
  readonly title: string
}

export interface SqliteOptions {
  readonly clock: Clock
  readonly watchdog: Watchdog
  readonly limits: PoolLimits
}

/** Of one connection. What it sorts beyond its cache goes into files, of which each may be so large. */
const memoryMbMax = 768
const sortMbMax = 1_024

export function sqliteDriver({ file, title }: SqliteTarget, options: SqliteOptions): Driver {
  const { clock, limits } = options
  const poolOf = (readOnly: boolean, sizeMax: number): Pool<ProcessConnection> =>
    new Pool({
      ...limits,
      clock,
      sizeMax,
      title,
      open: (signal) => openSqlite({ ...options, file, readOnly }, signal),
    })
  const readers = poolOf(true, limits.sizeMax)
  const writers = poolOf(false, 1)
  return {
    dialect: sqliteDialect,
    transaction: (options, work) => pooledTransaction(options.write ? writers : readers, options, work),
    isBusy: () => readers.isBusy() || writers.isBusy(),
    async close() {
      await Promise.all([readers.close(), writers.close()])
    },
  }
}

function openSqlite(
  { clock, watchdog, limits, file, readOnly }: SqliteOptions & { file: string; readOnly: boolean },
  signal: AbortSignal,
): Promise<ProcessConnection> {
  const isInMemory = file === ':memory:'
  const rights = isInMemory ? [] : [`--allow-fs-read=${file}`]
  const child = new EngineChild({
    program: `new (${SqliteServer.toString()})()`,
    rights: isInMemory || readOnly ? rights : [...rights, `--allow-fs-write=${file}`],
    memoryMb: memoryMbMax,
    ...(readOnly && { fileMb: sortMbMax }),
    watchdog,
    clock,
  })
  const words = { value: sqliteValue, error: sqliteError }
  const connection = new ProcessConnection({ child, words, once: isInMemory })
  return opened(connection, { do: 'open', file, readOnly, busyMs: limits.waitMsMax }, signal)
}

function sqliteValue(value: BoundValue): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value instanceof JsonDocument) return value.text
  return Array.isArray(value) ? listText(value) : value
}
