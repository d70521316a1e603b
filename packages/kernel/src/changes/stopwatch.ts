/** How long each step of a change takes. */
import type { Clock } from '@nexus/sdk'
import type { Step } from '../receipt.ts'

/** Milliseconds between the laps, by their names. */
export class Stopwatch {
  readonly laps: Partial<Record<Step, number>> = {}
  readonly #clock: Clock
  #last: number

  readonly #stepped: (step: Step) => void

  constructor(clock: Clock, stepped: (step: Step) => void) {
    this.#clock = clock
    this.#stepped = stepped
    this.#last = clock.elapsed()
  }

  lap(step: Step): void {
    const now = this.#clock.elapsed()
    this.laps[step] = round(now - this.#last)
    this.#last = now
    this.#stepped(step)
  }
}

export function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000
}
