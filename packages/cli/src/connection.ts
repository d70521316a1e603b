/**
 * What a command works on: the data directory itself, opened here, or the server that is up on it. Commands do not know
 * which; `connect` finds out. See `connection/`.
 */
import type { Forgotten, Generation, Module, Receipt, RunSummary, Workflow } from '@nexus/api'
import type {
  Change,
  CheckedWorkflow,
  CloudEvent,
  EventDraft,
  Forgetting,
  Holder,
  LiveRun,
  RunRecord,
} from '@nexus/nexus'
import type { Json } from '@nexus/sdk'
import { embedded } from './connection/embedded.ts'
import { remote } from './connection/remote.ts'
import { findServer } from './connection/server_file.ts'

/** A run on its way, wherever that is. */
export interface Following extends Pick<LiveRun, 'id' | 'listen' | 'cancel'> {
  /** Resolves when it ended or was suspended. */
  readonly ended: Promise<unknown>
}

export interface Connection {
  /** The address of the server; undefined where the data directory is open in this process. */
  readonly server: string | undefined
  /** Whether a document can be run, with all that it needs; what it names beside it is looked for in the folder of its file. */
  check(text: string, file: string): Promise<CheckedWorkflow>
  run(workflow: CheckedWorkflow, input: Json, options?: { readonly priority?: number }): Promise<Following>
  readonly runs: {
    get(id: string): Promise<RunRecord>
    /** Those that can be gone on with, the oldest first. */
    unfinished(): Promise<readonly RunSummary[]>
    resume(id: string): Promise<Following>
    retry(id: string): Promise<Following>
    fork(id: string, options: ForkOptions): Promise<Following>
    cancel(id: string): Promise<void>
    suspend(id: string): Promise<void>
    signal(id: string, event: EventDraft): Promise<CloudEvent>
    remove(id: string): Promise<Forgotten>
    prune(what: Omit<Forgetting, 'ids' | 'texts'>): Promise<Forgotten>
  }
  readonly workflows: {
    deploy(workflow: CheckedWorkflow): Promise<Workflow>
    list(): Promise<readonly Workflow[]>
    remove(key: string): Promise<void>
  }
  readonly modules: {
    list(): Promise<readonly Module[]>
    get(id: string): Promise<Module>
    load(id: string): Promise<Module>
    unload(id: string): Promise<Module>
    change(change: Change): Promise<Receipt>
    /** `generation`: its number, as it was written. */
    activate(generation: string): Promise<Receipt>
    generations(): Promise<readonly Generation[]>
    receipts(): Promise<readonly Receipt[]>
    holders(id: string): Promise<readonly Holder[]>
  }
  /** Runs that end with this process, unless they are gone on with later. */
  readonly inProgress: number
  /** Resolves when there are none of them any more. */
  idle(): Promise<void>
  close(): Promise<void>
}

export interface ForkOptions {
  readonly path: string
  readonly workflow?: CheckedWorkflow
  readonly input?: Json
}

export interface ConnectOptions {
  /** The data directory. */
  readonly data: string
  /** Folders of workflows that a document may run. */
  readonly workflows?: readonly string[]
  /** Told of each module whose source is not what runs here; a server tells in its own log. */
  readonly warn?: (warning: string) => void
}

/** Rejects with `NexusError` `data_held` where another process holds the data and serves nobody, and others. */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const server = await findServer(options.data)
  return server ? remote(server, options) : embedded(options)
}

/** Connects, works, and lets go. */
export async function withConnection(
  options: ConnectOptions,
  work: (connection: Connection) => Promise<void>,
): Promise<void> {
  const connection = await connect(options)
  try {
    await work(connection)
  } finally {
    await connection.close()
  }
}
