/**
 * The error budget of a change: for a while after it is live, the errors of what came in are counted. Errors are those of
 * the module itself (it threw, gave no result, its process ended, it did not start), not the faults that it tells of the
 * world. What breaches the budget is told once.
 */
import type { Clock } from '@nexus/sdk'
import type { Slot } from '../slot.ts'
import { warmMs } from './draining.ts'

export interface ErrorBudget {
  /** How long errors are counted, from the moment that the change is live. At most as long as going back is a flip. */
  readonly ms: number
  /** So many errors breach it… */
  readonly errors: number
  /** …where they are at least this share of the tasks that ended meanwhile, from 0 to 1. */
  readonly ratio: number
}

export const defaultBudget: ErrorBudget = { ms: warmMs, errors: 5, ratio: 0.2 }

export class Watching {
  readonly #clock: Clock
  readonly #watches = new Set<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `breached` is called at most once, with the slot and why. */
  begin(slots: readonly Slot[], budget: ErrorBudget, breached: (slot: Slot, why: string) => void): void {
    const stops: (() => void)[] = []
    const stop = (): void => {
      this.#watches.delete(stop)
      for (const each of stops) each()
    }
    stops.push(this.#clock.timer(budget.ms, stop))
    for (const slot of slots) {
      const before = slot.tally
      stops.push(
        slot.onError((message) => {
          const errors = slot.tally.errors - before.errors
          const ended = slot.tally.ended - before.ended
          if (errors < budget.errors || errors < budget.ratio * ended) return
          stop()
          breached(slot, `${errors} of its first ${ended} tasks ended by an error of its own: ${message}`)
        }),
      )
    }
    this.#watches.add(stop)
  }

  close(): void {
    for (const stop of this.#watches) stop()
  }
}
