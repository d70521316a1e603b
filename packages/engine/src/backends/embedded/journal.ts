/**
 * Group commit: everything that asks to be on disk in the same turn of the event loop shares one transaction, and so
 * one fsync. What can wait goes along with whoever comes next, or after `lazyMsMax`.
 * A failed commit fails everyone who waits for it and everyone after: a journal that cannot write must not go on.
 */
import { NexusError, type Clock } from '@nexus/sdk'
import type { DatabaseSync } from 'node:sqlite'

/** One thing to write. */
export interface Entry {
  /** Set when a later entry says the same and more: it is then not written. */
  superseded: boolean
  /** True once it went to disk. */
  written: boolean
  write(): void
  /** Called after the commit that wrote it. */
  committed?: (() => void) | undefined
}

/** How long an entry that nobody waits for may stay in memory. */
const lazyMsMax = 10
/** Entries in memory at most before they are written although nobody waits for them. */
const pendingMax = 10_000

export class Journal {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  #pending: Entry[] = []
  #batch: PromiseWithResolvers<void> | undefined
  #stopLazy: (() => void) | undefined
  #failure: Error | undefined
  #seq = 0

  constructor(database: DatabaseSync, clock: Clock) {
    this.#database = database
    this.#clock = clock
  }

  /** Where numbers go on from: the highest in use. */
  countFrom(seq: number): void {
    this.#seq = seq
  }

  /** The highest number that was given out. */
  get lastSeq(): number {
    return this.#seq
  }

  /** Sequence numbers grow over all runs; one that is given out and not used leaves a gap. */
  nextSeq(): number {
    return ++this.#seq
  }

  /** Queues an entry. It is written with the next commit, soon; `flush` makes it now. */
  append(entry: Entry): void {
    if (this.#failure) throw this.#failure
    this.#pending.push(entry)
    if (this.#pending.length >= pendingMax) void this.flush().catch(ignoreHere)
    else if (!this.#batch && !this.#stopLazy)
      this.#stopLazy = this.#clock.timer(lazyMsMax, () => this.#commit())
  }

  /** Resolves when all that was appended so far is on disk. Rejects with `NexusError` `storage_failed`. */
  flush(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure)
    if (this.#pending.length === 0) return Promise.resolve()
    if (!this.#batch) {
      this.#batch = Promise.withResolvers<void>()
      setImmediate(() => this.#commit())
    }
    return this.#batch.promise
  }

  /** Writes what is pending, at once. */
  close(): void {
    if (!this.#failure) this.#commit()
    this.#stopLazy?.()
  }

  #commit(): void {
    const entries = this.#pending
    const batch = this.#batch
    this.#stopLazy?.()
    this.#stopLazy = undefined
    this.#pending = []
    this.#batch = undefined
    try {
      if (entries.length > 0) this.#write(entries)
    } catch (error) {
      this.#failure = storageFailure(error)
      batch?.reject(this.#failure)
      return
    }
    batch?.resolve()
    for (const entry of entries) if (entry.written) entry.committed?.()
  }

  #write(entries: readonly Entry[]): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      for (const entry of entries) if (!entry.superseded) entry.write()
      this.#database.exec('COMMIT')
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
    for (const entry of entries) entry.written = !entry.superseded
  }
}

/** A flush that nobody waits for: its failure is kept in the journal, and whoever comes next is told. */
function ignoreHere(): void {}

function storageFailure(error: unknown): NexusError {
  const reason = error instanceof Error ? error.message : String(error)
  const full = /full|disk|ENOSPC/i.test(reason)
  const next = full ? 'Free some space' : 'Mend what it says'
  return new NexusError(
    full ? 'disk_full' : 'storage_failed',
    `The data directory could not be written: ${reason}. Nothing that was recorded is lost. ${next}, then: nexus runs resume`,
    { cause: error },
  )
}
