/**
 * What a module in a process of its own is handed: the SDK's contexts, made of requests to the host.
 */
import {
  systemClock,
  type ChildOutcome,
  type ChildTask,
  type Json,
  type JsonObject,
  type Log,
  type LogLevel,
  type ModuleContext,
  type ModuleState,
  type ParentContext,
  type Policy,
  type Secrets,
  type SetupContext,
  type TaskMetadata,
  type TaskRun,
} from '@nexus/sdk'
import { RemoteError } from '../peer.ts'
import type { WirePolicy, WireTask } from '../protocol.ts'
import { blobsOf } from './blobs.ts'
import { crossing, type Connection } from './connection.ts'

export interface ContextOptions {
  readonly link: Connection
  /** The request that asks for the task. */
  readonly id: number
  readonly task: WireTask
  readonly config: JsonObject
  readonly policy: Policy
  /** The module's id. */
  readonly module: string
}

/** One task's context, and the handle by which the host aborts it. */
export class ChildContext {
  readonly view: ModuleContext
  readonly #options: ContextOptions
  readonly #who: string
  #controller: AbortController | undefined

  constructor(options: ContextOptions) {
    this.#options = options
    this.#who = `Module "${options.module}"`
    this.view = this.#makeView()
  }

  abort(reason: unknown): void {
    this.#abortController().abort(reason)
  }

  /** Most tasks never look at their signal. */
  #abortController(): AbortController {
    this.#controller ??= new AbortController()
    return this.#controller
  }

  #makeView(): ModuleContext {
    const { link, id, task, config, policy, module } = this.#options
    const signal = (): AbortSignal => this.#abortController().signal
    return {
      taskId: task.task_id,
      inputData: task.input_data,
      config,
      metadata: task.metadata as TaskMetadata & JsonObject,
      parentContext: readParent(task.parent_context),
      run: this.#makeRun(),
      call: async (capability, input) =>
        link.ask('call', {
          task: id,
          capability,
          input: this.#crossing(input, `calls "${capability}" with`),
        }),
      stream: ({ channel, text }) => link.notify('stream', { task: id, channel, text }),
      blobs: blobsOf(link, id),
      ...services(link, module, { task: id }),
      policy,
      get signal() {
        return signal()
      },
      clock: systemClock,
      idempotencyKey: task.idempotency_key,
    }
  }

  #makeRun(): TaskRun {
    const { link, id, task } = this.#options
    return {
      id: task.run.id,
      input: task.run.input,
      task: (child) => this.#child('run.task', child),
      list: (list) => this.#child('run.list', list),
      async sleep(key, delayMs) {
        await link.ask('run.sleep', { task: id, key, delay_ms: delayMs })
      },
      keep: async (state) => {
        await link.ask('run.keep', { task: id, state: this.#crossing(state, 'keeps') })
      },
      async recall() {
        const { state } = (await link.ask('run.recall', { task: id })) as JsonObject
        return state
      },
      evaluate: async (expression, options = {}) =>
        link.ask('run.evaluate', {
          task: id,
          expression,
          ...this.#crossing(options, 'evaluates an expression over'),
        }),
    }
  }

  async #child(method: string, { at, path, input, variables, signal }: ChildTask): Promise<ChildOutcome> {
    signal?.throwIfAborted()
    const { link, id } = this.#options
    const params = { at, input, ...(path && { path }), ...(variables && { variables }) }
    const request = link.askNumbered(method, {
      task: id,
      ...this.#crossing(params, 'runs a child task with'),
    })
    const abort = (): void => link.notify('abort', { task: id, request: request.id })
    signal?.addEventListener('abort', abort, { once: true })
    try {
      return (await request.answer) as ChildOutcome & JsonObject
    } catch (error) {
      // The host says that it was this signal; the reason is known here.
      throw error instanceof RemoteError && signal?.aborted ? signal.reason : error
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  #crossing<Value>(value: Value, what: string): Value {
    return crossing(value, `${this.#who} ${what}`)
  }
}

/** What a set-up is handed besides its configuration and its ledger. */
export function setupServices(
  link: Connection,
  module: string,
): Omit<SetupContext, 'config' | 'policy' | 'onTeardown'> {
  return { ...services(link, module, {}), clock: systemClock }
}

export function readPolicy({ network, programs: { allow, deny } }: WirePolicy): Policy {
  return { network, programs: { allow: allow ?? undefined, deny } }
}

/** `about`: the task that they are used in, if any. */
function services(
  link: Connection,
  module: string,
  about: { readonly task?: number },
): { log: Log; state: ModuleState; secrets: Secrets } {
  return {
    log: logOf(link, about),
    state: stateOf(link, `Module "${module}"`, about),
    secrets: { get: async (name) => (await link.ask('secrets.get', { ...about, name })) as string },
  }
}

function logOf(link: Connection, about: JsonObject): Log {
  const at =
    (level: LogLevel): Log[LogLevel] =>
    (message, fields) =>
      link.notify('log', {
        ...about,
        level,
        message,
        ...(fields === undefined ? {} : { fields: crossing(fields, `log.${level} is given`) }),
      })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function stateOf(link: Connection, who: string, about: JsonObject): ModuleState {
  return {
    async get(key) {
      const { value } = (await link.ask('state.get', { ...about, key })) as JsonObject
      return value
    },
    async set(key, value: Json) {
      await link.ask('state.set', {
        ...about,
        key,
        value: crossing(value, `${who} sets the state "${key}" to`),
      })
    },
    async delete(key) {
      await link.ask('state.delete', { ...about, key })
    },
  }
}

function readParent(parent: WireTask['parent_context']): ParentContext | undefined {
  if (parent === undefined) return undefined
  return { taskId: parent.task_id, name: parent.name, kind: parent.kind }
}
