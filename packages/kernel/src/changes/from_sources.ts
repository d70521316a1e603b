/**
 * What the sources have becomes the current generation, as far as it can be used: at a start, and whenever they are looked
 * at again. What cannot be used leaves the version of before where it is.
 */
import type { StoredGeneration } from '../generation_journal.ts'
import { storedCandidate } from '../lineage.ts'
import type { Problem } from '../problem.ts'
import type { Receipt } from '../receipt.ts'
import type { Slot } from '../slot.ts'
import { prepare, type Candidate, type Prepared } from '../stage.ts'
import type { ChangeParts } from './change_parts.ts'
import type { Commits } from './commits.ts'
import { HandOverFailure } from './hand_over.ts'
import { lineOf, linesOf, type Staging } from './staging.ts'
import { Stopwatch } from './stopwatch.ts'
import { insteadOf, sameModules, staysOut, storedModule } from './stored_modules.ts'

export type Problems = ReadonlyMap<string, readonly Problem[]>

export interface Taken {
  /** Undefined where nothing has changed. */
  readonly receipt: Receipt | undefined
  readonly problems: Problems
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

  /** `refused`: what of the sources cannot be used, as is known already. */
  async take(candidates: readonly Candidate[], refused: Problems = new Map()): Promise<Taken> {
    const ms = new Stopwatch(this.#parts.clock, this.#parts.stepped)
    const before = this.#parts.journal.current()
    const offered = await prepare(this.#staging.lined(candidates, before), this.#staging.with())
    const taken = offered.prepared.filter((parts) => !staysOut(parts, before))
    const found = new Map([...offered.problems, ...refused])
    const kept = await this.#keptInstead(taken, found, before)
    ms.lap('verify')
    try {
      return await this.#staging.up(kept, before, async (slots, problems) => {
        ms.lap('stage')
        const receipt = await this.#takeStaged({ slots, kept, before }, ms)
        return { receipt, problems: new Map([...found, ...problems]) }
      })
    } catch (error) {
      const failed = candidates.find(({ id }) => error instanceof HandOverFailure && error.module === id)
      if (!failed || !(error instanceof Error)) throw error
      const others = candidates.filter((candidate) => candidate !== failed)
      const problem = failed.problemAt('/entry_points/main', error.message)
      return this.take(others, new Map([...refused, [failed.id, [problem]]]))
    }
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

  /**
   * In the place of what the sources offer: what was chosen instead of exactly that, and what served before where that
   * cannot be used any more.
   */
  async #keptInstead(
    offered: readonly Prepared[],
    problems: Problems,
    before: StoredGeneration | undefined,
  ): Promise<readonly Prepared[]> {
    const stays = (parts: Prepared): boolean =>
      before?.modules[parts.candidate.id]?.instead_of === parts.artifact.digest
    const there = new Set([...offered.map(({ candidate }) => candidate.id), ...problems.keys()])
    const brought = Object.keys(before?.modules ?? {}).filter(
      (id) => before?.modules[id]?.instead_of === '' && !there.has(id),
    )
    const chosen = offered.filter(stays).map(({ candidate }) => candidate.id)
    const wanted = [...chosen, ...brought, ...problems.keys()]
    const stored = wanted.flatMap((id) => {
      const module = before?.modules[id]
      return module ? [storedCandidate(module)] : []
    })
    const { prepared } = await prepare(stored, this.#parts.staging)
    for (const { candidate } of prepared) {
      if (!problems.has(candidate.id)) continue
      const { id, manifest } = candidate
      this.#parts.log.warn(
        `What is in the folder of "${id}" cannot be used; version ${manifest.version} of before goes on.`,
      )
    }
    const instead = new Set(prepared.map(({ candidate }) => candidate.id))
    return [...offered.filter(({ candidate }) => !instead.has(candidate.id)), ...prepared]
  }
}

interface Staged {
  readonly slots: readonly Slot[]
  readonly kept: readonly Prepared[]
  readonly before: StoredGeneration | undefined
}
