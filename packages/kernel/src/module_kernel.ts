/**
 * The kernel itself: what the catalogue has, the generation that serves, and what is told of both.
 */
import { NexusError, openPolicy, type Log } from '@nexus/sdk'
import { openArtifactStore } from './artifact.ts'
import { openBuilder, type Builder } from './build.ts'
import { Catalogue, reportProblems } from './catalogue.ts'
import { Changes, type Change } from './change.ts'
import { lockOfServing } from './choosing/lock_differences.ts'
import { storeName } from './choosing/pool.ts'
import { defaultDeadlines } from './deadline.ts'
import { Disclosed } from './disclosed.ts'
import { discoverAt, type Source } from './discover.ts'
import { Fleet } from './fleet.ts'
import { isQualified, type Generation, type Route } from './generation.ts'
import { GenerationJournal, type StoredGeneration } from './generation_journal.ts'
import { ModuleFailure } from './host.ts'
import { inProcessHost } from './hosts/in_process.ts'
import { noSecrets, stateOf } from './hosts/services.ts'
import { Lineage } from './lineage.ts'
import type { HeldModules, Holder, Kernel, KernelOptions } from './kernel.ts'
import { liveVersions, type LiveVersion } from './live_versions.ts'
import { openManifestCache, type ManifestCache } from './manifest_cache.ts'
import { missingPythonPackages } from './missing_packages.ts'
import { nobodyProvides, whoWouldProvide } from './missing_capability.ts'
import { ModuleEvents, type ModuleEvent } from './module_events.ts'
import { describeModules, type ModuleInfo } from './module_info.ts'
import { didYouMean } from './nearest.ts'
import type { Outdated } from './outdated.ts'
import { formatProblem } from './problem.ts'
import { prune } from './pruning.ts'
import type { Receipt } from './receipt.ts'
import type { Lock } from './resolution/lock.ts'
import { RecordedTasks } from './recorded_tasks.ts'
import type { StageOptions } from './stage.ts'
import { aboutSlot, tellCrash, tellReceipt, tellStaged } from './telling.ts'

export class ModuleKernel implements Kernel {
  readonly #options: KernelOptions
  readonly #sources: readonly Source[]
  readonly #artifacts: string
  readonly #builder: Builder
  readonly #manifests: ManifestCache
  readonly #journal: GenerationJournal
  readonly #recorded: RecordedTasks
  readonly #events: ModuleEvents
  readonly #fleet: Fleet
  readonly #lineage: Lineage
  readonly #changes: Changes
  readonly #catalogue: Catalogue
  readonly #disclosed = new Map<string, Disclosed>()
  #closing: Promise<void> | undefined

  constructor(options: KernelOptions) {
    const { data, clock, log } = options
    const store = openArtifactStore(data)
    this.#options = options
    this.#events = new ModuleEvents(() => clock.now())
    this.#fleet = new Fleet({
      started: (slot) => this.#events.tell({ kind: 'loaded', module: aboutSlot(slot) }),
      stopped: (slot, { problems }) => {
        const detail = problems.length > 0 && { detail: problems.join('\n') }
        this.#events.tell({ kind: 'unloaded', module: aboutSlot(slot), ...detail })
      },
    })
    this.#sources = options.sources.map((source) =>
      typeof source === 'string' ? { name: source, folder: source } : source,
    )
    this.#artifacts = store.folder
    this.#builder = openBuilder(store, options.sharedBuilds)
    this.#manifests = openManifestCache(store.folder)
    this.#journal = new GenerationJournal(data)
    this.#recorded = new RecordedTasks(data, clock)
    this.#journal.onReceipt = (receipt) => tellReceipt(this.#events, receipt)
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
      surroundings: () => ({
        offered: this.#catalogue.offered(),
        wanted: options.wishes?.modules ?? {},
      }),
      stepped: (step) => {
        if (step === 'stage') tellStaged(this.#events, this.#fleet, this.#lineage)
        options.stepped?.(step)
      },
      runs: options.runs,
      recorded: this.#recorded,
    })
    this.#catalogue = new Catalogue({
      sources: this.#sources,
      wishes: options.wishes ?? {},
      readManifest,
      journal: this.#journal,
      prepare: (candidates) => this.#changes.prepare(candidates),
      log,
    })
  }

  get generation(): Generation {
    return this.#lineage.current
  }

  async open(): Promise<void> {
    await this.#takeSources()
    await this.#prune()
    reportProblems(this.modules(), this.#options.log)
    this.#catalogue.reportUnused(this.#options.config ?? {})
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
    const catalogue = this.#catalogue
    catalogue.discover()
    const taken = await this.#changes.takeSources(catalogue)
    this.#saveCaches()
    catalogue.settle(taken.problems)
    return taken.receipt
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
    const { placement = (): undefined => undefined, policy = openPolicy, lazy = false } = this.#options
    const deadlines = { ...defaultDeadlines, ...this.#options.deadlines }
    return {
      builder: this.#builder,
      hosts,
      placement,
      config,
      recorded: this.#recorded,
      lazy,
      services: (manifest, line) => {
        const disclosed = this.#disclosedTo(manifest.id)
        return {
          clock,
          secrets: disclosed.through(secrets),
          disclosed,
          policy,
          deadlines,
          log: disclosed.log(logOf(log, manifest.id)),
          state: stateOf(manifest, this.#journal.stateOf(line)),
          crashed: (detail) => tellCrash(this.#events, this.#fleet, manifest.id, disclosed.mask(detail)),
        }
      },
    }
  }

  /** One for all versions: what one was handed, it may hand over to the next. */
  #disclosedTo(id: string): Disclosed {
    const known = this.#disclosed.get(id) ?? new Disclosed()
    this.#disclosed.set(id, known)
    return known
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
    return this.#telling(this.#changes.apply(change))
  }

  rescan(): Promise<Receipt | undefined> {
    return this.#changes.exclusively(() => this.#takeSources())
  }

  idAt(folder: string): string | undefined {
    try {
      return discoverAt(folder, 0, this.#manifests.read).id
    } catch {
      return undefined // whoever brings it in is told why
    }
  }

  activate(generation: number): Promise<Receipt> {
    return this.#telling(this.#changes.activate(generation))
  }

  /** What could not be is told as well. */
  async #telling(change: Promise<Receipt>): Promise<Receipt> {
    try {
      return await change
    } catch (error) {
      if (error instanceof ModuleFailure) this.#events.tell({ kind: 'refused', detail: error.message })
      throw error
    }
  }

  listen(listener: (event: ModuleEvent) => void): () => void {
    return this.#events.listen(listener)
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

  whoWouldProvide(capability: string): string | undefined {
    return whoWouldProvide(capability, this.#catalogue.found, this.modules())
  }

  explainMissing(capability: string): string {
    const known = this.routes().map((route) => route.capability)
    return this.whoWouldProvide(capability) ?? nobodyProvides(capability, known)
  }

  outdated(): readonly Outdated[] {
    return this.#catalogue.outdated()
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
      ...this.#catalogue.describe(),
      generation: this.#lineage.current,
      versionsOf: (id) => this.#versionsOf(id),
    })
  }

  #versionsOf(id: string): readonly LiveVersion[] {
    const { holders, current } = this.#lineage
    return liveVersions(id, this.#fleet.slots, {
      current: current.number,
      held: holders.generations,
      slotsFor: (generation) => this.#lineage.slotsFor(generation),
      runsOf: (generation) => holders.runsOf(generation),
    })
  }

  stateTexts(): Iterable<string> {
    return this.#journal.stateTexts()
  }

  async load(id: string): Promise<void> {
    const slot = this.#lineage.current.slots.get(id)
    if (slot !== undefined) return void (await slot.start())
    const info = this.modules().find((module) => module.id === id)
    if (info === undefined) {
      const { ids } = this.#catalogue
      throw new NexusError(
        'module_not_found',
        `No module "${id}". ${didYouMean(id, ids) ?? `Here are: ${ids.join(', ')}.`}`,
      )
    }
    const found = this.#catalogue.find(id)
    const packages = found === undefined ? [] : await missingPythonPackages(found)
    const why = [...info.problems, ...packages].map(formatProblem).join('\n')
    throw new ModuleFailure(
      `Module "${id}" cannot be loaded:\n${why || 'It is not among the modules in use.'}`,
    )
  }

  async unload(id: string): Promise<void> {
    const slot = this.#lineage.current.slots.get(id)
    if (slot === undefined) {
      const ids = [...this.#lineage.current.slots.keys()]
      throw new ModuleFailure(`No module "${id}" is in use. In use: ${ids.join(', ')}.`)
    }
    const dependents = this.#fleet.slots.filter((each) => each.loaded && each.dependencies.includes(slot))
    if (dependents.length === 0) {
      const report = await this.#fleet.unload(slot)
      for (const problem of report?.problems ?? []) this.#options.log.warn(problem, { module: id })
      return
    }
    const names = dependents.map(({ manifest }) => manifest.id).join(', ')
    const verb = dependents.length === 1 ? 'depends on it and is' : 'depend on it and are'
    throw new ModuleFailure(`Module "${id}" is not unloaded: ${names} ${verb} loaded. Unload that first.`)
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
