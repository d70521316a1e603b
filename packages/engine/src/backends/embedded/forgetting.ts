/**
 * Forgets what nobody needs any more: the runs and events that are asked for, then the documents and the blobs that are
 * left without a name. The order of it; `removal.ts` and `blob_sweep.ts` do it.
 */
import type { Clock } from '@nexus/sdk'
import type { Forgetting, Forgotten } from '../../backend.ts'
import { sweepBlobs } from './blob_sweep.ts'
import type { DocumentsTable } from './documents_table.ts'
import type { Journal } from './journal.ts'
import { Removal } from './removal.ts'
import type { RunsTable } from './runs_table.ts'
import type { Statements } from './statements.ts'

interface Parts {
  readonly statements: Statements
  readonly journal: Journal
  readonly documents: DocumentsTable
  readonly runs: RunsTable
  readonly blobFolder: string
  readonly clock: Clock
}

/** A blob that was written since may be in somebody's hands who has not named it yet. */
const blobAgeMsMin = 3_600_000
/** A file system stamps files by a clock of its own. */
const clocksApartMsMax = 60_000
const nothing = { count: 0, bytes: 0 }

export class Forgetter {
  readonly removal: Removal
  readonly #parts: Parts
  /** Whether documents and blobs were looked through since this was opened: a crash may have left some. */
  #tidied = false

  constructor(parts: Parts) {
    this.#parts = parts
    this.removal = new Removal(parts)
  }

  /** `Backend.forget`. */
  async forget(what: Forgetting, signal?: AbortSignal): Promise<Forgotten> {
    const { removal } = this
    await this.#parts.journal.flush()
    const { ids = [], endedBefore = {}, acceptedBefore = 0, texts = () => [] } = what
    const named = removal.named(ids)
    if (what.dryRun === true) return this.#wouldForget(named, what)
    await removal.finish(signal)
    let runs = await removal.remove(named, signal)
    for (const some of removal.expired(endedBefore)) runs += await removal.remove(some, signal)
    const events = await removal.removeAccepted(acceptedBefore, signal)
    if (this.#tidied && runs === 0 && events === 0) return { runs, events, blobs: nothing }
    await removal.removeDocuments()
    const blobs = await this.#sweep(texts, signal)
    this.#tidied = true
    return { runs, events, blobs }
  }

  #wouldForget(named: readonly number[], { endedBefore = {}, acceptedBefore = 0 }: Forgetting): Forgotten {
    const { removal } = this
    const all = new Set([...named, ...[...removal.expired(endedBefore)].flat()])
    const runs = removal.familySize([...all])
    return { runs, events: removal.countAccepted(acceptedBefore), blobs: nothing }
  }

  async #sweep(texts: () => Iterable<string>, signal: AbortSignal | undefined): Promise<Forgotten['blobs']> {
    const { statements, journal, runs, blobFolder: folder, clock } = this.#parts
    const began = runs.oldestUnfinished() ?? Infinity
    const writtenBefore = Math.min(began - clocksApartMsMax, clock.now() - blobAgeMsMin)
    return sweepBlobs({ folder, statements, journal, writtenBefore, texts, signal })
  }
}
