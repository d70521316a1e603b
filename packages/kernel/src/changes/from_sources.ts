/**
 * What the sources have becomes the current generation, as far as it can be used: at a start, and whenever they are looked
 * at again. What is chosen is for others; what does not start, or does not take over what the version before hands it, is
 * not chosen again where there is another in its place: the version of before goes on, and so do the others.
 */
import type { StoredGeneration } from '../generation_journal.ts'
import { ModuleFailure } from '../host.ts'
import type { Problem } from '../problem.ts'
import type { Receipt } from '../receipt.ts'
import type { Slot } from '../slot.ts'
import type { Candidate, Prepared, Staged } from '../stage.ts'
import type { ChangeParts } from './change_parts.ts'
import type { Commits } from './commits.ts'
import { HandOverFailure } from './hand_over.ts'
import { lineOf, linesOf, type Staging, type Work } from './staging.ts'
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

/** What there is to choose from. */
export interface Offers {
  /** Chooses anew, without what is refused. Rejects with `ModuleFailure`. */
  choose(refused: readonly Refused[]): Promise<readonly Prepared[]>
  /** Whether something else could take the place of what was chosen last. */
  hasOther(chosen: Prepared): boolean
}

export class FromSources {
  readonly #parts: ChangeParts
  readonly #staging: Staging
  readonly #commits: Commits

  constructor(parts: ChangeParts, { staging, commits }: { staging: Staging; commits: Commits }) {
    this.#parts = parts
    this.#staging = staging
    this.#commits = commits
  }

  async take(offers: Offers, refused: readonly Refused[] = []): Promise<Taken> {
    const ms = new Stopwatch(this.#parts.clock, this.#parts.stepped)
    const before = this.#parts.journal.current()
    const choice = { chosen: await offers.choose(refused), refused }
    ms.lap('verify')
    const work: Work<Taken> = async (slots, problems, kept) => {
      ms.lap('stage')
      const receipt = await this.#takeUp({ slots, kept, before }, ms)
      return { receipt, problems }
    }
    try {
      return await this.#staging.up(this.#lined(choice.chosen, before), before, work, async (staged) =>
        (await this.#chooseInstead(staged, choice, offers)) ? this.#lined(choice.chosen, before) : undefined,
      )
    } catch (error) {
      const failed = choice.chosen.find(
        ({ candidate: { id } }) => error instanceof HandOverFailure && error.module === id,
      )
      if (!failed || failed.candidate.stored || !(error instanceof Error)) throw error
      return this.take(offers, [...choice.refused, refusal(failed, error.message)])
    }
  }

  /** Whether something else was chosen in the place of what did not start. */
  async #chooseInstead(staged: Staged, choice: LastChoice, offers: Offers): Promise<boolean> {
    const failed = new Map<Prepared, Refused>()
    for (const [id, suspects] of staged.failed) {
      const chosen = suspects.flatMap(
        (each) => choice.chosen.find(({ candidate }) => candidate.id === each) ?? [],
      )
      const first = chosen.find((parts) => !parts.candidate.stored && offers.hasOther(parts))
      if (first) failed.set(first, refusal(first, staged.problems.get(id)?.[0]?.message ?? ''))
    }
    if (failed.size === 0) return false
    const refused = [...choice.refused, ...failed.values()]
    try {
      choice.chosen = await offers.choose(refused)
      choice.refused = refused
      return true
    } catch (error) {
      // At a start the others begin without it; what is live stays as it is.
      if (!(error instanceof ModuleFailure) || this.#parts.lineage.current.number > 0) throw error
      return false
    }
  }

  #lined(chosen: readonly Prepared[], before: StoredGeneration | undefined): readonly Prepared[] {
    const lined = this.#staging.lined(
      chosen.map(({ candidate }) => candidate),
      before,
    )
    return chosen.map((parts, index) => ({ ...parts, candidate: lined[index] ?? parts.candidate }))
  }

  async #takeUp({ slots, kept, before }: Up, ms: Stopwatch): Promise<Receipt | undefined> {
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

/** What was chosen last, and what had been refused by then. */
interface LastChoice {
  chosen: readonly Prepared[]
  refused: readonly Refused[]
}

function refusal({ candidate }: Prepared, message: string): Refused {
  return { candidate, problem: candidate.problemAt('/entry_points/main', message) }
}

interface Up {
  readonly slots: readonly Slot[]
  readonly kept: readonly Prepared[]
  readonly before: StoredGeneration | undefined
}
