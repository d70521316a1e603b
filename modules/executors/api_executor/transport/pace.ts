/** Tells a service that sends, but next to nothing: whoever waits for it would wait for as long as it likes. */
import type { Clock } from '@nexus/sdk'

export interface PaceLimits {
  /** 0: any pace will do. */
  readonly slowBytesPerSecond: number
  readonly slowWindowMs: number
}

/** A service that sends nothing at all is the body timeout's: this looks only when something comes. */
export class Pace {
  readonly #limits: PaceLimits
  readonly #clock: Clock
  #sinceMs: number
  #bytes = 0

  constructor(limits: PaceLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
    this.#sinceMs = clock.elapsed()
  }

  /** Whether it was too slow for a whole window that ends with these bytes. */
  isTooSlow(bytes: number): boolean {
    this.#bytes += bytes
    const { slowBytesPerSecond, slowWindowMs } = this.#limits
    const durationMs = this.#clock.elapsed() - this.#sinceMs
    if (durationMs < slowWindowMs) return false
    const isTooSlow = this.#bytes * 1000 < slowBytesPerSecond * durationMs
    this.restart()
    return isTooSlow
  }

  /** While we ourselves do not read, a service cannot send. */
  restart(): void {
    this.#sinceMs = this.#clock.elapsed()
    this.#bytes = 0
  }
}
