/**
 * An open Nexus: one data directory, one kernel, one engine. Whatever it starts it stops in reverse.
 */
import {
  defaultSecrets,
  Engine,
  openEmbedded,
  projectRun,
  readEmbedded,
  Schedules,
  unfinishedStatuses,
} from '@nexus/engine'
import type {
  Backend,
  BackendReader,
  LiveRun,
  MissedFirings,
  RunQuery,
  RunRecord,
  RunSummary,
  SecretProvider,
} from '@nexus/engine'
import { openKernel, type Kernel, type ModuleInfo } from '@nexus/kernel'
import { NexusError, systemClock, TaskFault } from '@nexus/sdk'
import type { Clock, Json, JsonObject, Log, Secrets, StreamChunk } from '@nexus/sdk'
import { fileURLToPath } from 'node:url'
import type { CheckedWorkflow } from './check.ts'
import { deployedSource, deployedWorkflows, type Workflows } from './deployed_workflows.ts'
import { Documents, valid } from './documents.ts'
import { eventsOf, type Events } from './events.ts'
import { version } from './version.ts'
import { eitherSource, folderSource } from './workflow_folders.ts'

export interface NexusOptions {
  /** The data directory, made when it is not there; one process holds it at a time. */
  readonly data: string
  /** Folders of modules besides those that come with Nexus, laid out as `<type>s/<id>/manifest.yaml`. */
  readonly modules?: readonly string[]
  /** Configuration by module id. */
  readonly config?: Readonly<Record<string, JsonObject>>
  /** Where secrets come from; from the environment (`NEXUS_SECRET_<NAME>`) and the folder `NEXUS_SECRETS_DIR` by default. */
  readonly secrets?: SecretProvider
  /** Folders of workflow documents, for those that others run; the nearer first. */
  readonly workflows?: readonly string[]
  /** What happens to the times of schedules that passed while nobody was up; `once` by default. */
  readonly missedFirings?: MissedFirings
  readonly clock?: Clock
  /** Messages for the operator; none by default. */
  readonly log?: Log
  /** Told of every run that begins or goes on here, before anything of it happens. */
  readonly runBegan?: (run: LiveRun) => void
  /** Live output of tasks, not recorded. */
  readonly stream?: (run: string, path: string, chunk: StreamChunk) => void
}

export interface Nexus {
  /**
   * Begins to work by itself: goes on with every unfinished run that is not suspended, and begins the runs of the
   * schedules of what is deployed, until it is closed. Resolves with the runs that it goes on with.
   */
  start(): Promise<readonly LiveRun[]>
  /** Resolves when no run is in progress here any more. */
  idle(): Promise<void>
  /** Says of a document what is wrong with it. Never throws. */
  check(text: string, file?: string): CheckedWorkflow
  /** Accepts a run of a checked document and begins it; it is on disk when the promise resolves. */
  run(workflow: CheckedWorkflow, input: Json): Promise<LiveRun>
  readonly runs: Runs
  readonly events: Pick<Events, 'publish'>
  readonly workflows: Workflows
  readonly modules: {
    list(): readonly ModuleInfo[]
    get(id: string): ModuleInfo
  }
  /** Stops every run where it is, tears the modules down, and lets go of the data. Safe to call twice. */
  close(): Promise<void>
}

export interface RunReader {
  /** Newest first. */
  list(query?: RunQuery): Promise<readonly RunSummary[]>
  /** Rejects with `NexusError` `run_not_found` or `payload_unreadable`. */
  get(id: string): Promise<RunRecord>
  close(): Promise<void>
}

export interface ForkOptions {
  readonly path: string
  readonly workflow?: CheckedWorkflow
  readonly input?: Json
}

export interface Runs extends Omit<RunReader, 'close'> {
  /** Goes on with one unfinished run. */
  resume(id: string): Promise<LiveRun>
  /** Runs what faulted or was cancelled in an ended run anew; what completed stands. */
  retry(id: string): Promise<LiveRun>
  cancel(id: string): Promise<void>
  /** Stops a run where it is, with all that live together with it, until it is resumed. */
  suspend(id: string): Promise<void>
  /** How many are in progress here. */
  readonly inProgress: number
  /**
   * A new run that shares the past of another, up to the result of the task at `path`, and goes on from there; with
   * another document or input where they are given. Rejects with `NexusError` `task_not_completed` and others.
   */
  fork(id: string, options: ForkOptions): Promise<LiveRun>
  /** Sends an event to one run alone, such as an approval. See `Events.signal`. */
  signal: Events['signal']
}

const firstParty = fileURLToPath(new URL('../../../modules', import.meta.url))
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** Opens a data directory and the modules. Rejects with `NexusError` `data_held`, `database_corrupt` and others. */
export async function openNexus(options: NexusOptions): Promise<Nexus> {
  const {
    data,
    modules = [],
    workflows = [],
    config = {},
    clock = systemClock,
    log = silent,
    stream,
    runBegan,
  } = options
  const { secrets = defaultSecrets(process.env), missedFirings = 'once' } = options
  const backend = openEmbedded({ folder: data, clock })
  try {
    const kernel = await openKernel({
      sources: [firstParty, ...modules],
      data,
      clock,
      log,
      config,
      secrets: forModules(secrets),
    })
    const documents = new Documents(() => ({
      provided: kernel.routes().map(({ capability }) => capability),
      source: eitherSource([folderSource(workflows), deployedSource(backend)]),
    }))
    const common = { backend, clock, runtime: { name: 'nexus', version, metadata: {} } }
    const engine = new Engine({
      ...common,
      find: (name) => kernel.route(name),
      secrets,
      read: (text, variables) => documents.read(text, variables),
      ...(stream && { stream }),
      ...(runBegan && { began: runBegan }),
    })
    const schedules = new Schedules({
      ...common,
      log,
      missed: missedFirings,
      read: (text) => documents.read(text),
      begin: (run) => void engine.begin(run),
      ended: (run, signal) => engine.ended(run, signal),
    })
    return new OpenNexus({ backend, kernel, engine, schedules, documents, clock })
  } catch (error) {
    await backend.close()
    throw error
  }
}

/** A module gets a secret as text, those that its manifest asks for. */
function forModules(provider: SecretProvider): Secrets {
  return {
    async get(name) {
      const value = await provider.get(name)
      if (value === undefined) throw TaskFault.of('authorization', `There is no secret "${name}".`)
      return typeof value === 'string' ? value : JSON.stringify(value)
    },
  }
}

/** Reads the runs of a data directory, also while another process holds it. Undefined where there are none yet. */
export function readRuns(data: string): RunReader | undefined {
  const reader = readEmbedded({ folder: data, clock: systemClock })
  if (!reader) return undefined
  return {
    list: (query) => reader.list(query),
    get: (id) => recordOf(reader, id),
    close: () => reader.close(),
  }
}

async function recordOf(reader: BackendReader, id: string): Promise<RunRecord> {
  return projectRun(await reader.get(id), await reader.events(id))
}

/** A suspended one waits until it is asked for by its id. */
export const resumable = unfinishedStatuses.filter((status) => status !== 'suspended')
/** Runs that are gone on with at once. */
const resumedMax = 100_000

interface Parts {
  readonly backend: Backend
  readonly kernel: Kernel
  readonly engine: Engine
  readonly schedules: Schedules
  readonly documents: Documents
  readonly clock: Clock
}

class OpenNexus implements Nexus {
  readonly #parts: Parts
  readonly runs: Runs
  readonly events: Nexus['events']
  readonly modules: Nexus['modules']
  readonly workflows: Workflows

  constructor(parts: Parts) {
    const { backend, kernel, engine, clock, schedules } = parts
    this.#parts = parts
    const events = eventsOf(backend, clock)
    this.events = { publish: (event) => events.publish(event) }
    this.runs = {
      get inProgress() {
        return engine.runsInProgress
      },
      list: (query) => backend.list(query),
      get: (id) => recordOf(backend, id),
      resume: (id) => engine.resume(id),
      retry: (id) => engine.retry(id),
      cancel: (id) => engine.cancel(id),
      suspend: (id) => engine.suspend(id),
      fork: (id, options) => this.#fork(id, options),
      signal: (id, event) => events.signal(id, event),
    }
    this.workflows = deployedWorkflows(backend, schedules)
    this.modules = { list: () => kernel.modules(), get: (id) => this.#module(id) }
  }

  async start(): Promise<readonly LiveRun[]> {
    const { backend, engine, schedules } = this.#parts
    const unfinished = await backend.list({ statuses: resumable, attached: false, limit: resumedMax })
    const runs = await Promise.all(unfinished.toReversed().map(({ id }) => engine.resume(id)))
    schedules.start()
    return runs
  }

  idle(): Promise<void> {
    return this.#parts.engine.idle()
  }

  check(text: string, file = 'workflow.yaml'): CheckedWorkflow {
    return this.#parts.documents.check(text, file)
  }

  async run(workflow: CheckedWorkflow, input: Json): Promise<LiveRun> {
    const { text, workflows } = workflow
    return this.#parts.engine.start({ document: valid(workflow), text, workflows, input })
  }

  async close(): Promise<void> {
    await this.#parts.schedules.close()
    await this.#parts.engine.close()
    await this.#parts.kernel.close()
    await this.#parts.backend.close()
  }

  async #fork(id: string, { path, workflow, input }: ForkOptions): Promise<LiveRun> {
    const { engine, backend, documents } = this.#parts
    const source = await backend.get(id)
    return engine.start({
      document: workflow ? valid(workflow) : documents.read(source.document),
      text: workflow?.text ?? source.document,
      workflows: workflow?.workflows ?? source.workflows,
      input: input ?? source.input,
      past: { run: id, path },
    })
  }

  #module(id: string): ModuleInfo {
    const modules = this.#parts.kernel.modules()
    const found = modules.find((module) => module.id === id)
    if (found) return found
    const installed = modules.map((module) => module.id).join(', ')
    throw new NexusError(
      'module_not_found',
      `No module "${id}". Installed: ${installed}. Try: nexus modules list`,
    )
  }
}
