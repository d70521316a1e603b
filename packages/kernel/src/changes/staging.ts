/**
 * Brings what a generation is made of up beside what is live: with a copy of the state where a version begins a line of
 * its own, and stopped again where anything fails before the commit.
 */
import type { JsonObject } from '@nexus/sdk'
import { isDeepStrictEqual } from 'node:util'
import type { StoredGeneration, StoredModule } from '../generation_journal.ts'
import { storedCandidate } from '../lineage.ts'
import { follows } from '../module_pins.ts'
import type { Problem } from '../problem.ts'
import type { Slot } from '../slot.ts'
import { prepare, stage, type Candidate, type Prepared, type Staged, type StageOptions } from '../stage.ts'
import { lineKey } from '../state_line.ts'
import type { ChangeParts } from './change_parts.ts'
import { throwProblems } from './checks.ts'
import { handOver, type HandedOn } from './hand_over.ts'

/** What to bring up in the place of what was tried; undefined where it is as good as it gets. */
export type Instead = (staged: Staged) => Promise<readonly Prepared[] | undefined>

export type Work<T> = (
  slots: readonly Slot[],
  problems: ReadonlyMap<string, readonly Problem[]>,
  prepared: readonly Prepared[],
) => Promise<T>

export class Staging {
  readonly #parts: ChangeParts

  constructor(parts: ChangeParts) {
    this.#parts = parts
  }

  /** What changes gave comes before what this process was started with. */
  with(config: Readonly<Record<string, JsonObject>> = {}): StageOptions {
    const { staging, journal } = this.#parts
    const given = Object.entries(journal.current()?.modules ?? {}).flatMap(([id, module]) =>
      module.configured === undefined ? [] : [[id, module.configured] as const],
    )
    return { ...staging, config: { ...staging.config, ...Object.fromEntries(given), ...config } }
  }

  /** Each with the line of its state: that of the version before where runs in flight go over to it, else one of its own. */
  lined(
    candidates: readonly Candidate[],
    before: StoredGeneration | undefined,
    runs?: StoredModule['runs'],
  ): Candidate[] {
    const next = this.#parts.journal.last() + 1
    return candidates.map((candidate) => {
      const known = before?.modules[candidate.id]
      if (candidate.stored || !known) return candidate
      const { manifest } = candidate
      const goesOver = follows(known, { manifest, artifact: '', ...(runs !== undefined && { runs }) })
      return { ...candidate, line: goesOver ? (known.line ?? 0) : next }
    })
  }

  /** Rejects with `ModuleFailure` where one of them cannot be had any more. */
  async stored(modules: StoredGeneration['modules']): Promise<readonly Prepared[]> {
    const candidates = Object.values(modules).map(storedCandidate)
    const { prepared, problems } = await prepare(candidates, this.#parts.staging)
    throwProblems(problems)
    return prepared
  }

  /**
   * What is new starts beside what is live, then `work` is done with it. Where that fails, what had been started is
   * stopped again. Where something does not start, `instead` may have another try, for which the others stay up.
   */
  async up<T>(
    prepared: readonly Prepared[],
    before: StoredGeneration | undefined,
    work: Work<T>,
    instead: Instead = async () => undefined,
  ): Promise<T> {
    const { fleet, staging, journal } = this.#parts
    const up = new Set(fleet.slots)
    const begun = new Set<string>()
    try {
      const failures = new Failures()
      for (let trying = prepared; ;) {
        this.#beginLines(trying, before, begun)
        const staged = failures.after(trying, await stage(trying, staging))
        await this.#discardBut(new Set([...up, ...staged.slots]))
        const next = await instead(staged)
        if (next === undefined) return await work(staged.slots, staged.problems, trying)
        trying = failures.leftOutOf(next)
      }
    } catch (error) {
      await this.#discardBut(up)
      for (const key of begun) journal.dropState(key)
      throw error
    }
  }

  /** What a run in flight has started meanwhile stays as well. */
  async #discardBut(stay: ReadonlySet<Slot>): Promise<void> {
    const { fleet, lineage } = this.#parts
    const others = fleet.slots.filter((slot) => !stay.has(slot))
    if (others.length === 0) return
    const seen = lineage.needed()
    await fleet.discard(others.filter((slot) => !seen.has(slot)))
  }

  /** `begun`: the lines that have begun already; those of what is not tried any more are dropped. */
  #beginLines(prepared: readonly Prepared[], before: StoredGeneration | undefined, begun: Set<string>): void {
    const { journal } = this.#parts
    const wanted = new Map<string, string>()
    for (const { candidate } of prepared) {
      const { id, line = 0, stored } = candidate
      const known = before?.modules[id]
      if (known && !stored && line !== (known.line ?? 0))
        wanted.set(lineKey(id, line), lineKey(id, known.line))
    }
    for (const key of begun) if (!wanted.has(key) && begun.delete(key)) journal.dropState(key)
    for (const [key, from] of wanted) {
      if (!begun.has(key)) journal.copyState(from, key)
      begun.add(key)
    }
  }

  /** From what serves now to what is up. */
  handOver(slots: readonly Slot[], before: StoredGeneration | undefined): Promise<HandedOn> {
    return handOver(this.newAmong(slots), before, this.#parts.journal.last() + 1, this.#parts)
  }

  /** Those that are not part of what serves now. */
  newAmong(slots: readonly Slot[]): readonly Slot[] {
    const current = new Set(this.#parts.lineage.current.slots.values())
    return slots.filter((slot) => !current.has(slot))
  }
}

/** What did not start, for nothing but itself, is not tried again beside others: it would take as long to say the same. */
class Failures {
  readonly #known: { readonly parts: Prepared; readonly problems: readonly Problem[] }[] = []
  #leftOut: ReadonlyMap<string, readonly Problem[]> = new Map()

  /** The outcome, with what was left out of it. */
  after(tried: readonly Prepared[], staged: Staged): Staged {
    for (const parts of tried) {
      const { id } = parts.candidate
      const problems = staged.problems.get(id)
      if (problems && staged.failed.get(id)?.length === 1) this.#known.push({ parts, problems })
    }
    return { ...staged, problems: new Map([...this.#leftOut, ...staged.problems]) }
  }

  leftOutOf(next: readonly Prepared[]): readonly Prepared[] {
    const problemsOf = (parts: Prepared): readonly Problem[] | undefined =>
      this.#known.find((known) => isSame(known.parts, parts))?.problems
    this.#leftOut = new Map(
      next.flatMap((parts) => {
        const problems = problemsOf(parts)
        return problems ? [[parts.candidate.id, problems] as const] : []
      }),
    )
    return next.filter(({ candidate }) => !this.#leftOut.has(candidate.id))
  }
}

function isSame(left: Prepared, right: Prepared): boolean {
  const isOne = left.candidate.id === right.candidate.id && left.artifact.digest === right.artifact.digest
  return isOne && isDeepStrictEqual(left.config, right.config)
}

/** By module id, the line that its state is in once the hand-over is committed. */
export function linesOf(slots: readonly Slot[], { lines }: HandedOn): ReadonlyMap<string, number> {
  return new Map(slots.map((slot) => [slot.manifest.id, lines.get(slot) ?? slot.line.number]))
}

/** What a generation says of it: nothing for the first line. */
export function lineOf(
  { candidate }: Prepared,
  lines: ReadonlyMap<string, number>,
): Pick<StoredModule, 'line'> {
  const line = lines.get(candidate.id) ?? 0
  return line === 0 ? {} : { line }
}
