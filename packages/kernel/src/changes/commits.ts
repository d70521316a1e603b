/**
 * The commit of a change and what comes after it: the intention is written, one pointer flips, the receipt is written,
 * errors are counted for a while, and what has left is drained.
 */
import type { StoredGeneration } from '../generation_journal.ts'
import type { DrainPolicy, Receipt } from '../receipt.ts'
import type { Slot } from '../slot.ts'
import type { ChangeParts } from './change_parts.ts'
import { Draining } from './draining.ts'
import type { HandedOn } from './hand_over.ts'
import type { Stopwatch } from './stopwatch.ts'
import { changesBetween } from './stored_modules.ts'
import { defaultBudget, Watching, type ErrorBudget } from './watching.ts'

/** What the next generation is made of. */
export interface Next extends Pick<StoredGeneration, 'modules' | 'removed'> {
  readonly slots: readonly Slot[]
  readonly handed: HandedOn
  /** Those of the slots that have not served yet. */
  readonly fresh: readonly Slot[]
}

export interface CommitOptions {
  readonly drain?: DrainPolicy | undefined
  readonly watch?: ErrorBudget | false | undefined
  /** More that its receipt says. */
  readonly said?: Pick<Receipt, 'because' | 'replayed'>
}

export interface Flip extends Pick<Receipt, 'before' | 'changed'> {
  readonly number: number
  readonly slots: readonly Slot[]
}

export class Commits {
  readonly draining: Draining
  readonly #parts: ChangeParts
  readonly #watching: Watching
  readonly #undo: (receipt: Receipt, because: string) => Promise<unknown>

  /** `undo` takes a change back whose errors breach its budget. */
  constructor(parts: ChangeParts, undo: (receipt: Receipt, because: string) => Promise<unknown>) {
    this.#parts = parts
    this.draining = new Draining(parts)
    this.#watching = new Watching(parts.clock)
    this.#undo = undo
  }

  /** Writes the intention, then flips. */
  commit(
    { slots, handed, fresh, modules, removed }: Next,
    ms: Stopwatch,
    options: CommitOptions = {},
  ): Receipt {
    const { journal, fleet, clock } = this.#parts
    const before = journal.current()
    const number = journal.last() + 1
    journal.commit({ number, at: clock.now(), modules, removed }, handed.states)
    for (const [slot, line] of handed.lines) fleet.move(slot, line)
    const changed = changesBetween(before?.modules ?? {}, modules)
    const receipt = this.flip({ number, slots, before: before?.number ?? 0, changed }, ms, options)
    handed.release()
    if (before && options.watch !== false) this.#watch(fresh, receipt, options.watch)
    return receipt
  }

  /** What is committed serves from now on. */
  flip(
    { number, slots, before, changed }: Flip,
    ms: Stopwatch,
    { drain, said }: CommitOptions = {},
  ): Receipt {
    const { journal, lineage, clock } = this.#parts
    ms.lap('commit')
    lineage.become(number, slots, { warm: before > 0 })
    ms.lap('flip')
    const receipt: Receipt = {
      number: journal.lastReceipt() + 1,
      generation: number,
      before,
      at: clock.now(),
      changed,
      ms: ms.laps,
      runs: this.#runsNow(changed),
      ...said,
      handles_left: 0,
      problems: [],
    }
    journal.receipt(receipt)
    this.draining.after(receipt, drain)
    return receipt
  }

  /** What breaches the budget of errors is taken back. */
  #watch(slots: readonly Slot[], receipt: Receipt, budget = defaultBudget): void {
    const { log } = this.#parts
    this.#watching.begin(slots, budget, ({ manifest: { id, version } }, why) => {
      const because = `${id} ${version} was taken back: ${why}`
      log.error(because, { module: id })
      this.#undo(receipt, because).catch((error: unknown) =>
        log.error(`${id} ${version} could not be taken back: ${String(error)}`, { module: id }),
      )
    })
  }

  /** Who keeps an older version of something that has changed. */
  #runsNow(changed: Receipt['changed']): Receipt['runs'] {
    const { lineage } = this.#parts
    const { holders, current } = lineage
    let pinned = 0
    for (const generation of holders.generations) {
      const sees = lineage.slotsFor(generation)
      const keeps = changed.some(({ id }) => sees.get(id) !== current.slots.get(id))
      if (keeps) pinned += holders.runsOf(generation).length
    }
    return { pinned, followed: holders.size - pinned }
  }

  async close(): Promise<void> {
    this.#watching.close()
    await this.draining.close()
  }
}
