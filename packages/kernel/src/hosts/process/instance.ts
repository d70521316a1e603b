/**
 * A module that is hosted, over the processes that it lives in: when its process ends, what was under way there faults,
 * and the next task starts another. One that ends again and again is started less and less often.
 */
import {
  TaskFault,
  type Clock,
  type HandedOver,
  type Json,
  type JsonObject,
  type ModuleResult,
} from '@nexus/sdk'
import {
  ModuleFailure,
  type Hook,
  type HostedModule,
  type Instance,
  type InvocationContext,
  type StopReport,
} from '../../host.ts'
import { checkHanded, describeThrown, errorOfModule, label } from '../results.ts'
import { listedSecrets, memoryState } from '../services.ts'
import type { Services } from './answers.ts'
import { describeEnd, type ProcessEnd } from './end.ts'
import type { Launch } from './launch.ts'
import type { Pool } from './pool.ts'
import { Session } from './session.ts'

export interface InstanceOptions {
  readonly hosted: HostedModule
  readonly pool: Pool
  readonly launch: Launch
  readonly memoryMb: number
  readonly clock: Clock
  readonly graceMsMax: number
}

/** Between two starts after the second end in a row; doubled with each further one. */
const backOffMsMin = 100
const backOffMsMax = 30_000
/** A task waits so long for the next start; where that is later, it faults at once. */
const waitMsMax = 2_000

export class ProcessInstance implements Instance {
  readonly #options: InstanceOptions
  /** Kept by the host, so that it outlives a process. */
  readonly #services: Services
  #session: Session | undefined
  #opening: Promise<Session> | undefined
  #stopping: Promise<StopReport> | undefined
  /** Processes that ended in a row, without a task that came to its end in between. */
  #ends = 0
  #restAfterMs = 0

  constructor(options: InstanceOptions) {
    const { manifest, secrets, state = memoryState(manifest) } = options.hosted
    this.#options = options
    this.#services = { state, secrets: listedSecrets(manifest, secrets, { isTrusted: false }) }
  }

  /** Rejects with `ModuleFailure`. */
  async start(): Promise<void> {
    await this.#open()
  }

  async probe(): Promise<void> {
    await (await this.#up()).probe()
  }

  async hooks(): Promise<ReadonlySet<Hook>> {
    return (this.#session ?? (await this.#up())).hooks
  }

  /** A process that was started after it would have the memory of an empty module: there is nothing to ask for. */
  async snapshot(): Promise<Json | undefined> {
    const session = this.#session
    try {
      if (session?.process.usable === true) return await session.handOver('snapshot', {})
    } catch (error) {
      if (session?.process.usable === true) throw error
    }
    const { log, manifest } = this.#options.hosted
    log.warn(`${label(manifest)} hands over nothing from its memory, which has ended with its process.`)
    return undefined
  }

  async migrate(
    { state, memory }: HandedOver,
    { from, to }: { from: string; to: string },
  ): Promise<HandedOver> {
    const migrated = await this.#handOver('migrate', { state, memory, from, to })
    return checkHanded(migrated, this.#options.hosted.manifest)
  }

  async restore(memory: Json): Promise<void> {
    await this.#handOver('restore', { memory })
  }

  async #handOver(hook: Hook, params: JsonObject): Promise<Json> {
    return (await this.#up()).handOver(hook, params)
  }

  /** A process that can be asked, started where the last one has ended. Rejects with `ModuleFailure`. */
  async #up(): Promise<Session> {
    const { manifest } = this.#options.hosted
    if (this.#session?.process.usable === false) await this.#session.process.gone
    if (this.#stopping !== undefined) throw new ModuleFailure(`${label(manifest)} is stopped.`)
    const current = this.#session
    return current?.process.usable === true ? current : this.#open()
  }

  async execute(context: InvocationContext): Promise<ModuleResult> {
    this.#refuseStopped()
    const current = this.#session
    const session = current?.process.usable === true ? current : await this.#reopen(context.signal)
    const result = await session.execute(context)
    this.#ends = 0
    return result
  }

  #refuseStopped(): void {
    if (this.#stopping === undefined) return
    const { manifest } = this.#options.hosted
    throw TaskFault.of('runtime', `${label(manifest)} is stopped and takes no more tasks.`)
  }

  stop(): Promise<StopReport> {
    this.#stopping ??= this.#stopOnce()
    return this.#stopping
  }

  #stopOnce(): Promise<StopReport> {
    const stop = (session = this.#session): Promise<StopReport> =>
      session?.stop() ?? Promise.resolve({ problems: [], handlesLeft: 0 })
    return this.#opening === undefined ? stop() : this.#opening.then(stop, () => stop())
  }

  /** Several tasks at once share one start. */
  #open(): Promise<Session> {
    this.#opening ??= this.#openOnce().finally(() => (this.#opening = undefined))
    return this.#opening
  }

  async #openOnce(): Promise<Session> {
    const { hosted, pool, launch, memoryMb, clock, graceMsMax } = this.#options
    const process = await pool.take(launch).catch((error: unknown) => {
      throw new ModuleFailure(`${label(hosted.manifest)}: ${messageOf(error)}`, { cause: error })
    })
    const services = this.#services
    const ended = (end: ProcessEnd): void => this.#lose(session, end)
    const { confine } = launch
    const session = new Session(process, { hosted, services, confine, memoryMb, clock, graceMsMax, ended })
    await session.open()
    this.#session = session
    pool.keepSpare(launch)
    return session
  }

  /** One that ends while it opens has failed to, which is told to whoever opens it. */
  #lose(session: Session, end: ProcessEnd): void {
    if (this.#session !== session || end.kind === 'stopped') return
    this.#countEnd()
    const { log, manifest, crashed } = this.#options.hosted
    crashed?.(`${label(manifest)}: ${describeEnd(end)}`)
    const next = 'What it had under way has failed; the next task starts it again.'
    log.error(`${label(manifest)}: ${describeEnd(end)} ${next}`)
  }

  #countEnd(): void {
    this.#ends++
    const restMs = this.#ends < 2 ? 0 : Math.min(backOffMsMin * 2 ** (this.#ends - 2), backOffMsMax)
    this.#restAfterMs = this.#options.clock.elapsed() + restMs
  }

  /** Rejects with `TaskFault`, or the reason of the task's signal while it waits. */
  async #reopen(signal: AbortSignal): Promise<Session> {
    const { clock } = this.#options
    await this.#session?.process.gone
    const waitMs = this.#restAfterMs - clock.elapsed()
    if (waitMs > waitMsMax) throw this.#restFault(waitMs)
    if (waitMs > 0) await clock.sleep(waitMs, signal)
    this.#refuseStopped()
    const current = this.#session
    if (current?.process.usable === true) return current
    return this.#open().catch((error: unknown) => this.#failToReopen(error))
  }

  #failToReopen(error: unknown): never {
    this.#countEnd()
    throw errorOfModule(messageOf(error), { cause: error })
  }

  #restFault(waitMs: number): TaskFault {
    const { manifest } = this.#options.hosted
    const often = `its process ended ${this.#ends} times in a row`
    const next = `It is started again in ${Math.ceil(waitMs / 1_000)} s at the earliest`
    return errorOfModule(`${label(manifest)} does not run: ${often}. ${next}; its log says why it ended.`)
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : describeThrown(error)
}
