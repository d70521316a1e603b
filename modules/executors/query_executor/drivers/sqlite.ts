/**
 * SQLite by `node:sqlite`, in processes: some that read, whose database is open for reading only, and one that writes,
 * since SQLite has one writer anyway.
 */
import type { Clock } from '@nexus/sdk'
import type { Watchdog } from '@nexus/sdk/process'
import type { Driver } from '../driver.ts'
import { Pool, type PoolLimits } from '../pool.ts'
import { sqliteDialect } from '../sql/dialect.ts'
import { pooledTransaction } from './pooled.ts'
import { openSqlite, type SqliteConnection } from './sqlite/process.ts'

export interface SqliteTarget {
  /** Absolute, or `:memory:`. */
  readonly file: string
  readonly title: string
}

export function sqliteDriver(
  { file, title }: SqliteTarget,
  { clock, watchdog, limits }: { clock: Clock; watchdog: Watchdog; limits: PoolLimits },
): Driver {
  const poolOf = (readOnly: boolean, sizeMax: number): Pool<SqliteConnection> =>
    new Pool({
      ...limits,
      clock,
      sizeMax,
      title,
      open: (signal) => openSqlite({ file, readOnly, busyMs: limits.waitMsMax, watchdog }, signal),
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
