/**
 * The place of one module in a generation: its artifact, its configuration, and the instance that serves it from its
 * first use (or from the start, with `auto_load`) until it is stopped. A slot may stand in several generations.
 */
import type { Json, JsonObject, Manifest, ModuleResult } from '@nexus/sdk'
import type { Artifact } from './artifact.ts'
import { counted, type CountedInstance } from './counted_instance.ts'
import { discreet, maskedFailure } from './discreet_instance.ts'
import { Disclosed } from './disclosed.ts'
import {
  ModuleFailure,
  type Host,
  type HostedModule,
  type InvocationContext,
  type StopReport,
} from './host.ts'
import { errorOfModule, moduleError } from './hosts/results.ts'
import { InputCheck } from './input_check.ts'
import type { RecordedTasks } from './recorded_tasks.ts'
import { ResultCache } from './result_cache.ts'
import type { StateLine } from './state_line.ts'

export interface SlotOptions {
  readonly host: Host
  readonly hosted: HostedModule
  /** Which source the module is from; later ones are nearer to the user. */
  readonly source: number
  /** The slots of the modules that this one depends on: started before it. */
  readonly dependencies: readonly Slot[]
  readonly recorded: RecordedTasks
  /** Where it keeps its state. */
  readonly line: StateLine
  /** Called when an instance has started, so that what has started can be stopped in reverse order. */
  readonly started: (slot: Slot) => void
}

/** Tasks that ended here, and those of them that ended by an error of the module itself. */
export interface Tally {
  readonly ended: number
  readonly errors: number
}

export class Slot {
  readonly host: Host
  readonly source: number
  readonly line: StateLine
  readonly #options: SlotOptions
  #held: PromiseWithResolvers<void> | undefined
  #instance: CountedInstance | undefined
  /** Out of use, until the tasks that they have are over. */
  readonly #leaving = new Set<CountedInstance>()
  #starting: Promise<CountedInstance> | undefined
  #stopping: Promise<StopReport | undefined> | undefined
  #failure: ModuleFailure | undefined
  /** The tasks under way. */
  readonly #underWay = new Set<InvocationContext>()
  #idle: PromiseWithResolvers<void> | undefined
  #ended = 0
  #errors = 0
  readonly #errorListeners = new Set<(message: string) => void>()
  readonly #disclosed: Disclosed
  readonly #cache: ResultCache | undefined
  readonly #inputs: InputCheck
  /** The tasks that may be done again, of which samples are kept. */
  readonly #sampled: ReadonlySet<string>

  constructor(options: SlotOptions) {
    this.#options = options
    this.host = options.host
    this.source = options.source
    this.line = options.line
    const { manifest, clock, artifact, config, disclosed } = options.hosted
    this.#disclosed = disclosed ?? new Disclosed()
    this.#inputs = new InputCheck(manifest)
    const isPlain = manifest.type !== 'orchestrator'
    const provided = isPlain ? (manifest.provides ?? []) : []
    this.#sampled = new Set(provided.filter((task) => task.idempotent === true).map(({ task }) => task))
    if (manifest.behavior?.cache_results !== true || !isPlain) return
    const owner = JSON.stringify([manifest.id, artifact.digest, config])
    this.#cache = new ResultCache(clock, owner, options.recorded)
  }

  get manifest(): Manifest {
    return this.#options.hosted.manifest
  }

  get artifact(): Artifact {
    return this.#options.hosted.artifact
  }

  get config(): JsonObject {
    return this.#options.hosted.config
  }

  get loaded(): boolean {
    return this.#instance !== undefined && this.#stopping === undefined
  }

  /** Why the last start failed; the next use tries again. */
  get failure(): ModuleFailure | undefined {
    return this.#failure
  }

  /** The instance, started if it is not; rejects with `ModuleFailure`. Two callers at once share one start. */
  async start(): Promise<CountedInstance> {
    if (this.#stopping !== undefined) throw new ModuleFailure(`Module "${this.manifest.id}" is stopped.`)
    if (this.#instance !== undefined) return this.#instance
    this.#starting ??= this.#startOnce().finally(() => (this.#starting = undefined))
    return this.#starting
  }

  async #startOnce(): Promise<CountedInstance> {
    try {
      for (const dependency of this.#options.dependencies) await dependency.start()
      const instance = await this.#startFit()
      this.#instance = instance
      this.#failure = undefined
      this.#options.started(this)
      return instance
    } catch (thrown) {
      const error = maskedFailure(thrown, this.#disclosed)
      if (error instanceof ModuleFailure) this.#failure = error
      throw error
    }
  }

  async #startFit(): Promise<CountedInstance> {
    const instance = counted(discreet(await this.host.start(this.#options.hosted), this.#disclosed))
    try {
      await instance.probe()
      return instance
    } catch (error) {
      await instance.stop()
      throw error
    }
  }

  get dependencies(): readonly Slot[] {
    return this.#options.dependencies
  }

  /** Whether it takes no more tasks. */
  get retired(): boolean {
    return this.#stopping !== undefined
  }

  /** Tasks under way. */
  get inFlight(): number {
    return this.#underWay.size
  }

  /** The runs that have a task under way here. */
  get runs(): ReadonlySet<string> {
    return new Set(Array.from(this.#underWay, ({ run }) => run.id))
  }

  /** While it is there, no task begins here: it hands over to its successor. */
  get held(): Promise<void> | undefined {
    return this.#held?.promise
  }

  /** Keeps tasks from beginning here. Gives the way to let them go on, which is safe to call twice. */
  hold(): () => void {
    const held = (this.#held ??= Promise.withResolvers<void>())
    return () => {
      if (this.#held === held) this.#held = undefined
      held.resolve()
    }
  }

  /** Does one task of those that it provides; rejects with `TaskFault` or `Cancelled`, also where the module does not start. */
  async invoke(context: InvocationContext, provided: string): Promise<ModuleResult> {
    this.#underWay.add(context)
    const stopTelling = this.#tellSecrets(context)
    try {
      this.#inputs.check(provided, context.inputData)
      const result = await this.#work(this.#discreet(context))
      this.#ended++
      return result
    } catch (error) {
      this.#countError(error)
      throw error
    } finally {
      stopTelling?.()
      this.#underWay.delete(context)
      if (this.#underWay.size === 0) this.#idle?.resolve()
    }
  }

  /** The run of a task hears of every secret that the module has been handed, or is while it does the task. */
  #tellSecrets({ disclose }: InvocationContext): (() => void) | undefined {
    if (disclose === undefined || this.manifest.permissions?.secrets === undefined) return undefined
    return this.#disclosed.tell(disclose)
  }

  /** What is logged for a task goes by the secrets of its run as well. */
  #discreet(context: InvocationContext): InvocationContext {
    const { mask, log = this.#options.hosted.log } = context
    return mask === undefined ? context : { ...context, log: this.#disclosed.log(log, mask) }
  }

  /** Masks the secrets that the module was handed. */
  mask<Value extends Json>(value: Value): Value {
    return this.#disclosed.mask(value)
  }

  get tally(): Tally {
    return { ended: this.#ended, errors: this.#errors }
  }

  /** Hears of every task that ends by an error of the module itself. Gives the way to stop. */
  onError(listener: (message: string) => void): () => void {
    this.#errorListeners.add(listener)
    return () => this.#errorListeners.delete(listener)
  }

  #countError(error: unknown): void {
    this.#ended++
    const said = moduleError(error)
    if (said === undefined) return
    this.#errors++
    const message = this.mask(said)
    for (const listener of Array.from(this.#errorListeners)) listener(message)
  }

  /** Resolves when no task is under way. */
  async idle(): Promise<void> {
    if (this.#underWay.size === 0) return
    this.#idle ??= Promise.withResolvers<void>()
    await this.#idle.promise
    this.#idle = undefined
  }

  async #work(context: InvocationContext): Promise<ModuleResult> {
    if (context.confidential === true) return this.#execute(context)
    if (this.#cache !== undefined) return this.#throughCache(context, this.#cache)
    const result = await this.#execute(context)
    const { kind } = context.metadata
    const { inputData: input } = context
    if (result.success && this.#sampled.has(kind) && !this.#disclosed.isIn([input, result.outputData]))
      this.#options.recorded.sample(kind, input, result.outputData)
    return result
  }

  #execute(context: InvocationContext): Promise<ModuleResult> {
    return this.#instance === undefined ? this.#startAndInvoke(context) : this.#instance.execute(context)
  }

  #throughCache(context: InvocationContext, cache: ResultCache): Promise<ModuleResult> {
    const { metadata, inputData } = context
    const mayKeep = ({ outputData, metadata: facts }: ModuleResult): boolean =>
      !this.#disclosed.isIn([outputData, facts])
    return cache.through(metadata.kind, inputData, () => this.#execute(context), mayKeep)
  }

  async #startAndInvoke(context: InvocationContext): Promise<ModuleResult> {
    const instance = await this.start().catch((error: unknown) => {
      throw error instanceof ModuleFailure ? errorOfModule(error.message, { cause: error }) : error
    })
    return instance.execute(context)
  }

  /** Why it cannot do tasks of that kind here and now, also where the module does not start. */
  async unavailable(task: string): Promise<string | undefined> {
    try {
      return await (await this.start()).unavailable?.(task)
    } catch (error) {
      if (error instanceof ModuleFailure) return error.message
      throw error
    }
  }

  /**
   * Takes the instance out of use and stops it once its tasks are over; undefined where there is none. The next task
   * starts another, which does not wait for that: a task under way may be waiting for the next one.
   */
  async unload(): Promise<StopReport | undefined> {
    const instance = (await this.#starting?.catch(() => undefined)) ?? this.#instance
    if (instance === undefined || instance !== this.#instance || this.retired) return undefined
    this.#instance = undefined
    this.#leaving.add(instance)
    await instance.idle()
    const report = await instance.stop()
    this.#leaving.delete(instance)
    return report
  }

  /** Ends the instance, if there is one or one is just starting. Safe to call twice. */
  stop(): Promise<StopReport | undefined> {
    this.#stopping ??= this.#stopOnce()
    return this.#stopping
  }

  async #stopOnce(): Promise<StopReport | undefined> {
    await this.#starting?.catch(() => undefined)
    await Promise.all([...this.#leaving].map((instance) => instance.stop()))
    return this.#instance?.stop()
  }
}
