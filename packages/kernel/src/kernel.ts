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
import { defaultDeadlines, type Deadlines } from './deadline.ts'
import { discover, type FoundModule } from './discover.ts'
import { Fleet } from './fleet.ts'
import type { Generation, Route } from './generation.ts'
import { GenerationJournal, type StoredGeneration } from './generation_journal.ts'
import { ModuleFailure, type Host } from './host.ts'
import { inProcessHost } from './hosts/in_process.ts'
import { noSecrets, stateOf } from './hosts/services.ts'
import { Lineage, storedCandidate } from './lineage.ts'
import { openManifestCache, type ManifestCache } from './manifest_cache.ts'
import { missingPythonPackages } from './missing_packages.ts'
import { describeModule, type ModuleInfo } from './module_info.ts'
import { didYouMean } from './nearest.ts'
import { formatProblem, type Problem } from './problem.ts'
import type { Receipt, Step } from './receipt.ts'
import { resolve, withDependencies } from './resolve.ts'
import type { Candidate, Placement, StageOptions } from './stage.ts'

export interface KernelOptions {
  /** Folders like `modules/`, searched for `<type>s/<id>/manifest.yaml`; later ones are nearer to the user. */
  readonly sources: readonly string[]
  /** Artifacts go to `<data>/artifacts`, generations to `<data>/modules.db`. */
  readonly data: string
  readonly clock: Clock
  readonly log: Log
  /** By module id. */
  readonly config?: Readonly<Record<string, JsonObject>>
  readonly secrets?: Secrets
  /** What modules may do; everything by default. */
  readonly policy?: Policy
  /** Only these modules and what they depend on are taken; the others are listed. */
  readonly only?: readonly string[]
  readonly deadlines?: Partial<Deadlines>
  /** Told after each step of a change, before the next begins. */
  readonly stepped?: (step: Step) => void
  /** Closed with the kernel. */
  readonly hosts?: readonly Host[]
  /** Where a module runs; by default in the first host that runs its language. */
  readonly placement?: Placement
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
  routes(): readonly Route[]
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
  readonly #builder: Builder
  readonly #manifests: ManifestCache
  readonly #journal: GenerationJournal
  readonly #fleet = new Fleet()
  readonly #lineage: Lineage
  readonly #changes: Changes
  #found: readonly FoundModule[] = []
  #problems: ReadonlyMap<string, readonly Problem[]> = new Map()
  #closing: Promise<void> | undefined

  constructor(options: KernelOptions) {
    const { data, clock, log } = options
    const store = openArtifactStore(data)
    this.#options = options
    this.#builder = openBuilder(store)
    this.#manifests = openManifestCache(store.folder)
    this.#journal = new GenerationJournal(data)
    const staging = { ...this.#stageOptions(), store, fleet: this.#fleet }
    this.#lineage = new Lineage({ journal: this.#journal, fleet: this.#fleet, staging, log })
    const readManifest = this.#manifests.read
    this.#changes = new Changes({
      journal: this.#journal,
      lineage: this.#lineage,
      fleet: this.#fleet,
      staging,
      clock,
      log,
      readManifest,
      stepped: options.stepped ?? ((): void => {}),
    })
  }

  get generation(): Generation {
    return this.#lineage.current
  }

  async open(): Promise<void> {
    await this.#takeSources()
    this.#report()
  }

  /** Discovers, and makes what is there the current generation. */
  async #takeSources(): Promise<Receipt | undefined> {
    this.#found = discover(this.#options.sources, this.#manifests.read)
    const { candidates, problems } = this.#choose()
    const taken = await this.#changes.takeSources(candidates)
    this.#saveCaches()
    this.#problems = new Map([...problems, ...taken.problems])
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

  /** The modules to take, each after what it depends on, and why others cannot be taken. */
  #choose(): { candidates: Candidate[]; problems: Map<string, readonly Problem[]> } {
    const usable = this.#found.filter((found): found is Candidate => found.manifest !== undefined)
    const byId = new Map(usable.map((candidate) => [candidate.id, candidate]))
    const manifests = usable.map((candidate) => candidate.manifest)
    const { order, refused } = resolve(manifests)
    const { only } = this.#options
    const wanted = only === undefined ? undefined : withDependencies(only, manifests)
    const problems = new Map<string, readonly Problem[]>()
    for (const [id, { pointer, message, hint }] of refused) {
      const problem = byId.get(id)?.problemAt(pointer, message, hint)
      if (problem !== undefined) problems.set(id, [problem])
    }
    const candidates = order.flatMap(({ id }) => {
      const candidate = byId.get(id)
      return candidate === undefined || wanted?.has(id) === false ? [] : [candidate]
    })
    return { candidates, problems }
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
      services: (manifest) => ({
        clock,
        secrets,
        policy,
        deadlines,
        log: logOf(log, manifest.id),
        state: stateOf(manifest, this.#journal.stateOf(manifest.id)),
      }),
    }
  }

  #report(): void {
    const { log, config = {} } = this.#options
    for (const { id, state, problems } of this.modules()) {
      if (state === 'faulty') for (const problem of problems) log.warn(formatProblem(problem), { module: id })
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
    return [...this.#lineage.current.routes.values()]
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
      const hint = didYouMean(capability, [...this.#lineage.current.routes.keys()])
      return `No module provides "${capability}".${hint === undefined ? '' : ` ${hint}`}`
    }
    const [problem] = first.problems
    const why =
      problem === undefined ? 'is not among the modules in use' : `cannot be used: ${formatProblem(problem)}`
    return `"${capability}" is provided by module "${first.id}", which ${why}`
  }

  modules(): readonly ModuleInfo[] {
    return this.#present().map((found) =>
      describeModule(found, this.#lineage.current, this.#problems.get(found.id) ?? []),
    )
  }

  /** What the sources have, and in its place, or beside it, what a change has brought in. */
  #present(): readonly FoundModule[] {
    const brought = Object.entries(this.#journal.current()?.modules ?? {}).flatMap(([id, module]) =>
      module.instead_of === undefined ? [] : [[id, storedCandidate(module)] as const],
    )
    const instead = new Map(brought)
    const found = this.#found.map((module) => instead.get(module.id) ?? module)
    const ids = new Set(this.#found.map(({ id }) => id))
    return [...found, ...brought.flatMap(([id, module]) => (ids.has(id) ? [] : [module]))]
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
    const found = this.#found.find((module) => module.id === id)
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
