/**
 * The module in its process: loads it, sets it up, runs its tasks, tears it down, as the host asks. What it may not see
 * of the host it does not have: all that it is handed is made of requests over the connection.
 */
import {
  isJsonObject,
  whyNotJson,
  type BaseModule,
  type HandedOver,
  type Json,
  type JsonObject,
  type Manifest,
  type Policy,
} from '@nexus/sdk'
import { hooks, type Hook } from '../../../host.ts'
import { loadClass } from '../../load_class.ts'
import { checkResult } from '../../results.ts'
import { UnknownMethod, type Peer } from '../peer.ts'
import type { WireHandOver, WireLoad, WireTask, WireThrown } from '../protocol.ts'
import { encodeThrown } from '../thrown.ts'
import { Connection } from './connection.ts'
import { ChildContext, readPolicy, setupServices } from './contexts.ts'
import { sayOf } from './denied.ts'

export class ModuleServer {
  #connection: Connection | undefined
  #loaded:
    | {
        readonly module: BaseModule
        readonly manifest: Manifest
        readonly config: JsonObject
        readonly policy: Policy
      }
    | undefined
  readonly #tasks = new Map<number, ChildContext>()
  readonly #releases = new Map<number, () => void | Promise<void>>()

  connect(peer: Peer): void {
    this.#connection = new Connection(peer)
  }

  async answer(method: string, params: JsonObject, id: number): Promise<Json> {
    switch (method) {
      case 'execute':
        return this.#execute(params as WireTask, id)
      case 'load':
        return this.#load(params as WireLoad)
      case 'set_up':
        return this.#setUp()
      case 'probe':
        return this.#probe(params)
      case 'tear_down':
        await this.#module.teardown?.()
        return null
      case 'release':
        return this.#release(params)
      case 'hooks':
        return hooks.filter((hook) => typeof this.#module[hook] === 'function')
      case 'snapshot':
      case 'migrate':
      case 'restore':
        return this.#handOver(method, params as WireHandOver)
      case 'ping':
        return null
      default:
        throw new UnknownMethod(`A module has no "${method}".`)
    }
  }

  hear(method: string, params: JsonObject): void {
    const { task, reason } = params
    if (method !== 'abort' || typeof task !== 'number') return
    this.#tasks.get(task)?.abort(this.#link.receive(isJsonObject(reason) ? reason : {}))
  }

  /** What came from the host goes back as the same. */
  encode(thrown: unknown): WireThrown {
    if (thrown instanceof FailedStep)
      return { ...encodeThrown(thrown.cause, sayOf), step: thrown.step } as WireThrown
    const ref = this.#link.refOf(thrown)
    return ref === undefined ? encodeThrown(thrown, sayOf) : { ...encodeThrown(thrown), ref }
  }

  get #link(): Connection {
    if (this.#connection === undefined) throw new Error('There is no connection to the host.')
    return this.#connection
  }

  get #module(): BaseModule {
    if (this.#loaded === undefined) throw new Error('No module is loaded yet.')
    return this.#loaded.module
  }

  /** Gives the complaints of `validateConfig`. */
  async #load({ manifest, config, folder, artifact, policy }: WireLoad): Promise<Json> {
    const known = manifest as unknown as Manifest
    const Module = attempt('load', () => loadClass({ manifest: known, artifact, folder }))
    const module = attempt('construct', () => new Module(config))
    this.#loaded = { module, manifest: known, config, policy: readPolicy(policy) }
    return attempt('validateConfig', () => [...(module.validateConfig?.(config) ?? [])])
  }

  async #setUp(): Promise<Json> {
    const loaded = this.#loaded
    if (loaded === undefined) throw new Error('No module is loaded yet.')
    const { manifest, config, policy } = loaded
    const onTeardown = (what: string, release: () => void | Promise<void>): void => {
      const id = this.#releases.size + 1
      this.#releases.set(id, release)
      this.#link.notify('on_teardown', { id, what })
    }
    await this.#module.setup?.({
      config,
      policy,
      ...setupServices(this.#link, manifest.id),
      onTeardown,
    })
    return null
  }

  /** The first task that the module says it does not do, or null. */
  async #probe({ tasks }: JsonObject): Promise<Json> {
    const module = this.#module
    if (!('canExecute' in module) || typeof module.canExecute !== 'function' || !Array.isArray(tasks))
      return null
    for (const task of tasks) if (module.canExecute(task) !== true) return task
    return null
  }

  async #handOver(hook: Hook, { state, memory, from, to }: WireHandOver): Promise<Json> {
    if (hook === 'snapshot') return this.#sendable((await this.#module.snapshot?.()) ?? null)
    if (hook === 'restore') {
      await this.#module.restore?.(memory)
      return null
    }
    return this.#sendable(await this.#module.migrate?.({ state, memory }, { from, to }))
  }

  /** What is not JSON would be sent as something else. */
  #sendable(given: Json | HandedOver | undefined): Json {
    const why = given === undefined ? 'at the top' : whyNotJson(given)
    if (why !== undefined) throw new TypeError(`It gave back what is not JSON, ${why}.`)
    return given as Json
  }

  async #execute(task: WireTask, id: number): Promise<Json> {
    const loaded = this.#loaded
    if (loaded === undefined) throw new Error('No module is loaded yet.')
    const context = new ChildContext({
      link: this.#link,
      id,
      task,
      config: loaded.config,
      policy: loaded.policy,
      module: loaded.manifest.id,
    })
    this.#tasks.set(id, context)
    try {
      const result = checkResult(await loaded.module.execute(context.view), loaded.manifest)
      const { success, outputData, error, metadata, nextModule } = result
      return {
        success,
        output_data: outputData,
        metadata,
        ...(error === undefined ? {} : { error }),
        ...(nextModule === undefined ? {} : { next_module: nextModule }),
      }
    } finally {
      this.#tasks.delete(id)
    }
  }

  async #release({ id }: JsonObject): Promise<Json> {
    const release = typeof id === 'number' ? this.#releases.get(id) : undefined
    await release?.()
    return null
  }
}

/** What was being done with the module when it threw. */
class FailedStep extends Error {
  readonly step: string

  constructor(step: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.step = step
  }
}

function attempt<T>(step: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw new FailedStep(step, error)
  }
}
