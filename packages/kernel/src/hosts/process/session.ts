/**
 * One module in one process: loaded, set up, at work on tasks, torn down. It ends with its process and is never used
 * again; that a module goes on in another process is for `instance.ts`.
 */
import { TaskFault, type Clock, type Json, type JsonObject, type ModuleResult, type Policy } from '@nexus/sdk'
import { DeadlineExceeded, withDeadline } from '../../deadline.ts'
import {
  hooks,
  ModuleFailure,
  type Hook,
  type HostedModule,
  type InvocationContext,
  type StopReport,
} from '../../host.ts'
import { Ledger } from '../../ledger.ts'
import { artifactFilename } from '../load_class.ts'
import { asFailure, describeThrown, label, refusal, unfit } from '../results.ts'
import { frameMapper, type FrameMapper } from '../source_frames.ts'
import {
  AbortedByModule,
  answerRequest,
  asText,
  writeLog,
  writeStream,
  type RunningTask,
  type Services,
} from './answers.ts'
import { ProcessEnded, type ProcessEnd } from './end.ts'
import { residentBytes, watchMemory } from './memory.ts'
import type { ModuleProcess, Tenant } from './module_process.ts'
import { checkPackages, pythonPackages } from './packages.ts'
import { RemoteError } from './peer.ts'
import { droppedLines, LineBudget } from './prints.ts'
import { requestsMax, type WirePolicy, type WireThrown } from './protocol.ts'
import { Tasks } from './tasks.ts'
import { decodeThrown, encodeThrown } from './thrown.ts'

export interface SessionOptions {
  readonly hosted: HostedModule
  readonly services: Services
  /** What its process keeps of its rights, where it can give up the rest. */
  readonly confine: JsonObject | undefined
  readonly memoryMb: number
  /** The host's own, for limits that are not the module's. */
  readonly clock: Clock
  /** How long a task that is cancelled, and a process that tore down too slowly, have before the process is ended. */
  readonly graceMsMax: number
  readonly ended: (end: ProcessEnd) => void
}

export class Session implements Tenant {
  readonly process: ModuleProcess
  readonly #options: SessionOptions
  readonly #mapFrames: FrameMapper
  readonly #ledger: Ledger
  readonly #tasks: Tasks
  readonly #problems: string[] = []
  readonly #lines: LineBudget
  #underWay = 0
  #hooks: ReadonlySet<Hook> = new Set()
  #stopWatching: (() => void) | undefined
  #stopping: Promise<StopReport> | undefined

  constructor(process: ModuleProcess, options: SessionOptions) {
    const { hosted } = options
    this.process = process
    this.#options = options
    this.#lines = new LineBudget(options.clock)
    this.#mapFrames = frameMapper({
      code: hosted.artifact.code,
      filename: artifactFilename(hosted),
      folder: hosted.folder,
    })
    this.#ledger = new Ledger({
      clock: hosted.clock,
      limitMs: hosted.deadlines.teardownMsMax,
      failed: (what, error) => this.#note(`could not release "${what}"`, error),
    })
    const { clock, graceMsMax } = options
    this.#tasks = new Tasks(process, {
      manifest: hosted.manifest,
      mapFrames: this.#mapFrames,
      clock,
      graceMsMax,
    })
    process.serve(this)
  }

  /** Brings the module up to where it takes tasks. Rejects with `ModuleFailure`; nothing of it is left then. */
  async open(): Promise<void> {
    try {
      await this.#load()
      await this.#setUp()
    } catch (error) {
      await this.process.leave()
      throw error
    }
  }

  async #load(): Promise<void> {
    const { hosted, memoryMb, confine } = this.#options
    const { manifest, config, folder, artifact, policy } = hosted
    if (confine !== undefined) await this.#ask('confine', confine, hosted.deadlines.setupMsMax, 'confine')
    const names = pythonPackages(manifest)
    if (names.length > 0) {
      const versions = await this.#ask('packages', { names }, hosted.deadlines.setupMsMax)
      checkPackages(manifest, versions)
    }
    const params = {
      manifest: manifest as JsonObject,
      config,
      folder,
      artifact: { ...artifact },
      memory_mb: memoryMb,
      policy: wirePolicy(policy),
    }
    const complaints = await this.#ask('load', params, hosted.deadlines.setupMsMax)
    if (Array.isArray(complaints) && complaints.length > 0) throw refusal(manifest, complaints.map(String))
    const stopWatching = await this.#watchMemory()
    if (this.process.usable) this.#stopWatching = stopWatching
    else stopWatching()
  }

  async #watchMemory(): Promise<() => void> {
    const { memoryMb, clock } = this.#options
    const { pid } = this.process
    const bytesMax = ((await residentBytes(pid)) ?? 0) + memoryMb * 1_048_576
    return watchMemory({ pid, bytesMax, clock }, (bytes) =>
      this.process.end({ kind: 'too_large', bytes, limitMb: memoryMb }),
    )
  }

  async #setUp(): Promise<void> {
    const { hosted } = this.#options
    try {
      await withDeadline(hosted.clock, hosted.deadlines.setupMsMax, () => this.#request('set_up', {}))
      const found = await this.#ask('hooks', {}, hosted.deadlines.setupMsMax)
      this.#hooks = new Set(hooks.filter((hook) => Array.isArray(found) && found.includes(hook)))
    } catch (error) {
      await this.stop()
      throw this.#failure(error, 'setup')
    }
  }

  /** Rejects with `ModuleFailure`. */
  async #ask(method: string, params: JsonObject, limitMs: number, step = 'load'): Promise<Json> {
    try {
      return await withDeadline(this.#options.hosted.clock, limitMs, () => this.#request(method, params))
    } catch (error) {
      throw this.#failure(error, step)
    }
  }

  #failure(error: unknown, step: string): ModuleFailure {
    const { manifest } = this.#options.hosted
    if (error instanceof ProcessEnded) {
      return new ModuleFailure(`${label(manifest)} failed in ${step}: ${error.message}`, { cause: error })
    }
    const said = error instanceof RemoteError ? error.thrown['step'] : undefined
    const where = typeof said === 'string' ? said : step
    const failed = error instanceof RemoteError && error.thrown['kind'] === 'failure'
    if (failed) return new ModuleFailure(error.message)
    return asFailure(decodeThrown(error), { manifest, step: where, mapFrames: this.#mapFrames })
  }

  #request(method: string, params: JsonObject): Promise<Json> {
    return this.process.peer.request(method, params).answer
  }

  async probe(): Promise<void> {
    const { manifest, deadlines } = this.#options.hosted
    const tasks = (manifest.provides ?? []).map(({ task }) => task)
    const refused = await this.#ask('probe', { tasks }, deadlines.setupMsMax)
    if (typeof refused === 'string') throw unfit(manifest, refused)
  }

  /** As the `Instance`'s own; known from the set-up on, so that it is told also of a process that is busy or has ended. */
  get hooks(): ReadonlySet<Hook> {
    return this.#hooks
  }

  /** Asks for one of a hand-over's steps. */
  handOver(hook: Hook, params: JsonObject): Promise<Json> {
    return this.#ask(hook, params, this.#options.hosted.deadlines.setupMsMax, hook)
  }

  /** As `Instance.execute`. */
  execute(context: InvocationContext): Promise<ModuleResult> {
    return this.#tasks.execute(context)
  }

  /** Tears down and ends the process, once; never rejects. */
  stop(): Promise<StopReport> {
    this.#stopping ??= this.#tearDown()
    return this.#stopping
  }

  async #tearDown(): Promise<StopReport> {
    const { hosted } = this.#options
    if (!this.process.usable) return this.#leaveEnded()
    try {
      await withDeadline(hosted.clock, hosted.deadlines.teardownMsMax, () => this.#request('tear_down', {}))
    } catch (error) {
      this.#note('failed in teardown', decodeThrown(error))
      if (error instanceof DeadlineExceeded) await this.#endIfStuck()
    }
    await this.#ledger.close()
    await this.process.leave()
    this.#lines.settle((dropped) => this.#warn(droppedLines(dropped)))
    return { problems: this.#problems, handlesLeft: this.#ledger.left }
  }

  /** What a process had open has ended with it. */
  async #leaveEnded(): Promise<StopReport> {
    await this.process.leave()
    return { problems: [], handlesLeft: 0 }
  }

  /** A process that does not even answer would let every release run into its deadline. */
  async #endIfStuck(): Promise<void> {
    const { clock, graceMsMax } = this.#options
    await withDeadline(clock, graceMsMax, () => this.#request('ping', {})).catch(() =>
      this.process.end({ kind: 'silent', afterMs: graceMsMax }),
    )
  }

  async answer(method: string, params: JsonObject, id: number): Promise<Json> {
    if (this.#underWay >= requestsMax) {
      throw TaskFault.of(
        'runtime',
        `More than ${requestsMax} requests are under way. Await some of them first.`,
      )
    }
    this.#underWay++
    try {
      const { services } = this.#options
      return await answerRequest({ services, task: this.#tasks.of(params) }, { method, params, id })
    } finally {
      this.#underWay--
    }
  }

  hear(method: string, params: JsonObject): void {
    const task = this.#tasks.of(params)
    if (method === 'log') this.#log(params, task)
    else if (method === 'on_teardown') this.#enter(params)
    else if (method === 'stream' && task !== undefined) writeStream(task, params)
    else if (method === 'abort') task?.abortChild(params['request'])
  }

  ended(end: ProcessEnd): void {
    this.#stopWatching?.()
    this.#options.ended(end)
  }

  encode(thrown: unknown, _method: string, params: JsonObject): WireThrown {
    if (thrown instanceof AbortedByModule) return { kind: 'aborted' }
    return this.#tasks.of(params)?.encode(thrown) ?? encodeThrown(thrown)
  }

  printed(channel: 'stdout' | 'stderr', line: string): void {
    if (!this.#lines.take((dropped) => this.#warn(droppedLines(dropped)))) return
    const { log } = this.#options.hosted
    if (channel === 'stdout') log.info(line, { channel })
    else log.warn(line, { channel })
  }

  #log(params: JsonObject, task: RunningTask | undefined): void {
    if (!this.#lines.take((dropped) => this.#warn(droppedLines(dropped)))) return
    writeLog(task?.context.log ?? this.#options.hosted.log, params)
  }

  #enter({ id, what }: JsonObject): void {
    this.#ledger.enter(asText(what), async () => {
      await this.#request('release', { id: id ?? null }).catch((error: unknown) => {
        throw decodeThrown(error)
      })
    })
  }

  #warn(message: string): void {
    const { log, manifest } = this.#options.hosted
    log.warn(`${label(manifest)}: ${message}`)
  }

  #note(what: string, error: unknown): void {
    this.#mapFrames(error)
    const { log, manifest } = this.#options.hosted
    const problem = `${label(manifest)} ${what}: ${error instanceof ProcessEnded ? error.message : describeThrown(error)}`
    this.#problems.push(problem)
    log.error(problem)
  }
}

function wirePolicy({ network, programs: { allow, deny } }: Policy): WirePolicy {
  return { network: { private: network.private }, programs: { allow: allow ?? null, deny } }
}
