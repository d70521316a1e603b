/**
 * The processes of DuckDB, for all of its databases and files together: one that has done its call is kept for the next
 * for a while, since loading the library is most of what a query costs. Nothing of a call is left in it.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '@nexus/sdk'
import type { Watchdog } from '@nexus/sdk/process'
import { EngineChild } from '../process/child.ts'
import { DuckdbServer } from './server.ts'

export interface DuckdbProcess {
  readonly child: EngineChild
  /** A folder of its own, which is gone with it. */
  readonly folder: string
}

export interface ProcessesOptions {
  readonly clock: Clock
  readonly watchdog: Watchdog
}

export interface ProcessLimits {
  readonly memoryMb: number
  readonly idleMs: number
}

const sparesMax = 4

interface Spare extends DuckdbProcess {
  readonly memoryMb: number
  readonly stopTimer: () => void
}

export class DuckdbProcesses {
  readonly #options: ProcessesOptions
  #spares: Spare[] = []
  readonly #ending = new Set<Promise<void>>()
  #isClosed = false

  constructor(options: ProcessesOptions) {
    this.#options = options
  }

  async take({ memoryMb }: ProcessLimits): Promise<DuckdbProcess> {
    const spare = this.#spares.findLast((each) => each.memoryMb === memoryMb && each.child.isAlive())
    if (spare === undefined) return this.#start(memoryMb)
    this.#remove(spare)
    return spare
  }

  /** Takes back one whose call is over, and that does nothing. */
  async give({ child, folder }: DuckdbProcess, { memoryMb, idleMs }: ProcessLimits): Promise<void> {
    if (this.#isClosed || !child.isAlive() || this.#spares.length >= sparesMax)
      return this.end({ child, folder })
    const stopTimer = this.#options.clock.timer(idleMs, () => {
      this.#remove(spare)
      void this.end(spare)
    })
    const spare = { child, folder, memoryMb, stopTimer }
    this.#spares.push(spare)
  }

  /** Kills one, whatever it does, and removes what it left. */
  end({ child, folder }: DuckdbProcess): Promise<void> {
    const ending = child
      .end()
      .then(() => rm(folder, { recursive: true, force: true }))
      .finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
    return ending
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const spares = this.#spares
    this.#spares = []
    for (const spare of spares) {
      spare.stopTimer()
      void this.end(spare)
    }
    await Promise.all(this.#ending)
  }

  #remove(spare: Spare): void {
    spare.stopTimer()
    this.#spares = this.#spares.filter((each) => each !== spare)
  }

  async #start(memoryMb: number): Promise<DuckdbProcess> {
    const library = createRequire(import.meta.url).resolve('@duckdb/node-api')
    const folder = await mkdtemp(join(tmpdir(), 'nexus-duckdb-'))
    const child = new EngineChild({
      program: `new (${DuckdbServer.toString()})(() => require(${JSON.stringify(library)}))`,
      // The library is native code, which Node's permissions do not bound; DuckDB's own settings do.
      rights: ['--allow-addons', '--allow-fs-read=*'],
      memoryMb,
      ...this.#options,
    })
    return { child, folder }
  }
}
