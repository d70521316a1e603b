/**
 * What changes have left behind: slots that nobody sees any more finish what they have under way and are torn down. Once
 * all of one change has left, its receipt is complete.
 */
import type { Clock } from '@nexus/sdk'
import type { Fleet } from '../fleet.ts'
import type { GenerationJournal } from '../generation_journal.ts'
import type { Lineage } from '../lineage.ts'
import type { Receipt } from '../receipt.ts'
import type { Slot } from '../slot.ts'
import { round } from './stopwatch.ts'

/** How long the generation before stays up, so that going back to it is a flip. */
const warmMs = 10_000

export class Draining {
  readonly #parts: { journal: GenerationJournal; lineage: Lineage; fleet: Fleet; clock: Clock }
  #changes: { receipt: Receipt; readonly waits: Set<Slot>; readonly since: number }[] = []
  #settled: PromiseWithResolvers<void> | undefined
  #stopWarmth = (): void => {}
  #closed = false
  #paused = false

  constructor(parts: { journal: GenerationJournal; lineage: Lineage; fleet: Fleet; clock: Clock }) {
    this.#parts = parts
  }

  /** A change is live: what it leaves behind is waited for. */
  after(receipt: Receipt): void {
    const { fleet, lineage, clock } = this.#parts
    const stay = new Set(lineage.current.slots.values())
    const waitedFor = (slot: Slot): boolean => this.#changes.some(({ waits }) => waits.has(slot))
    const leaving = fleet.slots.filter((slot) => !stay.has(slot) && !waitedFor(slot))
    this.#changes.push({ receipt, waits: new Set(leaving), since: clock.elapsed() })
    this.#coolDownLater()
    this.drain()
    this.#finish()
  }

  #coolDownLater(): void {
    const { clock, lineage } = this.#parts
    this.#stopWarmth()
    this.#stopWarmth = clock.timer(warmMs, () => {
      lineage.coolDown()
      this.drain()
    })
  }

  /** Lets go of nothing meanwhile: what a change is staging is seen by nobody yet. */
  async pausedFor<T>(work: () => Promise<T>): Promise<T> {
    this.#paused = true
    try {
      return await work()
    } finally {
      this.#paused = false
      this.drain()
    }
  }

  /** Lets go of what nobody sees any more. */
  drain(): void {
    if (this.#closed || this.#paused) return
    const { fleet, lineage } = this.#parts
    fleet.retire(
      () => lineage.needed(),
      ({ slot, report }) => {
        for (const change of this.#changes) {
          if (!change.waits.delete(slot)) continue
          const { handlesLeft = 0, problems = [] } = report ?? {}
          const { receipt } = change
          change.receipt = {
            ...receipt,
            handles_left: receipt.handles_left + handlesLeft,
            problems: [...receipt.problems, ...problems],
          }
        }
        this.#finish()
      },
    )
  }

  /** Completes the receipts of changes that have nothing left to wait for. */
  #finish(): void {
    if (this.#closed) return
    const { journal, clock } = this.#parts
    for (const { receipt, waits, since } of this.#changes) {
      if (waits.size > 0) continue
      journal.receipt({ ...receipt, ms: { ...receipt.ms, drain: round(clock.elapsed() - since) } })
    }
    this.#changes = this.#changes.filter(({ waits }) => waits.size > 0)
    if (this.#changes.length === 0) this.#settled?.resolve()
  }

  /** Resolves when nothing is waited for any more; what is still warm leaves at once. */
  async settled(): Promise<void> {
    this.#stopWarmth()
    this.#parts.lineage.coolDown()
    this.drain()
    if (this.#changes.length === 0) return
    this.#settled ??= Promise.withResolvers<void>()
    await this.#settled.promise
    this.#settled = undefined
  }

  close(): void {
    this.#closed = true
    this.#stopWarmth()
  }
}
