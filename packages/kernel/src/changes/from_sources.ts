/**
 * What the sources have becomes the current generation, as far as it can be used: at a start, and whenever they are looked
 * at again. What is chosen is for others; what does not take over what the version before hands it is not chosen again.
 */
import type { StoredGeneration } from '../generation_journal.ts'
import type { Problem } from '../problem.ts'
import type { Receipt } from '../receipt.ts'
import type { Slot } from '../slot.ts'
import type { Candidate, Prepared } from '../stage.ts'
import type { ChangeParts } from './change_parts.ts'
import type { Commits } from './commits.ts'
import { HandOverFailure } from './hand_over.ts'
import { lineOf, linesOf, type Staging } from './staging.ts'
import { Stopwatch } from './stopwatch.ts'
import { insteadOf, sameModules, storedModule } from './stored_modules.ts'

export type Problems = ReadonlyMap<string, readonly Problem[]>

export interface Taken {
  /** Undefined where nothing has changed. */
  readonly receipt: Receipt | undefined
  /** What kept modules from starting, by id. */
  readonly problems: Problems
}

/** What turned out not to be usable after it was chosen. */
export interface Refused {
  readonly candidate: Candidate
  readonly problem: Problem
}

/** Chooses anew, without what is refused. */
export type Choose = (refused: readonly Refused[]) => Promise<readonly Prepared[]>

export class FromSources {
  readonly #parts: ChangeParts
  readonly #staging: Staging
  readonly #commits: Commits

  constructor(parts: ChangeParts, { staging, commits }: { staging: Staging; commits: Commits }) {
    this.#parts = parts
    this.#staging = staging
    this.#commits = commits
  }

  async take(choose: Choose, refused: readonly Refused[] = []): Promise<Taken> {
    const ms = new Stopwatch(this.#parts.clock, this.#parts.stepped)
    const before = this.#parts.journal.current()
    const chosen = await choose(refused)
    const kept = this.#lined(chosen, before)
    ms.lap('verify')
    try {
      return await this.#staging.up(kept, before, async (slots, problems) => {
        ms.lap('stage')
        const receipt = await this.#takeStaged({ slots, kept, before }, ms)
        return { receipt, problems }
      })
    } catch (error) {
      const failed = chosen.find(
        ({ candidate: { id } }) => error instanceof HandOverFailure && error.module === id,
      )
      if (!failed || failed.candidate.stored || !(error instanceof Error)) throw error
      const { candidate } = failed
      const problem = candidate.problemAt('/entry_points/main', error.message)
      return this.take(choose, [...refused, { candidate, problem }])
    }
  }

  #lined(chosen: readonly Prepared[], before: StoredGeneration | undefined): readonly Prepared[] {
    const lined = this.#staging.lined(
      chosen.map(({ candidate }) => candidate),
      before,
    )
    return chosen.map((parts, index) => ({ ...parts, candidate: lined[index] ?? parts.candidate }))
  }

  async #takeStaged({ slots, kept, before }: Staged, ms: Stopwatch): Promise<Receipt | undefined> {
    const { lineage } = this.#parts
    const handed = await this.#staging.handOver(slots, before)
    const lines = linesOf(slots, handed)
    const prepared = kept.filter(({ candidate }) => lines.has(candidate.id))
    const modules = Object.fromEntries(
      prepared.map((parts) => [
        parts.candidate.id,
        storedModule(parts, { ...insteadOf(parts, before), ...lineOf(parts, lines) }),
      ]),
    )
    if (before && sameModules(before.modules, modules)) {
      handed.release()
      if (lineage.current.number !== before.number) lineage.become(before.number, slots, { warm: false })
      return undefined
    }
    const fresh = this.#staging.newAmong(slots)
    return this.#commits.commit({ slots, handed, fresh, modules, removed: before?.removed ?? {} }, ms)
  }
}

interface Staged {
  readonly slots: readonly Slot[]
  readonly kept: readonly Prepared[]
  readonly before: StoredGeneration | undefined
}
