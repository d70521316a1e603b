/** MySQL and MariaDB by `mysql2`: a pool of connections, each call in a transaction that reads, or writes where it may. */
import type { Clock } from '@nexus/sdk'
import type { Driver } from '../driver.ts'
import type { Reach } from '../network.ts'
import { Pool, type PoolLimits } from '../pool.ts'
import type { ServerTarget } from '../server_target.ts'
import { mysqlDialect } from '../sql/dialect.ts'
import { pooledTransaction } from './pooled.ts'
import { openMysql } from './mysql/connection.ts'

export function mysqlDriver(
  target: ServerTarget & { readonly title: string },
  { clock, limits, reach }: { clock: Clock; limits: PoolLimits; reach: Reach },
): Driver {
  const pool = new Pool({
    ...limits,
    clock,
    title: target.title,
    open: (signal) => openMysql({ target, clock, reach }, signal),
  })
  return {
    dialect: mysqlDialect,
    transaction: (options, work) => pooledTransaction(pool, options, work),
    isBusy: () => pool.isBusy(),
    close: () => pool.close(),
  }
}
