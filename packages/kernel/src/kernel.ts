/**
 * The kernel: finds the modules, brings those that fit together into generation 1, and routes tasks through the current
 * generation until it is closed. It names no module and knows none. One of its own runs at a time on a data folder,
 * which is for whoever opens it to see to.
 */
import { NexusError, type Clock, type JsonObject, type Log, type Secrets } from '@nexus/sdk'
import { openArtifactStore } from './artifact.ts'
import { openBuilder, type Builder } from './build.ts'
import { defaultDeadlines, type Deadlines } from './deadline.ts'
import { discover, type FoundModule } from './discover.ts'
import { makeGeneration, type Generation, type Route, type ServedGeneration } from './generation.ts'
import { ModuleFailure, type Host } from './host.ts'
import { inProcessHost } from './hosts/in_process.ts'
import { noSecrets } from './hosts/services.ts'
import { openManifestCache, type ManifestCache } from './manifest_cache.ts'
import { describeModule, type ModuleInfo } from './module_info.ts'
import { missingPythonPackages } from './missing_packages.ts'
import { didYouMean } from './nearest.ts'
import { formatProblem, type Problem } from './problem.ts'
import { resolve, withDependencies } from './resolve.ts'
import type { Slot } from './slot.ts'
import { stage, type Candidate, type StageOptions } from './stage.ts'

export interface KernelOptions {
  /** Folders like `modules/`, searched for `<type>s/<id>/manifest.yaml`; later ones are nearer to the user. */
  readonly sources: readonly string[]
  /** Artifacts go to `<data>/artifacts`. */
  readonly data: string
  readonly clock: Clock
  readonly log: Log
  /** By module id. */
  readonly config?: Readonly<Record<string, JsonObject>>
  readonly secrets?: Secrets
  /** Only these modules and what they depend on are taken; the others are listed. */
  readonly only?: readonly string[]
  readonly deadlines?: Partial<Deadlines>
  /** The first that runs a module's language gets it. */
  readonly hosts?: readonly Host[]
}

export interface Kernel {
  /** The current one; immutable. */
  readonly generation: Generation
  /** Who does that task, through the current generation. */
  route(capability: string): Route | undefined
  routes(): readonly Route[]
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
  readonly #started: Slot[] = []
  #found: readonly FoundModule[] = []
  #problems: ReadonlyMap<string, readonly Problem[]> = new Map()
  #generation: ServedGeneration = makeGeneration(0, [])
  #closing: Promise<void> | undefined

  constructor(options: KernelOptions) {
    this.#options = options
    const store = openArtifactStore(options.data)
    this.#builder = openBuilder(store)
    this.#manifests = openManifestCache(store.folder)
  }

  get generation(): Generation {
    return this.#generation
  }

  async open(): Promise<void> {
    this.#found = discover(this.#options.sources, this.#manifests.read)
    const { candidates, problems } = this.#choose()
    const staged = await stage(candidates, this.#stageOptions())
    this.#saveCaches()
    this.#problems = new Map([...problems, ...staged.problems])
    this.#generation = makeGeneration(this.#generation.number + 1, staged.slots)
    this.#report()
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

  #stageOptions(): StageOptions {
    const { clock, log, config = {}, secrets = noSecrets, hosts = [inProcessHost] } = this.#options
    const deadlines = { ...defaultDeadlines, ...this.#options.deadlines }
    return {
      builder: this.#builder,
      hosts,
      config,
      services: ({ id }) => ({ clock, secrets, deadlines, log: logOf(log, id) }),
      started: (slot) => this.#started.push(slot),
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
    return this.#generation.routes.get(capability)
  }

  routes(): readonly Route[] {
    return [...this.#generation.routes.values()]
  }

  explainMissing(capability: string): string {
    const first = this.modules().find(({ provides }) => provides.some(({ task }) => task === capability))
    if (first === undefined) {
      const hint = didYouMean(capability, [...this.#generation.routes.keys()])
      return `No module provides "${capability}".${hint === undefined ? '' : ` ${hint}`}`
    }
    const [problem] = first.problems
    const why =
      problem === undefined ? 'is not among the modules in use' : `cannot be used: ${formatProblem(problem)}`
    return `"${capability}" is provided by module "${first.id}", which ${why}`
  }

  modules(): readonly ModuleInfo[] {
    return this.#found.map((found) =>
      describeModule(found, this.#generation, this.#problems.get(found.id) ?? []),
    )
  }

  async load(id: string): Promise<void> {
    const slot = this.#generation.slots.get(id)
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
    const idle = [...this.#generation.slots.values()].filter((slot) => !this.#started.includes(slot))
    await Promise.all(idle.map((slot) => slot.stop()))
    for (let slot = this.#started.pop(); slot !== undefined; slot = this.#started.pop()) await slot.stop()
    await this.#builder.close()
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
