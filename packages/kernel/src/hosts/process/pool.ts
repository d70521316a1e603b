/**
 * Processes before they have a module: one of the kind that was asked for last waits, started and greeted, so that the
 * next module of that kind starts in the time that loading takes. It starts and ends processes, and loads nothing.
 */
import type { Launch } from './launch.ts'
import { ModuleProcess, type ProcessServices } from './module_process.ts'

export interface PoolOptions extends ProcessServices {
  /** How many processes wait at most, over all kinds. */
  readonly sparesMax: number
}

export class Pool {
  readonly #options: PoolOptions
  /** By their launch's key, the longest unused first. */
  readonly #spares = new Map<string, ModuleProcess>()
  readonly #alive = new Set<ModuleProcess>()
  #closed = false

  constructor(options: PoolOptions) {
    this.#options = options
  }

  /** A process that has greeted: the spare of that kind, else a new one. Rejects with `ProcessEnded`. */
  async take(launch: Launch): Promise<ModuleProcess> {
    const spare = this.#spares.get(launch.key)
    this.#spares.delete(launch.key)
    const taken = spare?.ending === undefined ? (spare ?? this.#start(launch)) : this.#start(launch)
    await taken.ready
    return taken
  }

  /** Has a spare ready for the next one of that kind. */
  keepSpare(launch: Launch): void {
    const { sparesMax } = this.#options
    if (this.#closed || sparesMax === 0) return
    const kept = this.#spares.get(launch.key)
    this.#spares.delete(launch.key)
    this.#spares.set(
      launch.key,
      kept?.ending === undefined ? (kept ?? this.#start(launch)) : this.#start(launch),
    )
    for (const [key, oldest] of [...this.#spares].slice(0, -sparesMax)) {
      this.#spares.delete(key)
      void oldest.leave()
    }
  }

  /** Resolves when every process that came from here is gone. */
  async close(): Promise<void> {
    this.#closed = true
    this.#spares.clear()
    await Promise.all([...this.#alive].map((process) => process.leave()))
  }

  #start(launch: Launch): ModuleProcess {
    const process = new ModuleProcess(launch, this.#options)
    this.#alive.add(process)
    void process.gone.then(() => this.#alive.delete(process))
    return process
  }
}
