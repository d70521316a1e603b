/**
 * When a request ends, whatever it is doing: when its call ends, or when its time is up. It is what a signal joined of
 * two would be, at a fraction of the cost: one is made only for those who wait.
 */
import type { Clock } from '@nexus/sdk'

export class Deadline {
  readonly #signal: AbortSignal
  readonly #stopTimer: () => void
  #late: Error | undefined
  #end: ((reason: Error) => void) | undefined

  /** Whoever makes one stops it. */
  constructor(signal: AbortSignal, time: { clock: Clock; leftMs: number; fault: () => Error }) {
    this.#signal = signal
    this.#stopTimer = time.clock.timer(time.leftMs, () => {
      this.#late = time.fault()
      this.#end?.(this.#late)
    })
  }

  /** Why it has ended; undefined where it has not. */
  get reason(): Error | undefined {
    return this.#late ?? (this.#signal.aborted ? (this.#signal.reason as Error) : undefined)
  }

  /** Calls `end` with the reason, once, at once where it has ended already; the function that comes back calls it off. */
  watch(end: (reason: Error) => void): () => void {
    if (this.reason) {
      end(this.reason)
      return () => undefined
    }
    const abort = (): void => end(this.#signal.reason as Error)
    this.#signal.addEventListener('abort', abort)
    this.#end = end
    return () => {
      this.#signal.removeEventListener('abort', abort)
      this.#end = undefined
    }
  }

  /** Does something that waits on a signal. Nothing else watches meanwhile. */
  async during<Outcome>(wait: (signal: AbortSignal) => Promise<Outcome>): Promise<Outcome> {
    const controller = new AbortController()
    const unwatch = this.watch((reason) => controller.abort(reason))
    try {
      return await wait(controller.signal)
    } finally {
      unwatch()
    }
  }

  stop(): void {
    this.#stopTimer()
  }
}
