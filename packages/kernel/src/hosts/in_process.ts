/**
 * The host for modules that are trusted: in this process, on this thread. A call costs microseconds; nothing contains
 * the module, so one that blocks the thread or ends the process does so to everything.
 */
import {
  BaseModule,
  TaskFault,
  type HandedOver,
  type Json,
  type ModuleContext,
  type ModuleResult,
} from '@nexus/sdk'
import { withDeadline } from '../deadline.ts'
import {
  hooks,
  type Hook,
  type Host,
  type HostedModule,
  type Instance,
  type InvocationContext,
  type StopReport,
} from '../host.ts'
import { Ledger } from '../ledger.ts'
import { artifactFilename, loadClass, type ModuleClass } from './load_class.ts'
import {
  asFailure,
  asFault,
  checkHanded,
  checkResult,
  describeThrown,
  label,
  refusal,
  unfit,
} from './results.ts'
import { listedSecrets, memoryState } from './services.ts'
import { frameMapper, type FrameMapper } from './source_frames.ts'

export const inProcessHost: Host = {
  name: 'in_process',
  isTrusted: true,
  runs: (language) => language === 'javascript',
  async start(hosted) {
    const mapFrames = frameMapper({
      code: hosted.artifact.code,
      filename: artifactFilename(hosted),
      folder: hosted.folder,
    })
    const instance = new InProcessInstance(hosted, mapFrames, makeModule(hosted, mapFrames))
    await instance.setUp()
    return instance
  },
}

function makeModule(hosted: HostedModule, mapFrames: FrameMapper): BaseModule {
  const Module = attempt('load', hosted, mapFrames, (): ModuleClass => loadClass(hosted))
  const module = attempt('construct', hosted, mapFrames, () => new Module(hosted.config))
  const complaints = attempt(
    'validateConfig',
    hosted,
    mapFrames,
    () => module.validateConfig?.(hosted.config) ?? [],
  )
  if (complaints.length === 0) return module
  throw refusal(hosted.manifest, complaints)
}

function attempt<T>(step: string, hosted: HostedModule, mapFrames: FrameMapper, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw asFailure(error, { manifest: hosted.manifest, step, mapFrames })
  }
}

class InProcessInstance implements Instance {
  readonly #hosted: HostedModule
  readonly #mapFrames: FrameMapper
  readonly #module: BaseModule
  readonly #ledger: Ledger
  readonly #services: Pick<ModuleContext, 'config' | 'state' | 'secrets' | 'policy' | 'log'>
  readonly #problems: string[] = []
  #stopping: Promise<StopReport> | undefined

  constructor(hosted: HostedModule, mapFrames: FrameMapper, module: BaseModule) {
    const { manifest, config, log, clock, deadlines } = hosted
    this.#hosted = hosted
    this.#mapFrames = mapFrames
    this.#module = module
    this.#services = {
      config,
      log,
      state: hosted.state ?? memoryState(manifest),
      secrets: listedSecrets(manifest, hosted.secrets, { isTrusted: true }),
      policy: hosted.policy,
    }
    this.#ledger = new Ledger({
      clock,
      limitMs: deadlines.teardownMsMax,
      failed: (what, error) => this.#note(`could not release "${what}"`, error),
    })
  }

  async setUp(): Promise<void> {
    const { clock, deadlines } = this.#hosted
    const onTeardown = this.#ledger.enter.bind(this.#ledger)
    try {
      await withDeadline(clock, deadlines.setupMsMax, () =>
        this.#module.setup?.({ ...this.#services, clock, onTeardown }),
      )
    } catch (error) {
      await this.stop()
      const { manifest } = this.#hosted
      throw asFailure(error, { manifest, step: 'setup', mapFrames: this.#mapFrames })
    }
  }

  async execute(context: InvocationContext): Promise<ModuleResult> {
    if (this.#stopping !== undefined) {
      throw TaskFault.of('runtime', `${label(this.#hosted.manifest)} is stopped and takes no more tasks.`)
    }
    const services = context.log === undefined ? this.#services : { ...this.#services, log: context.log }
    let result: unknown
    try {
      result = await this.#module.execute({ ...context, ...services })
    } catch (error) {
      const { manifest } = this.#hosted
      throw asFault(error, { manifest, signal: context.signal, mapFrames: this.#mapFrames })
    }
    return checkResult(result, this.#hosted.manifest)
  }

  async unavailable(task: string): Promise<string | undefined> {
    const { clock, deadlines, manifest } = this.#hosted
    // Most modules have nothing to say, and some are written without the base class.
    const { unavailable } = this.#module as Partial<BaseModule>
    if (unavailable === undefined || unavailable === BaseModule.prototype.unavailable) return undefined
    try {
      return await withDeadline(clock, deadlines.setupMsMax, () => this.#module.unavailable(task))
    } catch (error) {
      this.#mapFrames(error)
      return `${label(manifest)} could not say whether it can do "${task}": ${describeThrown(error)}`
    }
  }

  /** An executor must say that it does each kind of task that its manifest provides. */
  async probe(): Promise<void> {
    const module = this.#module
    if (!('canExecute' in module) || typeof module.canExecute !== 'function') return
    for (const { task } of this.#hosted.manifest.provides ?? []) {
      if (module.canExecute(task) !== true) throw unfit(this.#hosted.manifest, task)
    }
  }

  async hooks(): Promise<ReadonlySet<Hook>> {
    return new Set(hooks.filter((hook) => typeof this.#module[hook] === 'function'))
  }

  async snapshot(): Promise<Json> {
    const memory = await this.#handOver('snapshot', () => this.#module.snapshot?.())
    return checkHanded({ state: {}, memory: memory ?? null }, this.#hosted.manifest).memory
  }

  async migrate(handed: HandedOver, versions: { from: string; to: string }): Promise<HandedOver> {
    const migrated = await this.#handOver('migrate', () => this.#module.migrate?.(handed, versions))
    return checkHanded(migrated, this.#hosted.manifest)
  }

  async restore(memory: Json): Promise<void> {
    await this.#handOver('restore', () => this.#module.restore?.(memory))
  }

  async #handOver<T>(step: Hook, work: () => T | Promise<T>): Promise<T> {
    const { clock, deadlines, manifest } = this.#hosted
    try {
      return await withDeadline(clock, deadlines.setupMsMax, work)
    } catch (error) {
      throw asFailure(error, { manifest, step, mapFrames: this.#mapFrames })
    }
  }

  stop(): Promise<StopReport> {
    this.#stopping ??= this.#tearDown()
    return this.#stopping
  }

  async #tearDown(): Promise<StopReport> {
    const { clock, deadlines } = this.#hosted
    try {
      await withDeadline(clock, deadlines.teardownMsMax, () => this.#module.teardown?.())
    } catch (error) {
      this.#note('failed in teardown', error)
    }
    await this.#ledger.close()
    return { problems: this.#problems, handlesLeft: this.#ledger.left }
  }

  #note(what: string, error: unknown): void {
    this.#mapFrames(error)
    const problem = `${label(this.#hosted.manifest)} ${what}: ${describeThrown(error)}`
    this.#problems.push(problem)
    this.#hosted.log.error(problem)
  }
}
