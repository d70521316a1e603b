/**
 * What changes have left behind: slots that nobody sees any more finish what they have under way and are torn down. Once
 * all of one change has left, its receipt is complete. What becomes of the runs that still use something at the deadline
 * of a change is the policy that it came with; nothing is ended that the receipt does not name.
 */
import type { Clock, Log } from '@nexus/sdk'
import type { Fleet, Retired } from '../fleet.ts'
import type { GenerationJournal } from '../generation_journal.ts'
import type { Lineage } from '../lineage.ts'
import type { DrainPolicy, DrainReport, Receipt } from '../receipt.ts'
import type { Slot } from '../slot.ts'
import type { RunControl } from './run_control.ts'
import { round } from './stopwatch.ts'

/** How long the generation before stays up, so that going back to it is a flip. */
export const warmMs = 10_000

export interface DrainingParts {
  readonly journal: GenerationJournal
  readonly lineage: Lineage
  readonly fleet: Fleet
  readonly clock: Clock
  readonly log: Log
  readonly runs: RunControl | undefined
}

/** A change that is live, and what it waits for. */
interface Left {
  receipt: Receipt
  readonly waits: Set<Slot>
  readonly since: number
  readonly stopTimer: () => void
}

export class Draining {
  readonly #parts: DrainingParts
  readonly #changes = new Set<Left>()
  /** Deadlines that are being acted on. */
  readonly #acting = new Set<Promise<void>>()
  #settled: PromiseWithResolvers<void> | undefined
  #stopWarmth = (): void => {}
  #closed = false
  #paused = false

  constructor(parts: DrainingParts) {
    this.#parts = parts
  }

  /** A change is live: what it leaves behind is waited for. */
  after(receipt: Receipt, policy?: DrainPolicy): void {
    const { fleet, lineage, clock } = this.#parts
    const stay = new Set(lineage.current.slots.values())
    const waitedFor = (slot: Slot): boolean => [...this.#changes].some(({ waits }) => waits.has(slot))
    const waits = new Set(fleet.slots.filter((slot) => !stay.has(slot) && !waitedFor(slot)))
    const left: Left = {
      receipt,
      waits,
      since: clock.elapsed(),
      stopTimer: policy ? clock.timer(policy.deadline_ms, () => this.#act(left, policy)) : () => {},
    }
    this.#changes.add(left)
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

  #act(left: Left, policy: DrainPolicy): void {
    const acting = this.#atDeadline(left, policy).finally(() => {
      this.#acting.delete(acting)
      this.drain()
      this.#finish()
    })
    this.#acting.add(acting)
  }

  /** The deadline of a change is over: who still uses what has left is told, moved or cancelled. */
  async #atDeadline(left: Left, { policy, deadline_ms: deadlineMs }: DrainPolicy): Promise<void> {
    const { lineage, runs, log } = this.#parts
    const current = new Set(lineage.current.slots.values())
    const slots = new Set([...left.waits].filter((slot) => !current.has(slot)))
    const using = lineage.runsUsing(slots)
    if (using.length === 0) return
    const report = { policy, moved: [] as string[], cancelled: [] as string[], waiting: [] as string[] }
    if (policy === 'move') lineage.follow([...slots].map(({ manifest }) => manifest.id))
    for (const run of using) {
      const done = await this.#settle(run, policy, runs)
      report[done].push(run)
    }
    this.#note(left, report)
    const names = [...slots].map(({ manifest }) => `${manifest.id} ${manifest.version}`).join(', ')
    log.warn(`After ${deadlineMs} ms ${using.length} runs still used ${names}: ${wordsOf(report)}.`)
  }

  async #settle(
    run: string,
    policy: DrainPolicy['policy'],
    runs: RunControl | undefined,
  ): Promise<'moved' | 'cancelled' | 'waiting'> {
    if (policy === 'wait' || !runs) return 'waiting'
    try {
      await (policy === 'move' ? runs.move(run) : runs.cancel(run))
      return policy === 'move' ? 'moved' : 'cancelled'
    } catch (error) {
      this.#parts.log.error(`Run ${run} could not be told of a change of modules: ${String(error)}`)
      return 'waiting'
    }
  }

  #note(left: Left, drain: DrainReport): void {
    left.receipt = { ...left.receipt, drain }
    if (!this.#closed) this.#parts.journal.receipt(left.receipt)
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
      (retired) => this.#gone(retired),
    )
  }

  #gone({ slot, report }: Retired): void {
    for (const left of this.#changes) {
      if (!left.waits.delete(slot)) continue
      const { handlesLeft = 0, problems = [] } = report ?? {}
      const { receipt } = left
      left.receipt = {
        ...receipt,
        handles_left: receipt.handles_left + handlesLeft,
        problems: [...receipt.problems, ...problems],
      }
    }
    this.#finish()
  }

  /** Completes the receipts of changes that have nothing left to wait for. */
  #finish(): void {
    if (this.#closed) return
    const { journal, clock } = this.#parts
    for (const left of this.#changes) {
      if (left.waits.size > 0) continue
      const { receipt, since } = left
      left.stopTimer()
      this.#changes.delete(left)
      journal.receipt({ ...receipt, ms: { ...receipt.ms, drain: round(clock.elapsed() - since) } })
    }
    if (this.#changes.size === 0) this.#settled?.resolve()
  }

  /** Resolves when nothing is waited for any more; what is still warm leaves at once. */
  async settled(): Promise<void> {
    this.#stopWarmth()
    this.#parts.lineage.coolDown()
    this.drain()
    if (this.#changes.size === 0) return
    this.#settled ??= Promise.withResolvers<void>()
    await this.#settled.promise
    this.#settled = undefined
  }

  /** No deadline is acted on any more; one that is being acted on is waited for. */
  async close(): Promise<void> {
    this.#closed = true
    this.#stopWarmth()
    for (const { stopTimer } of this.#changes) stopTimer()
    await Promise.allSettled(this.#acting)
  }
}

function wordsOf({ moved, cancelled, waiting }: DrainReport): string {
  const parts = [
    [moved, 'went over to what serves now'],
    [cancelled, 'were cancelled'],
    [waiting, 'are waited for'],
  ] as const
  return parts
    .filter(([runs]) => runs.length > 0)
    .map(([runs, what]) => `${runs.length} ${what}`)
    .join(', ')
}
