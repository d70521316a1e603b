/** PostgreSQL by `pg`: a pool of connections, each call in a transaction that reads, or writes where it may. */
import type { Clock } from '@nexus/sdk'
import type { Driver } from '../driver.ts'
import type { Reach } from '../network.ts'
import { Pool, type PoolLimits } from '../pool.ts'
import type { ServerTarget } from '../server_target.ts'
import { postgresDialect } from '../sql/dialect.ts'
import { pooledTransaction } from './pooled.ts'
import { openPostgres } from './postgres/connection.ts'

export function postgresDriver(
  target: ServerTarget & { readonly title: string },
  { clock, limits, reach }: { clock: Clock; limits: PoolLimits; reach: Reach },
): Driver {
  const pool = new Pool({
    ...limits,
    clock,
    title: target.title,
    open: (signal) => openPostgres({ target, clock, reach }, signal),
  })
  return {
    dialect: postgresDialect,
    transaction: (options, work) => pooledTransaction(pool, options, work),
    isBusy: () => pool.isBusy(),
    close: () => pool.close(),
  }
}
