/**
 * Whose turn it is. Tasks that wait for nothing follow each other without the event loop going round, and a run of
 * many of them would keep every timer, request and other run waiting. So each task asks first, and goes to the back of
 * the queue when the runs here have had their time. It owns no order: whoever asks in the meantime waits for the same turn.
 */
import type { Clock } from '@nexus/sdk'
import { setImmediate } from 'node:timers/promises'

/** How long the runs of a process may go on before everything else has its turn. */
const turnMsMax = 20

export class Turns {
  readonly #clock: Clock
  #began: number
  #next: Promise<void> | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#began = clock.elapsed()
  }

  /** What to wait for before going on; undefined where nothing else is due, which is nearly always. */
  giveWay(): Promise<void> | undefined {
    const isDue = this.#clock.elapsed() - this.#began >= turnMsMax
    if (isDue) this.#next ??= this.#turn()
    return this.#next
  }

  async #turn(): Promise<void> {
    await setImmediate()
    this.#began = this.#clock.elapsed()
    this.#next = undefined
  }
}
