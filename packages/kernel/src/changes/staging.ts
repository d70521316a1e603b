/**
 * Brings what a generation is made of up beside what is live: with a copy of the state where a version begins a line of
 * its own, and stopped again where anything fails before the commit.
 */
import type { JsonObject } from '@nexus/sdk'
import type { StoredGeneration, StoredModule } from '../generation_journal.ts'
import { storedCandidate } from '../lineage.ts'
import { follows } from '../module_pins.ts'
import type { Problem } from '../problem.ts'
import type { Slot } from '../slot.ts'
import { prepare, stage, type Candidate, type Prepared, type StageOptions } from '../stage.ts'
import { lineKey } from '../state_line.ts'
import type { ChangeParts } from './change_parts.ts'
import { throwProblems } from './checks.ts'
import { handOver, type HandedOn } from './hand_over.ts'

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
   * stopped again.
   */
  async up<T>(
    prepared: readonly Prepared[],
    before: StoredGeneration | undefined,
    work: (slots: readonly Slot[], problems: ReadonlyMap<string, readonly Problem[]>) => Promise<T>,
  ): Promise<T> {
    const { fleet, staging, journal } = this.#parts
    const up = new Set(fleet.slots)
    const begun = this.#beginLines(prepared, before)
    try {
      const { slots, problems } = await stage(prepared, staging)
      return await work(slots, problems)
    } catch (error) {
      const seen = this.#parts.lineage.needed() // what a run in flight has started meanwhile stays
      await fleet.discard(fleet.slots.filter((slot) => !up.has(slot) && !seen.has(slot)))
      for (const key of begun) journal.dropState(key)
      throw error
    }
  }

  #beginLines(prepared: readonly Prepared[], before: StoredGeneration | undefined): readonly string[] {
    const { journal } = this.#parts
    return prepared.flatMap(({ candidate: { id, line = 0, stored } }) => {
      const known = before?.modules[id]
      if (!known || stored || line === (known.line ?? 0)) return []
      const key = lineKey(id, line)
      journal.copyState(lineKey(id, known.line), key)
      return [key]
    })
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
