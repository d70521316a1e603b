/**
 * The embedded backend: one SQLite file and a folder of blobs, held by one process (`node:sqlite`, WAL,
 * `synchronous=FULL`, group commit). It is the default and needs nothing but Node.
 */
import { NexusError, type Clock, type Json, type JsonObject } from '@nexus/sdk'
import { storageTrouble } from '@nexus/sdk/storage'
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { workflowKey } from '@nexus/workflow'
import type {
  Backend,
  BlobStore,
  Deployment,
  EventFeed,
  Forgetting,
  Forgotten,
  NewRun,
  RunQuery,
  RunSummary,
  StoredDeployment,
  StoredRun,
  SampleQuery,
  Samples,
} from '../backend.ts'
import type { CloudEvent } from '../cloud_event.ts'
import type { RunEvent } from '../events.ts'
import { BlobFiles } from './embedded/blob_files.ts'
import { Blobs } from './embedded/blobs.ts'
import { openDatabase, openDatabaseReadOnly } from './embedded/database.ts'
import { DeploymentsTable, sameDeployment, workflowNotFound } from './embedded/deployments_table.ts'
import { DocumentsTable } from './embedded/documents_table.ts'
import { EmbeddedFeed } from './embedded/event_feed.ts'
import { EventsTable, type SharedEvent } from './embedded/events_table.ts'
import { Forgetter } from './embedded/forgetting.ts'
import { Inbox } from './embedded/inbox.ts'
import { Journal } from './embedded/journal.ts'
import { lockFolder } from './embedded/lock.ts'
import { EmbeddedRun, type Storage } from './embedded/run.ts'
import { runNotFound, RunsTable, type Parent, type RunRow } from './embedded/runs_table.ts'
import { samplesIn } from './embedded/samples.ts'
import { Statements } from './embedded/statements.ts'

export interface EmbeddedOptions {
  /** The data directory; made when it is not there. */
  readonly folder: string
  readonly clock: Clock
  /** The database grows no larger than this; what would not fit fails as on a full disk. Unbounded by default. */
  readonly databaseBytesMax?: number
}

/** What can be read while another process holds the data directory. */
export type BackendReader = Pick<Backend, 'list' | 'get' | 'events' | 'deployments' | 'close'> & {
  readonly blobs: Pick<BlobStore, 'find' | 'read'>
}

/**
 * Opens a data directory and holds it until `close`.
 * Throws `NexusError`: `data_held` (says by whom), `database_corrupt`, `database_newer`, `disk_full`, `data_unwritable`.
 */
export function openEmbedded({ folder, clock, databaseBytesMax }: EmbeddedOptions): Backend {
  makeFolder(folder)
  const lock = lockFolder(folder, clock.now())
  try {
    const database = openDatabase(join(folder, 'nexus.db'), databaseBytesMax)
    return new Embedded({ database, folder, clock, release: () => lock.release() }).counting()
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
    throw cannotBeMade(folder, error)
  }
}

function cannotBeMade(folder: string, cause: unknown): unknown {
  const told = storageTrouble(cause, folder)
  if (told instanceof NexusError) return told
  const reason = cause instanceof Error ? cause.message : String(cause)
  const message = `The data directory ${folder} cannot be made: ${reason}. Choose another with --data.`
  return new NexusError('data_unwritable', message, { cause })
}

/** Opens a data directory to read, also while another process holds it. Undefined where there is none yet. */
export function readEmbedded({ folder, clock }: EmbeddedOptions): BackendReader | undefined {
  const file = join(folder, 'nexus.db')
  if (!isThere(file)) return undefined
  const database = openDatabaseReadOnly(file)
  return database && new Embedded({ database, folder, clock, release: () => {} })
}

/** Throws `NexusError` `data_unwritable` where it cannot even be seen. */
function isThere(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined
  } catch (error) {
    throw storageTrouble(error, file)
  }
}

class Embedded implements Backend, Storage {
  readonly log: EventsTable
  readonly runs: RunsTable
  readonly journal: Journal
  readonly inbox: Inbox
  readonly clock: Clock
  readonly blobs: BlobFiles
  readonly #database: DatabaseSync
  readonly #forgetter: Forgetter
  readonly #deployments: DeploymentsTable
  readonly #release: () => void
  /** Keys of runs that are on their way to disk. */
  readonly #keys = new Set<string>()
  #lastRun = 0

  constructor(parts: { database: DatabaseSync; folder: string; clock: Clock; release: () => void }) {
    const { database, folder, clock } = parts
    const blobFolder = join(folder, 'blobs')
    const blobs = new Blobs(blobFolder, clock)
    const statements = new Statements(database, join(folder, 'nexus.db'))
    this.#database = database
    this.#release = parts.release
    this.blobs = new BlobFiles(blobFolder)
    this.clock = clock
    this.log = new EventsTable(statements, blobs)
    const documents = new DocumentsTable(statements)
    this.runs = new RunsTable(statements, blobs, documents)
    this.#deployments = new DeploymentsTable(statements, documents)
    this.journal = new Journal(database, clock)
    const { journal, runs } = this
    this.#forgetter = new Forgetter({ statements, journal, documents, runs, blobFolder, clock })
    this.inbox = new Inbox({ statements, journal: this.journal, blobs, clock })
  }

  /**
   * Counts on from the numbers in use, and removes what a crash left half-written; neither is for whoever only reads.
   */
  counting(): this {
    this.blobs.sweep()
    const { removal } = this.#forgetter
    const inUse = [this.log.lastSeq(), this.inbox.last(), this.#deployments.last()]
    this.journal.countFrom(Math.max(...inUse, removal.counted('seq')))
    this.#lastRun = Math.max(this.runs.last(), removal.counted('run'))
    return this
  }

  async create(run: NewRun): Promise<EmbeddedRun> {
    const stopKeeping = this.#keep(run.key)
    try {
      const created = this.begin(run)
      await this.journal.flush()
      return run.past ? await this.open(run.id) : created
    } finally {
      stopKeeping()
    }
  }

  /** The table sees a key only once it is on disk; until then it is taken here. */
  #keep(key: string | undefined): () => void {
    if (key === undefined) return () => {}
    if (this.#keys.has(key) || this.runs.keyed(key) !== undefined) {
      throw new NexusError('key_taken', `There is a run with the key "${key}" already.`)
    }
    this.#keys.add(key)
    return () => this.#keys.delete(key)
  }

  async keyed(key: string): Promise<StoredRun | undefined> {
    await this.journal.flush()
    const id = this.runs.keyed(key)
    return id === undefined ? undefined : this.#find(id)
  }

  begin(run: NewRun, parent?: Parent): EmbeddedRun {
    if (this.runs.has(run.id)) throw new NexusError('run_exists', `There is a run "${run.id}" already.`)
    const past = run.past ? this.#pastOf(run.past) : []
    const number = ++this.#lastRun
    const createdAt = this.clock.now()
    this.#write(() => this.runs.insert(number, run, createdAt, parent))
    for (const event of past) this.#share(number, event)
    const stored: StoredRun = {
      ...run,
      status: run.pending === true ? 'pending' : 'running',
      priority: run.priority ?? 0,
      parent: undefined,
      workflows: run.workflows ?? {},
      sources: run.sources,
      scope: run.scope,
      generation: run.generation,
      createdAt,
      startedAt: run.pending === true ? undefined : createdAt,
      endedAt: undefined,
    }
    return new EmbeddedRun(this, number, { stored, resumed: false, context: undefined })
  }

  #pastOf(past: NonNullable<NewRun['past']>): readonly SharedEvent[] {
    return this.log.shared(this.#find(past.run).number, past.path)
  }

  #share(run: number, { at, type, path, body, exports }: SharedEvent): void {
    const seq = this.journal.nextSeq()
    this.#write(() => this.log.insertEvent(run, { seq, at }, type, path, body))
    if (exports) this.#write(() => this.runs.setContext(run, seq))
  }

  #write(write: () => void): void {
    this.journal.append({ superseded: false, written: false, write })
  }

  async open(id: string): Promise<EmbeddedRun> {
    await this.journal.flush() // a run that was stopped a moment ago finds all that it recorded
    const stored = this.#find(id)
    const { number, contextSeq } = stored
    const exported = contextSeq === undefined ? undefined : this.log.event(contextSeq)
    const context = exported && contextOf(exported)
    return new EmbeddedRun(this, number, { stored, resumed: this.log.hasEvents(number), context })
  }

  #find(id: string): RunRow {
    const run = this.runs.find(id)
    if (run) return run
    throw runNotFound(id)
  }

  async publish(event: CloudEvent, target?: string): Promise<void> {
    if (target === undefined) return this.inbox.publish(event)
    const run = this.#find(target)
    if (run.endedAt !== undefined) {
      throw new NexusError('run_ended', `Run ${target} has ended already: it is ${run.status}.`)
    }
    await this.inbox.publish(event, run.number)
  }

  feed(after: number): EventFeed {
    const { inbox, clock } = this
    return new EmbeddedFeed({ inbox, clock }, { general: after, targeted: 0 })
  }

  async deploy(deployment: Deployment): Promise<StoredDeployment> {
    const known = this.#deployments.find(workflowKey(deployment.workflow))
    if (known && sameDeployment(known, deployment)) return known
    const stored = { ...deployment, deployedAt: this.clock.now(), accepted: this.journal.nextSeq() }
    this.#write(() => this.#deployments.put(stored))
    await this.journal.flush()
    return { ...stored, state: {} }
  }

  async undeploy(key: string): Promise<void> {
    const known = this.deployments().map(({ workflow }) => workflowKey(workflow))
    if (!known.includes(key)) throw workflowNotFound(key, known)
    this.#write(() => this.#deployments.remove(key))
    await this.journal.flush()
  }

  deployments(): readonly StoredDeployment[] {
    return this.#deployments.list()
  }

  async advance(key: string, state: JsonObject, run?: NewRun): Promise<EmbeddedRun | undefined> {
    const begun = run && this.begin(run)
    this.#write(() => this.#deployments.setState(key, state))
    await this.journal.flush()
    return begun
  }

  async list(query: RunQuery = {}): Promise<readonly RunSummary[]> {
    return this.runs.list(query)
  }

  async samples(query: SampleQuery): Promise<Samples> {
    await this.journal.flush()
    return samplesIn(this.log, query)
  }

  async generations(): Promise<readonly number[]> {
    return this.runs.generations()
  }

  async get(id: string): Promise<StoredRun> {
    return this.#find(id)
  }

  async events(id: string): Promise<readonly RunEvent[]> {
    const { number } = this.#find(id)
    await this.journal.flush()
    return this.log.events(number)
  }

  isLeaving(run: number): boolean {
    return this.#forgetter.removal.isLeaving(run)
  }

  forget(what: Forgetting, signal?: AbortSignal): Promise<Forgotten> {
    return this.#forgetter.forget(what, signal)
  }

  async close(): Promise<void> {
    if (!this.#database.isOpen) return
    this.journal.close()
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
