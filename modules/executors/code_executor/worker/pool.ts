/**
 * The workers of one box: as many at once as are allowed, one kept warm, and one that was killed replaced in the
 * background. It knows nothing of scripts; whoever uses a worker says by its end whether it can be used again.
 */
import { Cancelled, type Clock } from '@nexus/sdk'
import type { Worker } from './worker.ts'

export interface PoolOptions {
  readonly start: () => Promise<Worker>
  readonly sizeMax: number
  readonly clock: Clock
}

/** A worker that nobody wanted for so long ends, all but the last. */
const idleMsMax = 60_000
/** What a worker has held of memory is given back to the machine at the latest then. */
const usesMax = 500

export class WorkerPool {
  readonly #options: PoolOptions
  readonly #idle: { worker: Worker; stopTimer: () => void }[] = []
  readonly #waiting: (() => void)[] = []
  readonly #alive = new Set<Worker>()
  readonly #uses = new WeakMap<Worker, number>()
  readonly #background = new Set<Promise<unknown>>()
  #busy = 0
  #isStopped = false

  constructor(options: PoolOptions) {
    this.#options = options
  }

  /**
   * Runs `work` with a worker that nobody else has meanwhile. Waits for one, in turn, where as many as are allowed are at
   * work. `startOwn` starts one for this work alone, which has to be for a single use.
   */
  async use<Result>(
    signal: AbortSignal,
    work: (worker: Worker) => Promise<Result>,
    startOwn?: () => Promise<Worker>,
  ): Promise<Result> {
    await this.#turn(signal)
    let worker: Worker | undefined
    try {
      worker = startOwn ? await this.#start(startOwn) : (this.#take() ?? (await this.#start()))
      signal.throwIfAborted()
      worker.wake()
      return await work(worker)
    } finally {
      this.#busy--
      if (worker) this.#giveBack(worker)
      this.#waiting.shift()?.()
    }
  }

  /** Starts the one that is kept warm, where there is none. A failure shows when a worker is next wanted. */
  warm(): void {
    if (this.#isStopped || this.#idle.length > 0) return
    const starting: Promise<unknown> = this.#start().then(
      (worker) => this.#keep(worker),
      () => undefined,
    )
    this.#background.add(starting)
    void starting.finally(() => this.#background.delete(starting))
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    for (const { stopTimer } of this.#idle.splice(0)) stopTimer()
    for (const next of this.#waiting.splice(0)) next()
    await Promise.all([...this.#alive].map((worker) => worker.end()))
    await Promise.all(this.#background)
    await Promise.all([...this.#alive].map((worker) => worker.end()))
  }

  async #turn(signal: AbortSignal): Promise<void> {
    while (!this.#isStopped && !signal.aborted && this.#busy >= this.#options.sizeMax) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiting.push(resolve)
      const abort = (): void => resolve()
      signal.addEventListener('abort', abort, { once: true })
      await promise
      signal.removeEventListener('abort', abort)
      const at = this.#waiting.indexOf(resolve)
      if (at >= 0) this.#waiting.splice(at, 1)
    }
    if (this.#isStopped) throw new Cancelled('The module that runs scripts was stopped.')
    if (signal.aborted) this.#waiting.shift()?.()
    signal.throwIfAborted()
    this.#busy++
  }

  #take(): Worker | undefined {
    for (let next = this.#idle.pop(); next; next = this.#idle.pop()) {
      next.stopTimer()
      if (next.worker.isAlive) return next.worker
    }
    return undefined
  }

  async #start(start = this.#options.start): Promise<Worker> {
    const worker = await start()
    this.#alive.add(worker)
    void worker.gone.then(() => this.#alive.delete(worker))
    if (this.#isStopped) {
      await worker.end()
      throw new Cancelled('The module that runs scripts was stopped.')
    }
    return worker
  }

  #giveBack(worker: Worker): void {
    const uses = (this.#uses.get(worker) ?? 0) + 1
    this.#uses.set(worker, uses)
    if (worker.isAlive && !worker.isSingleUse && uses < usesMax && !this.#isStopped) return this.#keep(worker)
    worker.kill()
    this.warm()
  }

  #keep(worker: Worker): void {
    if (this.#isStopped) return worker.kill()
    worker.rest()
    const stopTimer = this.#options.clock.timer(idleMsMax, () => this.#retire(worker))
    this.#idle.push({ worker, stopTimer })
  }

  #retire(worker: Worker): void {
    const at = this.#idle.findIndex((idle) => idle.worker === worker)
    if (at < 0 || this.#idle.length === 1) return
    this.#idle.splice(at, 1)
    worker.kill()
  }
}
