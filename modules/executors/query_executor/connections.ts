/**
 * The drivers that are open, one for each target: made when first asked for, closed with the module. Those that
 * documents describe themselves are bounded, and the one that nobody has used for longest goes first. A driver's
 * library is imported when it is first needed, so that who never queries never pays for it.
 */
import { TaskFault, type Clock } from '@nexus/sdk'
import { Watchdog } from '@nexus/sdk/process'
import type { Driver } from './driver.ts'
import type { DuckdbProcesses } from './drivers/duckdb/processes.ts'
import { serverDriver } from './drivers/server.ts'
import type { Reach } from './network.ts'
import type { Settings } from './settings.ts'
import { mysqlDialect, postgresDialect } from './sql/dialect.ts'
import type { Target } from './target.ts'

const driversMax = 64

export class Connections {
  readonly #clock: Clock
  readonly #watchdog = new Watchdog()
  readonly #drivers = new Map<string, Promise<Driver>>()
  #processes: Promise<DuckdbProcesses> | undefined
  #isClosed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  async driverFor(target: Target, settings: Settings, reach: Reach): Promise<Driver> {
    if (this.#isClosed) throw TaskFault.of('runtime', 'query_executor is stopped and takes no more queries.')
    const key = `${reach} ${target.key}`
    const driver = this.#drivers.get(key) ?? this.#make(target, settings, reach)
    // The newest stands last.
    this.#drivers.delete(key)
    this.#drivers.set(key, driver)
    driver.catch(() => this.#drivers.delete(key))
    await this.#makeRoom(driver)
    return driver
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const drivers = [...this.#drivers.values()]
    this.#drivers.clear()
    await Promise.all(drivers.map(async (driver) => (await driver.catch(() => undefined))?.close()))
    await (await this.#processes)?.close()
    await this.#watchdog.stop()
  }

  async #makeRoom(keep: Promise<Driver>): Promise<void> {
    for (const [key, open] of this.#drivers) {
      if (this.#drivers.size <= driversMax) return
      const driver = open === keep ? undefined : await open.catch(() => undefined)
      if (driver?.isBusy() !== false) continue
      this.#drivers.delete(key)
      await driver.close()
    }
  }

  #duckdb(): Promise<DuckdbProcesses> {
    this.#processes ??= import('./drivers/duckdb/processes.ts').then(
      ({ DuckdbProcesses }) => new DuckdbProcesses({ clock: this.#clock, watchdog: this.#watchdog }),
    )
    return this.#processes
  }

  async #make(target: Target, settings: Settings, reach: Reach): Promise<Driver> {
    const limits = { ...settings.pool, sizeMax: target.poolMax }
    const shared = { clock: this.#clock, limits, reach, watchdog: this.#watchdog }
    switch (target.driver) {
      case 'sqlite':
        return (await import('./drivers/sqlite.ts')).sqliteDriver(target, shared)
      case 'postgres':
        return serverDriver(target, shared, {
          dialect: postgresDialect,
          open: (await import('./drivers/postgres/connection.ts')).openPostgres,
        })
      case 'mysql':
        return serverDriver(target, shared, {
          dialect: mysqlDialect,
          open: (await import('./drivers/mysql/connection.ts')).openMysql,
        })
      case 'duckdb':
      case 'files':
        return (await import('./drivers/duckdb.ts')).duckdbDriver(target, {
          ...shared,
          processes: await this.#duckdb(),
          settings: settings.duckdb,
        })
    }
  }
}
