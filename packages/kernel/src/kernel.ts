/**
 * The kernel: finds the modules, brings those that fit together into a generation, and routes tasks through the current
 * one until it is closed. It names no module and knows none. One of its own runs at a time on a data folder, which is for
 * whoever opens it to see to. How one generation follows another is in `change.ts`.
 */
import {
  NexusError,
  openPolicy,
  type Clock,
  type JsonObject,
  type Log,
  type Policy,
  type Secrets,
} from '@nexus/sdk'
import { openArtifactStore } from './artifact.ts'
import { openBuilder, type Builder } from './build.ts'
import { Changes, type Change } from './change.ts'
import { choose, type Choice } from './choosing/choose.ts'
import { lockOfServing } from './choosing/lock_differences.ts'
import { storeName } from './choosing/pool.ts'
import type { Wishes } from './choosing/wishes.ts'
import type { RunControl } from './changes/run_control.ts'
import { defaultDeadlines, type Deadlines } from './deadline.ts'
import { discover, type FoundModule, type Source } from './discover.ts'
import { Fleet } from './fleet.ts'
import { isQualified, type Generation, type NativeModule, type Route } from './generation.ts'
import { GenerationJournal, type StoredGeneration } from './generation_journal.ts'
import { ModuleFailure, type Host } from './host.ts'
import { inProcessHost } from './hosts/in_process.ts'
import { noSecrets, stateOf } from './hosts/services.ts'
import { Lineage, storedCandidate } from './lineage.ts'
import { openManifestCache, type ManifestCache } from './manifest_cache.ts'
import { missingPythonPackages } from './missing_packages.ts'
import { describeModules, type ModuleInfo } from './module_info.ts'
import { didYouMean } from './nearest.ts'
import { formatProblem, type Problem } from './problem.ts'
import { prune } from './pruning.ts'
import type { Receipt, Step } from './receipt.ts'
import type { Lock } from './resolution/lock.ts'
import { RecordedTasks } from './recorded_tasks.ts'
import type { Candidate, Placement, StageOptions } from './stage.ts'

export interface KernelOptions {
  /**
   * Folders like `modules/`, searched for `<type>s/<id>/manifest.yaml`, or the folders of modules that are named. Later
   * ones are nearer to the user: of a module that several have, the nearest is taken that goes together with the others.
   */
  readonly sources: readonly (string | Source)[]
  /** Artifacts go to `<data>/artifacts`, generations to `<data>/modules.db`. */
  readonly data: string
  readonly clock: Clock
  readonly log: Log
  /** By module id. */
  readonly config?: Readonly<Record<string, JsonObject>>
  readonly secrets?: Secrets
  /** Which modules are wanted; by default all that are there. */
  readonly wishes?: Wishes
  /** What modules may do; everything by default. */
  readonly policy?: Policy
  readonly deadlines?: Partial<Deadlines>
  /** Told after each step of a change, before the next begins. */
  readonly stepped?: (step: Step) => void
  /** Closed with the kernel. */
  readonly hosts?: readonly Host[]
  /** Where a module runs; by default in the first host that runs its language. */
  readonly placement?: Placement
  /** Modules of whoever opens the kernel. */
  readonly natives?: readonly NativeModule[]
  /** Who moves and cancels runs in flight, where a change asks for that. */
  readonly runs?: RunControl
}

/** What a run in flight sees of the modules, for as long as it holds them. */
export interface HeldModules {
  /** Who does that task for this run, at the moment. */
  find(capability: string): Route | undefined
  release(): void
}

export interface Holder {
  readonly run: string
  readonly version: string
  readonly artifact: string
}

export interface Kernel {
  /** The current one; immutable. */
  readonly generation: Generation
  /** Who does that task, through the current generation. */
  route(capability: string): Route | undefined
  /** Of every task the one that it is routed to. */
  routes(): readonly Route[]
  /** Every name that `route` finds somebody for: tasks, and tasks of one module as `module/task`. */
  capabilities(): readonly string[]
  /**
   * For a run in flight that began under a generation: minor and patch versions are followed at the next task, of another
   * major version the run keeps what it began with.
   */
  hold(run: string, generation: number): HeldModules
  /** The runs that see a module, and which version of it. */
  holders(id: string): readonly Holder[]
  /**
   * Brings modules in or out, or changes their configuration, all of it or nothing, while tasks go on. Resolves when it
   * is live; what leaves is drained after that. Rejects with `ModuleFailure`, and nothing has changed.
   */
  change(change: Change): Promise<Receipt>
  /**
   * Looks at the sources again, and takes what has changed there, as far as it can be used: what is wrong with the rest is
   * told by `modules`. Undefined where nothing has changed.
   */
  rescan(): Promise<Receipt | undefined>
  /** Goes back, or forth, to a generation that was committed once. Rejects with `ModuleFailure`. */
  activate(generation: number): Promise<Receipt>
  /** Oldest first. */
  generations(): readonly StoredGeneration[]
  receipts(): readonly Receipt[]
  /** Resolves when nothing is left to drain but what runs in flight hold. */
  settled(): Promise<void>
  /** What the modules that were asked for in writing, and those that they depend on, have come to. */
  lock(): Lock
  /** Why no module does that task, and what to do, in a sentence. */
  explainMissing(capability: string): string
  modules(): readonly ModuleInfo[]
  /** Starts a module that waits for its first use. Rejects with `ModuleFailure`, which says all that is missing. */
  load(id: string): Promise<void>
  /** Stops everything that was started, in reverse order, exactly once, whatever fails. Safe to call twice. */
  close(): Promise<void>
}

/** Discovers, resolves, builds, stages and commits generation 1. On a failure, what had been started is stopped again. */
export async function openKernel(options: KernelOptions): Promise<Kernel> {
  const kernel = new ModuleKernel(options)
  try {
    await kernel.open()
    return kernel
  } catch (error) {
    await kernel.close()
    throw error
  }
}

class ModuleKernel implements Kernel {
  readonly #options: KernelOptions
  readonly #sources: readonly Source[]
  readonly #artifacts: string
  readonly #builder: Builder
  readonly #manifests: ManifestCache
  readonly #journal: GenerationJournal
  readonly #recorded: RecordedTasks
  readonly #fleet = new Fleet()
  readonly #lineage: Lineage
  readonly #changes: Changes
  #found: readonly FoundModule[] = []
  #choice: Choice | undefined
  /** What kept modules from starting, by id. */
  #problems: ReadonlyMap<string, readonly Problem[]> = new Map()
  #closing: Promise<void> | undefined

  constructor(options: KernelOptions) {
    const { data, clock, log } = options
    const store = openArtifactStore(data)
    this.#options = options
    this.#sources = options.sources.map((source) =>
      typeof source === 'string' ? { name: source, folder: source } : source,
    )
    this.#artifacts = store.folder
    this.#builder = openBuilder(store)
    this.#manifests = openManifestCache(store.folder)
    this.#journal = new GenerationJournal(data)
    this.#recorded = new RecordedTasks(data, clock)
    const staging = { ...this.#stageOptions(), store, fleet: this.#fleet }
    this.#lineage = new Lineage({
      journal: this.#journal,
      fleet: this.#fleet,
      staging,
      log,
      natives: options.natives ?? [],
    })
    const readManifest = this.#manifests.read
    this.#changes = new Changes({
      journal: this.#journal,
      lineage: this.#lineage,
      fleet: this.#fleet,
      staging,
      clock,
      log,
      readManifest,
      surroundings: () => ({ offered: this.#offered(), wanted: options.wishes?.modules ?? {} }),
      stepped: options.stepped ?? ((): void => {}),
      runs: options.runs,
      recorded: this.#recorded,
    })
  }

  get generation(): Generation {
    return this.#lineage.current
  }

  async open(): Promise<void> {
    await this.#takeSources()
    await this.#prune()
    this.#report()
  }

  /** What cannot be pruned stays, and is tried again at the next start. */
  async #prune(): Promise<void> {
    const { runs, log } = this.#options
    try {
      const began = (await runs?.began()) ?? [1]
      const { generations, artifacts } = prune(this.#journal, began, this.#artifacts)
      if (generations > 0) log.debug(`Forgot ${generations} old generations and ${artifacts} artifacts.`)
    } catch (error) {
      log.warn(`Old generations could not be forgotten: ${String(error)}`)
    }
  }

  /** Discovers, and makes what is there the current generation. */
  async #takeSources(): Promise<Receipt | undefined> {
    this.#found = discover(this.#sources, this.#manifests.read)
    const taken = await this.#changes.takeSources(async (refused) => {
      const before = this.#journal.current()
      this.#choice = await choose({
        found: this.#found,
        sources: this.#sources,
        wishes: this.#options.wishes ?? {},
        before,
        refused,
        served: (id, artifact) => this.#journal.find(id, artifact),
        prepare: (candidates) => this.#changes.prepare(candidates),
      })
      return this.#choice.prepared
    })
    this.#saveCaches()
    this.#problems = taken.problems
    this.#tellOfChoice()
    return taken.receipt
  }

  #tellOfChoice(): void {
    const { log } = this.#options
    const { prepared = [], differences = [] } = this.#choice ?? {}
    for (const difference of differences) log.warn(`${difference} To take what is there: nexus modules lock`)
    for (const { candidate } of prepared) {
      const { id, manifest, stored } = candidate
      if (!stored || !this.#found.some((found) => found.id === id && this.#keptOut(found).length > 0))
        continue
      log.warn(
        `What is in the folder of "${id}" cannot be used; version ${manifest.version} of before goes on.`,
      )
    }
  }

  /** What keeps a module of the folders from being chosen. */
  #keptOut(found: FoundModule): readonly Problem[] {
    return [...found.problems, ...(this.#choice?.problems.get(found.file) ?? [])]
  }

  /** The modules of the folders that can be used. */
  #offered(): readonly Candidate[] {
    return this.#found.flatMap((found) => {
      const { manifest } = found
      return manifest && this.#keptOut(found).length === 0 ? [{ ...found, manifest }] : []
    })
  }

  /** A cache that cannot be written costs the next start some time, and nothing else. */
  #saveCaches(): void {
    try {
      this.#builder.save()
      this.#manifests.save()
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      this.#options.log.warn(`What was built could not be remembered, so the next start builds again: ${why}`)
    }
  }

  #stageOptions(): Omit<StageOptions, 'store' | 'fleet'> {
    const { clock, log, config = {}, secrets = noSecrets, hosts = [inProcessHost] } = this.#options
    const { placement = (): undefined => undefined, policy = openPolicy } = this.#options
    const deadlines = { ...defaultDeadlines, ...this.#options.deadlines }
    return {
      builder: this.#builder,
      hosts,
      placement,
      config,
      recorded: this.#recorded,
      services: (manifest, line) => ({
        clock,
        secrets,
        policy,
        deadlines,
        log: logOf(log, manifest.id),
        state: stateOf(manifest, this.#journal.stateOf(line)),
      }),
    }
  }

  #report(): void {
    const { log, config = {} } = this.#options
    for (const { id, problems } of this.modules()) {
      for (const problem of problems) log.warn(formatProblem(problem), { module: id })
    }
    const ids = this.#found.map((found) => found.id)
    for (const id of Object.keys(config)) {
      if (ids.includes(id)) continue
      log.warn(
        `There is configuration for a module "${id}", which is not here. ${didYouMean(id, ids) ?? ''}`.trim(),
      )
    }
  }

  route(capability: string): Route | undefined {
    return this.#lineage.current.routes.get(capability)
  }

  routes(): readonly Route[] {
    return [...this.#lineage.current.routes.values()].filter(({ capability }) => !isQualified(capability))
  }

  capabilities(): readonly string[] {
    return [...this.#lineage.current.routes.keys()]
  }

  hold(run: string, generation: number): HeldModules {
    const release = this.#lineage.holders.hold(run, generation)
    return {
      find: (capability) => this.#lineage.routesFor(generation).get(capability),
      release: () => {
        release()
        this.#changes.drain()
      },
    }
  }

  holders(id: string): readonly Holder[] {
    const { holders } = this.#lineage
    return [...holders.generations].flatMap((generation) => {
      const slot = this.#lineage.slotsFor(generation).get(id)
      if (!slot) return []
      const { manifest, artifact } = slot
      return holders
        .runsOf(generation)
        .map((run) => ({ run, version: manifest.version, artifact: artifact.digest }))
    })
  }

  change(change: Change): Promise<Receipt> {
    return this.#changes.apply(change)
  }

  rescan(): Promise<Receipt | undefined> {
    return this.#changes.exclusively(() => this.#takeSources())
  }

  activate(generation: number): Promise<Receipt> {
    return this.#changes.activate(generation)
  }

  generations(): readonly StoredGeneration[] {
    return this.#journal.list()
  }

  receipts(): readonly Receipt[] {
    return this.#journal.receipts()
  }

  settled(): Promise<void> {
    return this.#changes.settled()
  }

  explainMissing(capability: string): string {
    const first = this.modules().find(({ provides }) => provides.some(({ task }) => task === capability))
    if (first === undefined) {
      const hint = didYouMean(
        capability,
        this.routes().map((route) => route.capability),
      )
      return `No module provides "${capability}".${hint === undefined ? '' : ` ${hint}`}`
    }
    const [problem] = first.problems
    const why =
      problem === undefined ? 'is not among the modules in use' : `cannot be used: ${formatProblem(problem)}`
    return `"${capability}" is provided by module "${first.id}", which ${why}`
  }

  lock(): Lock {
    const stored = this.#journal.current()?.modules ?? {}
    const serving = Object.values(stored).map(({ manifest, artifact, source }) => {
      return { manifest, artifact, from: this.#sources[source]?.name ?? storeName }
    })
    return lockOfServing(this.#options.wishes ?? {}, serving)
  }

  modules(): readonly ModuleInfo[] {
    return describeModules({
      found: this.#found,
      serving: this.#serving(),
      generation: this.#lineage.current,
      problemsOf: (candidate) => [
        ...(this.#choice?.problems.get(candidate.file) ?? []),
        ...(this.#problems.get(candidate.id) ?? []),
      ],
      nameOf: (candidate) => this.#choice?.pool.nameOf(candidate) ?? storeName,
      wanted: this.#options.wishes?.modules ?? {},
    })
  }

  /** What was chosen, and in its place, or beside it, what a change has brought in. */
  #serving(): ReadonlyMap<string, Candidate> {
    const chosen = (this.#choice?.prepared ?? []).map(({ candidate }) => [candidate.id, candidate] as const)
    const brought = Object.entries(this.#journal.current()?.modules ?? {}).flatMap(([id, module]) =>
      module.instead_of === undefined ? [] : [[id, storedCandidate(module)] as const],
    )
    return new Map([...chosen, ...brought])
  }

  async load(id: string): Promise<void> {
    const slot = this.#lineage.current.slots.get(id)
    if (slot !== undefined) return void (await slot.start())
    const info = this.modules().find((module) => module.id === id)
    if (info === undefined) {
      const ids = this.#found.map((found) => found.id)
      throw new NexusError(
        'module_not_found',
        `No module "${id}". ${didYouMean(id, ids) ?? `Here are: ${ids.join(', ')}.`}`,
      )
    }
    const found = this.#found.findLast((module) => module.id === id)
    const packages = found === undefined ? [] : await missingPythonPackages(found)
    const why = [...info.problems, ...packages].map(formatProblem).join('\n')
    throw new ModuleFailure(
      `Module "${id}" cannot be loaded:\n${why || 'It is not among the modules in use.'}`,
    )
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeOnce()
    return this.#closing
  }

  async #closeOnce(): Promise<void> {
    await this.#changes.close()
    await this.#fleet.close()
    for (const host of this.#options.hosts ?? []) await host.close?.()
    await this.#builder.close()
    this.#journal.close()
    this.#recorded.close()
  }
}

/** Every message of a module says whose it is. */
function logOf(log: Log, module: string): Log {
  return {
    debug: (message, fields) => log.debug(message, { module, ...fields }),
    info: (message, fields) => log.info(message, { module, ...fields }),
    warn: (message, fields) => log.warn(message, { module, ...fields }),
    error: (message, fields) => log.error(message, { module, ...fields }),
  }
}
