/**
 * DuckDB by `@duckdb/node-api`: a database in a file, which stays open while it is used, or data files as tables, in an
 * instance for each call. The library is native, so it is never part of the module's artifact.
 */
import type { DuckDBInstance } from '@duckdb/node-api'
import type { Clock } from '@nexus/sdk'
import type { Driver } from '../driver.ts'
import { Pool, type PoolLimits } from '../pool.ts'
import { duckdbDialect } from '../sql/dialect.ts'
import { DuckdbConnection } from './duckdb/connection.ts'
import { openDatabase, openFiles, type DuckdbLimits, type Tables } from './duckdb/instance.ts'
import { pooledTransaction } from './pooled.ts'

export type DuckdbTarget = { readonly title: string; readonly writable: boolean } & (
  | { readonly driver: 'duckdb'; readonly file: string }
  | { readonly driver: 'files'; readonly files: Tables }
)

export function duckdbDriver(
  target: DuckdbTarget,
  { clock, limits, settings }: { clock: Clock; limits: PoolLimits; settings: DuckdbLimits },
): Driver {
  const once = target.driver === 'files'
  const instances = new SharedInstance(() =>
    target.driver === 'files'
      ? openFiles(target.files, settings)
      : openDatabase(target.file, { ...settings, write: target.writable }),
  )
  const pool = new Pool({
    ...limits,
    clock,
    title: target.title,
    async open() {
      const instance = await instances.take()
      const release = (): void => instances.release(instance)
      try {
        return new DuckdbConnection(await instance.connect(), { clock, once, release })
      } catch (error) {
        release()
        throw error
      }
    },
  })
  return {
    dialect: duckdbDialect,
    transaction: (options, work) => pooledTransaction(pool, options, work),
    isBusy: () => pool.isBusy(),
    close: () => pool.close(),
  }
}

/** Open for as long as anybody has it, since DuckDB locks its file. */
class SharedInstance {
  readonly #open: () => Promise<DuckDBInstance>
  #instance: Promise<DuckDBInstance> | undefined
  #users = 0

  constructor(open: () => Promise<DuckDBInstance>) {
    this.#open = open
  }

  async take(): Promise<DuckDBInstance> {
    this.#users += 1
    this.#instance ??= this.#open()
    try {
      return await this.#instance
    } catch (error) {
      this.#users -= 1
      if (this.#users === 0) this.#instance = undefined
      throw error
    }
  }

  release(instance: DuckDBInstance): void {
    this.#users -= 1
    if (this.#users > 0) return
    this.#instance = undefined
    instance.closeSync()
  }
}
