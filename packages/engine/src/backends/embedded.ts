/**
 * The embedded backend: one SQLite file and a folder of blobs, held by one process (`node:sqlite`, WAL,
 * `synchronous=FULL`, group commit). It is the default and needs nothing but Node.
 */
import { NexusError, type Clock, type Json } from '@nexus/sdk'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import type { Backend, NewRun, RunQuery, RunSummary, StoredRun } from '../backend.ts'
import type { CloudEvent } from '../cloud_event.ts'
import type { RunEvent } from '../events.ts'
import { Blobs } from './embedded/blobs.ts'
import { openDatabase, openDatabaseReadOnly } from './embedded/database.ts'
import { Inbox, lastAccepted } from './embedded/inbox.ts'
import { Journal } from './embedded/journal.ts'
import { lockFolder } from './embedded/lock.ts'
import { EmbeddedRun } from './embedded/run.ts'
import { runNotFound, Store, type SharedEvent } from './embedded/store.ts'

export interface EmbeddedOptions {
  /** The data directory; made when it is not there. */
  readonly folder: string
  readonly clock: Clock
  /** The database grows no larger than this; what would not fit fails as on a full disk. Unbounded by default. */
  readonly databaseBytesMax?: number
}

/** What can be read while another process holds the data directory. */
export type BackendReader = Pick<Backend, 'list' | 'get' | 'events' | 'close'>

/**
 * Opens a data directory and holds it until `close`.
 * Throws `NexusError`: `data_held` (says by whom), `database_corrupt`, `database_newer`.
 */
export function openEmbedded({ folder, clock, databaseBytesMax }: EmbeddedOptions): Backend {
  makeFolder(folder)
  const lock = lockFolder(folder, clock.now())
  try {
    const database = openDatabase(join(folder, 'nexus.db'), databaseBytesMax)
    const accepted = lastAccepted(database)
    return new Embedded({ database, folder, clock, accepted, release: () => lock.release() })
  } catch (error) {
    lock.release()
    throw error
  }
}

/** Node's own recursive mkdir never returns where the parent is there and refuses, as under /proc. */
function makeFolder(folder: string): void {
  if (existsSync(folder)) return
  try {
    if (dirname(folder) !== folder) makeFolder(dirname(folder))
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if (error instanceof NexusError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    const message = `The data directory ${folder} cannot be made: ${reason}. Choose another with --data.`
    throw new NexusError('data_unwritable', message, { cause: error })
  }
}

/** Opens a data directory to read, also while another process holds it. Undefined where there is none yet. */
export function readEmbedded({ folder, clock }: EmbeddedOptions): BackendReader | undefined {
  const file = join(folder, 'nexus.db')
  if (!existsSync(file)) return undefined
  const database = openDatabaseReadOnly(file)
  return database && new Embedded({ database, folder, clock, accepted: 0, release: () => {} })
}

class Embedded implements Backend {
  readonly #database: DatabaseSync
  readonly #store: Store
  readonly #journal: Journal
  readonly #inbox: Inbox
  readonly #clock: Clock
  readonly #release: () => void
  #lastRun: number

  /** `accepted`: the highest number that an accepted event has; whoever only reads need not know it. */
  constructor(parts: {
    database: DatabaseSync
    folder: string
    clock: Clock
    accepted: number
    release: () => void
  }) {
    const { database, folder, clock } = parts
    const blobs = new Blobs(join(folder, 'blobs'))
    this.#database = database
    this.#clock = clock
    this.#release = parts.release
    this.#store = new Store(database, join(folder, 'nexus.db'), blobs)
    const last = this.#store.last()
    this.#journal = new Journal(database, clock, Math.max(last.seq, parts.accepted))
    this.#inbox = new Inbox({ database, journal: this.#journal, blobs, clock })
    this.#lastRun = last.run
  }

  async create(run: NewRun): Promise<EmbeddedRun> {
    if (this.#store.has(run.id)) throw new NexusError('run_exists', `There is a run "${run.id}" already.`)
    const past = run.past ? this.#pastOf(run.past) : []
    const number = ++this.#lastRun
    const createdAt = this.#clock.now()
    this.#write(() => this.#store.insertRun(number, run, createdAt))
    for (const event of past) this.#share(number, event)
    await this.#journal.flush()
    if (run.past) return this.open(run.id)
    const stored = { ...run, status: 'running', createdAt, startedAt: createdAt, endedAt: undefined } as const
    return this.#run(stored, number, { resumed: false, context: undefined })
  }

  #pastOf(past: NonNullable<NewRun['past']>): readonly SharedEvent[] {
    const source = this.#store.find(past.run)
    if (!source) throw runNotFound(past.run)
    return this.#store.shared(source.number, past.path)
  }

  #share(run: number, { at, type, path, body, exports }: SharedEvent): void {
    const seq = this.#journal.nextSeq()
    this.#write(() => this.#store.insertEvent(run, { seq, at }, type, path, body))
    if (exports) this.#write(() => this.#store.setContext(run, seq))
  }

  #write(write: () => void): void {
    this.#journal.append({ superseded: false, written: false, write })
  }

  async open(id: string): Promise<EmbeddedRun> {
    const stored = this.#store.find(id)
    if (!stored) throw runNotFound(id)
    const { number, contextSeq } = stored
    const exported = contextSeq === undefined ? undefined : this.#store.event(contextSeq)
    const context = exported && contextOf(exported)
    return this.#run(stored, number, { resumed: this.#store.hasEvents(number), context })
  }

  #run(
    stored: StoredRun,
    number: number,
    past: { resumed: boolean; context: Json | undefined },
  ): EmbeddedRun {
    return new EmbeddedRun({
      stored,
      number,
      ...past,
      store: this.#store,
      journal: this.#journal,
      inbox: this.#inbox,
      clock: this.#clock,
    })
  }

  async publish(event: CloudEvent, target?: string): Promise<void> {
    if (target === undefined) return this.#inbox.publish(event)
    const run = this.#store.find(target)
    if (!run) throw runNotFound(target)
    if (run.endedAt !== undefined) {
      throw new NexusError('run_ended', `Run ${target} has ended already: it is ${run.status}.`)
    }
    await this.#inbox.publish(event, run.number)
  }

  async list(query: RunQuery = {}): Promise<readonly RunSummary[]> {
    return this.#store.list(query)
  }

  async get(id: string): Promise<StoredRun> {
    const stored = this.#store.find(id)
    if (!stored) throw runNotFound(id)
    return stored
  }

  async events(id: string): Promise<readonly RunEvent[]> {
    const stored = this.#store.find(id)
    if (!stored) throw runNotFound(id)
    await this.#journal.flush()
    return this.#store.events(stored.number)
  }

  async close(): Promise<void> {
    if (!this.#database.isOpen) return
    this.#journal.close()
    this.#database.close()
    this.#release()
  }
}

/** What an event of the log made of its run's context. */
function contextOf(event: RunEvent): Json | undefined {
  if (event.type === 'event.handled') return event.context
  if (event.type !== 'task.ended' || event.outcome.status !== 'completed') return undefined
  return event.outcome.context
}
