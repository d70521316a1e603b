/**
 * An open Nexus: one data directory, one kernel, one engine. Whatever it starts it stops in reverse.
 */
import { defaultSecrets, Engine, openEmbedded, Schedules, unfinishedStatuses } from '@nexus/engine'
import type {
  Backend,
  Forgetting,
  Forgotten,
  LifecycleEvent,
  LiveRun,
  MissedFirings,
  RunSummary,
  SecretProvider,
} from '@nexus/engine'
import {
  inProcessHost,
  openKernel,
  processHost,
  type JsonSchema,
  type Kernel,
  type KernelOptions,
  type NativeModule,
  type RunControl,
  type Source,
  type Wishes,
} from '@nexus/kernel'
import { systemClock, TaskFault } from '@nexus/sdk'
import type { Clock, Json, JsonObject, Log, Policy, Secrets, StreamChunk } from '@nexus/sdk'
import { join } from 'node:path'
import { totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { CheckedWorkflow, Surroundings } from './check.ts'
import { deployedSource, deployedWorkflows, type Workflows } from './deployed_workflows.ts'
import { Documents, valid } from './documents.ts'
import { eventsOf, type Events } from './events.ts'
import { followAll, followRun, type FollowOptions } from './follow.ts'
import { httpGetBy } from './http_get.ts'
import { placementBy } from './placement.ts'
import { fileAndHttpFetcher } from './resources/fetcher.ts'
import { pinsOf } from './resources/folder_pins.ts'
import type { PinStore } from './resources/pins.ts'
import { serviceRouter } from './natives/service_router.ts'
import { taskManager } from './natives/task_manager.ts'
import { modulesOf, type Modules } from './modules.ts'
import { RetentionKeeper, type Retention } from './retention.ts'
import { recordOf, type BlobReader, type RunReader } from './run_reader.ts'
import { version } from './version.ts'
import { eitherSource, folderSource } from './workflow_folders.ts'

export interface NexusOptions {
  /** The data directory, made when it is not there; one process holds it at a time. */
  readonly data: string
  /**
   * Folders of modules besides those that come with Nexus, laid out as `<type>s/<id>/manifest.yaml`, or the folders of
   * modules that are named. Later ones are nearer: they come before earlier ones, and those before what comes with Nexus.
   */
  readonly modules?: readonly (string | Source)[]
  /** Which modules must be there, in which range, and what a lock says of them; by default all that are there are taken. */
  readonly wishes?: Wishes
  /**
   * Folders whose modules run in this process, as those do that come with Nexus. A module from anywhere else runs in a
   * process of its own, without rights that its manifest does not list.
   */
  readonly trust?: readonly string[]
  /** Configuration by module id. */
  readonly config?: Readonly<Record<string, JsonObject>>
  /** Where secrets come from; from the environment (`NEXUS_SECRET_<NAME>`) and the folder `NEXUS_SECRETS_DIR` by default. */
  readonly secrets?: SecretProvider
  /** What modules may do, whatever documents and manifests say; everything that this process may by default. */
  readonly policy?: Policy
  /** Whether modules that are not trusted are refused where nothing confines them. */
  readonly mustConfine?: boolean
  /** Folders of workflow documents, for those that others run; the nearer first. */
  readonly workflows?: readonly string[]
  /** Capabilities that are not here but where a document will run: they count when one is checked. */
  readonly elsewhere?: readonly string[]
  /** The root of the catalog `default`: a folder or an address. */
  readonly defaultCatalog?: string
  /**
   * How many runs are in progress at once, and how many more may wait for their turn; both generous by default. Runs that
   * others begin, that are scheduled or that had begun before come on top.
   */
  readonly concurrency?: { readonly runsMax?: number; readonly pendingMax?: number }
  /** How long ended runs and accepted events are kept, while it is at work (`start`); for ever by default. */
  readonly retention?: Retention
  /**
   * What the plans of goals have together, which say what they need: one that does not fit beside the others waits. By default
   * the memory of this machine, and any number of processors.
   */
  readonly resources?: { readonly memoryMb?: number; readonly cpuCores?: number }
  /** What happens to the times of schedules that passed while nobody was up; `once` by default. */
  readonly missedFirings?: MissedFirings
  /** Modules start with their first task, whatever their manifests say: for who checks documents, and runs none. */
  readonly lazy?: boolean
  readonly clock?: Clock
  /** How long a module may take to set up and to tear down. */
  readonly deadlines?: KernelOptions['deadlines']
  /** Told after each step of a change of modules, before the next begins. */
  readonly stepped?: KernelOptions['stepped']
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
  /**
   * Says of a document what is wrong with it, without the network. Never throws. `base`: the folder of its file, for
   * what it names beside it; without it, it may name no files. `others`: texts of workflows that it may run, which go
   * before those that are found elsewhere.
   */
  check(text: string, file?: string, base?: string, others?: readonly string[]): CheckedWorkflow
  /**
   * Fetches what a checked document needs from outside (functions of catalogs, schemas); what came over HTTP is pinned
   * in the data directory. Comes back without a document, with problems, where something cannot be had.
   * What runs or deploys a document does it too.
   */
  complete(workflow: CheckedWorkflow): Promise<CheckedWorkflow>
  /**
   * Accepts a run of a checked document and begins it; it is on disk when the promise resolves. `key`: with the same one
   * a run is accepted once; then it rejects with `NexusError` `key_taken`, and `runs.keyed` has the run. `priority`: where
   * as many are in progress as may be (`concurrency`), it is pending until its turn comes, the higher ones first.
   */
  run(workflow: CheckedWorkflow, input: Json, options?: RunOptions): Promise<LiveRun>
  readonly runs: Runs
  readonly events: Pick<Events, 'publish'> & {
    /**
     * The lifecycle events of all runs and what happens to modules, from now on and as it comes, until the signal aborts.
     * Rejects with `NexusError` `reader_too_slow`.
     */
    follow(signal: AbortSignal): AsyncIterable<LifecycleEvent>
  }
  readonly workflows: Workflows
  /** Large data that tasks wrote, by content. */
  readonly blobs: BlobReader
  /** What came over HTTP and stays as it came, until it is removed: the next document that needs it fetches it anew. */
  readonly resources: Pick<PinStore, 'list' | 'remove'>
  readonly modules: Modules
  /** Stops every run where it is, tears the modules down, and lets go of the data. Safe to call twice. */
  close(): Promise<void>
}

export interface RunOptions {
  readonly key?: string
  /** A whole number; 0 without. */
  readonly priority?: number
}

export interface ForkOptions {
  readonly path: string
  readonly workflow?: CheckedWorkflow
  readonly input?: Json
}

export interface Runs extends Omit<RunReader, 'blobs' | 'close'> {
  /** Goes on with one unfinished run. */
  resume(id: string): Promise<LiveRun>
  /** Runs what faulted or was cancelled in an ended run anew; what completed stands. */
  retry(id: string): Promise<LiveRun>
  cancel(id: string): Promise<void>
  /** Stops a run where it is, with all that live together with it, until it is resumed. */
  suspend(id: string): Promise<void>
  /**
   * Removes ended runs for good, with what lives with them and the blobs that nobody else names; see `Backend.forget`.
   * Rejects with `NexusError` `run_not_found`, `run_not_ended` or `run_attached`, and nothing is removed.
   */
  forget(what: Omit<Forgetting, 'texts'>): Promise<Forgotten>
  /** How many are in progress here. */
  readonly inProgress: number
  /** What a list shows of one run. Rejects with `NexusError` `run_not_found`. */
  summary(id: string): Promise<RunSummary>
  /** One that is in progress here. */
  live(id: string): LiveRun | undefined
  /** The run that was accepted with this key, and what it began with. */
  keyed(key: string): Promise<(RunSummary & { readonly input: Json; readonly document: string }) | undefined>
  /**
   * The lifecycle events of one run from its beginning, or those after the one with the id `after`, as they come: until
   * it ends or stops here, or the signal aborts. In the order of the log, which is the same for everyone who reads.
   * Rejects with `NexusError` `run_not_found` or `reader_too_slow`.
   */
  follow(id: string, options: FollowOptions): AsyncIterable<LifecycleEvent>
  /**
   * A new run that shares the past of another, up to the result of the task at `path`, and goes on from there; with
   * another document or input where they are given. Rejects with `NexusError` `task_not_completed` and others.
   */
  fork(id: string, options: ForkOptions): Promise<LiveRun>
  /** Sends an event to one run alone, such as an approval. See `Events.signal`. */
  signal: Events['signal']
}

const firstParty = fileURLToPath(new URL('../../../modules', import.meta.url))
/** A cache beside what npm installed, as other tools have theirs. */
const buildsOfInstallation = fileURLToPath(new URL('../../../node_modules/.cache/nexus', import.meta.url))
const bytesOfMb = 1_048_576
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** Opens a data directory and the modules. Rejects with `NexusError` `data_held`, `database_corrupt` and others. */
export async function openNexus(options: NexusOptions): Promise<Nexus> {
  const { clock = systemClock, log = silent, secrets = defaultSecrets(process.env) } = options
  const given: Given = { ...options, clock, log, secrets }
  const backend = openEmbedded({ folder: options.data, clock })
  try {
    const control = runControl(backend)
    const natives = nativesOver(() => ({ kernel, backend, documents }))
    const kernel = await openModules(given, control.runs, natives)
    const pins = pinsOf(options.data)
    const documents = documentsWith(given, { kernel, backend, pins })
    const begun = new Set<(run: LiveRun) => void>()
    const { engine, schedules } = runsWith(given, { kernel, backend, documents, begun })
    control.by(engine)
    const { log, retention = {} } = given
    const texts = (): Iterable<string> => kernel.stateTexts()
    const keeper = new RetentionKeeper({ backend, clock, log, retention, texts })
    return new OpenNexus({ backend, kernel, engine, schedules, keeper, documents, pins, clock, begun })
  } catch (error) {
    await backend.close()
    throw error
  }
}

/** The options with what is there where they say nothing. */
type Given = NexusOptions & Required<Pick<NexusOptions, 'clock' | 'log' | 'secrets'>>

/** What changes of modules may do to runs: nothing before there is an engine. */
function runControl(backend: Backend): { readonly runs: RunControl; by(engine: Engine): void } {
  let engine: Engine | undefined
  return {
    runs: {
      began: () => backend.generations(),
      move: async (run) => engine?.restart(run),
      cancel: async (run) => engine?.cancel(run),
    },
    by: (opened) => void (engine = opened),
  }
}

/** The modules that are part of Nexus itself; they serve once all that they tell of is there. */
function nativesOver(parts: () => Pick<Parts, 'kernel' | 'backend' | 'documents'>): readonly NativeModule[] {
  const check = (text: string): CheckedWorkflow => parts().documents.check(text, 'workflow')
  return [serviceRouter(() => parts().kernel), taskManager(() => ({ backend: parts().backend, check }))]
}

function openModules(
  { data, clock, log, secrets, ...options }: Given,
  runs: RunControl,
  natives: readonly NativeModule[],
): Promise<Kernel> {
  const { modules = [], wishes, trust = [], config = {}, policy, mustConfine = false } = options
  const { deadlines, stepped, lazy } = options
  return openKernel({
    sharedBuilds: { folder: buildsOfInstallation, sources: [firstParty] },
    sources: [{ name: 'nexus', folder: firstParty }, ...modules],
    ...(wishes && { wishes }),
    data,
    clock,
    log,
    config,
    secrets: forModules(secrets),
    hosts: [
      inProcessHost,
      processHost({ folder: join(data, 'hosts'), clock, environment: process.env, mustConfine }),
    ],
    placement: placementBy([firstParty, ...trust]),
    runs,
    natives,
    ...(policy && { policy }),
    ...(deadlines && { deadlines }),
    ...(stepped && { stepped }),
    ...(lazy && { lazy }),
  })
}

function documentsWith(
  { workflows = [], elsewhere = [], clock, secrets, defaultCatalog, lazy = false }: Given,
  { kernel, backend, pins }: Pick<Parts, 'kernel' | 'backend' | 'pins'>,
): Documents {
  const http = httpGetBy(() => kernel.route('http'), clock)
  const surroundings = (): Surroundings => ({
    generation: kernel.generation.number,
    provided: [...kernel.capabilities(), ...elsewhere],
    wouldProvide: (capability) => kernel.whoWouldProvide(capability),
    inputSchemas: (capability) => inputSchemaOf(kernel, capability),
    source: eitherSource([folderSource(workflows), deployedSource(backend)]),
    // Only a module that has started can say it: who starts none leaves that to where the document will run.
    unavailable: async (capability) => (lazy ? undefined : kernel.route(capability)?.unavailable()),
  })
  return new Documents(surroundings, {
    fetcher: fileAndHttpFetcher({ http, clock }),
    pins,
    secrets,
    ...(defaultCatalog !== undefined && { defaultCatalog }),
  })
}

/** An orchestrator gets its task as it is written, which the language describes. */
function inputSchemaOf(kernel: Kernel, capability: string): JsonSchema | undefined {
  const route = kernel.route(capability)
  return route?.type === 'orchestrator' ? undefined : route?.provided.input_schema
}

function runsWith(
  { clock, log, secrets, missedFirings = 'once', stream, runBegan, concurrency, resources }: Given,
  { kernel, backend, documents, begun }: Pick<Parts, 'kernel' | 'backend' | 'documents' | 'begun'>,
): Pick<Parts, 'engine' | 'schedules'> {
  const common = { backend, clock, runtime: { name: 'nexus', version, metadata: {} } }
  const engine = new Engine({
    ...common,
    capabilities: {
      current: () => kernel.generation.number,
      hold: (run, began) => kernel.hold(run, began),
    },
    secrets,
    read: (text, variables) => documents.read(text, variables),
    sourceOf: (text, reference) => documents.sourceOf(text, reference),
    prepare: (document) => documents.prepare(document),
    ...(stream && { stream }),
    ...(concurrency && { concurrency }),
    resources: { memoryMb: totalmem() / bytesOfMb, cpuCores: Infinity, ...resources },
    began: (run) => {
      runBegan?.(run)
      for (const tell of begun) tell(run)
    },
  })
  const schedules = new Schedules({
    ...common,
    log,
    missed: missedFirings,
    read: (text) => documents.read(text),
    begin: (run) => void engine.begin(run),
    ended: (run, signal) => engine.ended(run, signal),
  })
  return { engine, schedules }
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

/** A suspended one waits until it is asked for by its id. */
export const resumable = unfinishedStatuses.filter((status) => status !== 'suspended')
/** Runs that are gone on with at once. */
const resumedMax = 100_000

interface Parts {
  readonly backend: Backend
  readonly kernel: Kernel
  readonly engine: Engine
  readonly schedules: Schedules
  readonly keeper: RetentionKeeper
  readonly documents: Documents
  readonly pins: PinStore
  readonly clock: Clock
  /** Who is told of runs that begin or go on. */
  readonly begun: Set<(run: LiveRun) => void>
}

class OpenNexus implements Nexus {
  readonly #parts: Parts
  readonly runs: Runs
  readonly events: Nexus['events']
  readonly modules: Nexus['modules']
  readonly workflows: Workflows
  readonly resources: Nexus['resources']
  readonly blobs: BlobReader

  constructor(parts: Parts) {
    const { backend, kernel, engine, clock, schedules } = parts
    this.#parts = parts
    this.resources = parts.pins
    this.blobs = backend.blobs
    const events = eventsOf(backend, clock)
    this.events = {
      publish: (event) => events.publish(event),
      follow: (signal) => followAll(parts, signal),
    }
    this.runs = {
      get inProgress() {
        return engine.runsInProgress
      },
      list: (query) => backend.list(query),
      get: (id) => recordOf(backend, id),
      summary: (id) => backend.get(id),
      live: (id) => engine.live(id),
      keyed: (key) => backend.keyed(key),
      follow: (id, options) => followRun(parts, id, options),
      resume: (id) => engine.resume(id),
      retry: (id) => engine.retry(id),
      cancel: (id) => engine.cancel(id),
      suspend: (id) => engine.suspend(id),
      forget: (what) => parts.keeper.forget(what),
      fork: (id, options) => this.#fork(id, options),
      signal: (id, event) => events.signal(id, event),
    }
    this.workflows = deployedWorkflows(backend, schedules, parts.documents)
    this.modules = modulesOf(kernel)
  }

  async start(): Promise<readonly LiveRun[]> {
    const { backend, engine, schedules, keeper } = this.#parts
    const unfinished = await backend.list({ statuses: resumable, attached: false, limit: resumedMax })
    const oldestFirst = unfinished.toReversed()
    const begun = oldestFirst.filter(({ startedAt }) => startedAt !== undefined)
    const waiting = oldestFirst.filter(({ startedAt }) => startedAt === undefined)
    waiting.sort((one, other) => other.priority - one.priority)
    const runs = await Promise.all(begun.map(({ id }) => engine.resume(id)))
    for (const { id } of waiting) runs.push(await engine.resume(id)) // as far as there is room, by their priorities
    schedules.start()
    keeper.start()
    return runs
  }

  idle(): Promise<void> {
    return this.#parts.engine.idle()
  }

  check(
    text: string,
    file = 'workflow.yaml',
    base?: string,
    others: readonly string[] = [],
  ): CheckedWorkflow {
    return this.#parts.documents.check(text, file, base, others)
  }

  complete(workflow: CheckedWorkflow): Promise<CheckedWorkflow> {
    return this.#parts.documents.complete(workflow)
  }

  async run(
    workflow: CheckedWorkflow,
    input: Json,
    { key, priority = 0 }: RunOptions = {},
  ): Promise<LiveRun> {
    const whole = await this.complete(workflow)
    const { text, workflows, sources } = whole
    return this.#parts.engine.start({
      document: valid(whole),
      text,
      workflows,
      input,
      priority,
      ...(sources && { sources }),
      ...(key !== undefined && { key }),
    })
  }

  async close(): Promise<void> {
    await this.#parts.keeper.close()
    await this.#parts.schedules.close()
    await this.#parts.engine.close()
    await this.#parts.kernel.close()
    await this.#parts.backend.close()
  }

  async #fork(id: string, { path, workflow, input }: ForkOptions): Promise<LiveRun> {
    const { engine, backend, documents } = this.#parts
    const source = await backend.get(id)
    const changed = workflow && (await this.complete(workflow))
    const { sources } = changed ?? source
    return engine.start({
      document: changed ? valid(changed) : documents.read(source.document),
      text: changed?.text ?? source.document,
      workflows: changed?.workflows ?? source.workflows,
      input: input ?? source.input,
      past: { run: id, path },
      ...(sources && { sources }),
    })
  }
}
