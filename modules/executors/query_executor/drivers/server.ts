/** A database that is a server of its own, PostgreSQL or MySQL: a pool of connections, each call in a transaction that reads, or writes where it may. */
import type { Clock } from '@nexus/sdk'
import type { Driver } from '../driver.ts'
import type { Reach } from '../network.ts'
import { Pool, type PoolLimits } from '../pool.ts'
import type { ServerTarget } from '../server_target.ts'
import type { Dialect } from '../sql/dialect.ts'
import { pooledTransaction, type Connection } from './pooled.ts'

export interface ServerOptions {
  readonly target: ServerTarget
  readonly clock: Clock
  readonly reach: Reach
}

export interface ServerKind<Item extends Connection> {
  readonly dialect: Dialect
  readonly open: (options: ServerOptions, signal: AbortSignal) => Promise<Item>
}

export function serverDriver<Item extends Connection>(
  target: ServerTarget & { readonly title: string },
  { clock, limits, reach }: { clock: Clock; limits: PoolLimits; reach: Reach },
  { dialect, open }: ServerKind<Item>,
): Driver {
  const pool = new Pool({
    ...limits,
    clock,
    title: target.title,
    open: (signal) => open({ target, clock, reach }, signal),
  })
  return {
    dialect,
    transaction: (options, work) => pooledTransaction(pool, options, work),
    isBusy: () => pool.isBusy(),
    close: () => pool.close(),
  }
}
