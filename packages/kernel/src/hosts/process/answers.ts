/**
 * Answers what a module asks for while it runs, from the contexts of its tasks and the services of its host. What comes
 * in is checked before anything is done with it: it was made by code that is not trusted.
 */
import {
  isJsonObject,
  TaskFault,
  type ChildTask,
  type Json,
  type JsonObject,
  type Log,
  type LogLevel,
  type ModuleState,
  type Secrets,
} from '@nexus/sdk'
import type { InvocationContext } from '../../host.ts'
import { UnknownMethod } from './peer.ts'
import type { WireThrown } from './protocol.ts'
import { encodeThrown } from './thrown.ts'
import { blobMethods, Transfers } from './transfers.ts'

/** Things thrown at a task that it may give back as they were; of more, the oldest are forgotten. */
const thrownKeptMax = 1_000

/** A task under way, as its module's requests see it. */
export class RunningTask {
  readonly context: InvocationContext
  readonly transfers: Transfers
  readonly #thrown = new Map<number, unknown>()
  /** For the child tasks under way that the module may abort alone, by the request that started each. */
  readonly #children = new Map<number, AbortController>()
  #lastRef = 0

  constructor(context: InvocationContext) {
    this.context = context
    this.transfers = new Transfers(context.blobs)
  }

  /** Anything thrown at the module, with a reference by which it is found again. */
  encode(thrown: unknown): WireThrown {
    const ref = ++this.#lastRef
    this.#thrown.set(ref, thrown)
    this.#thrown.delete(ref - thrownKeptMax)
    return { ...encodeThrown(thrown), ref }
  }

  /** What a reference stands for, in a box, since anything can be thrown. */
  thrownAt(ref: unknown): { readonly thrown: unknown } | undefined {
    return typeof ref === 'number' && this.#thrown.has(ref) ? { thrown: this.#thrown.get(ref) } : undefined
  }

  abortChild(request: Json | undefined): void {
    if (typeof request === 'number') this.#children.get(request)?.abort(new AbortedByModule())
  }

  /** Runs a child task that `abortChild` can end. */
  async child(kind: 'task' | 'list', params: JsonObject, request: number): Promise<Json> {
    const controller = new AbortController()
    this.#children.set(request, controller)
    try {
      const { status, output, then } = await this.context.run[kind](readChild(params, controller.signal))
      return { status, output, then }
    } finally {
      this.#children.delete(request)
    }
  }
}

/** The module itself aborted a child task: it knows the reason better. */
export class AbortedByModule extends Error {
  override readonly name = 'AbortedByModule'
}

export interface Services {
  readonly state: ModuleState
  readonly secrets: Secrets
}

type Answer = (services: Services, params: JsonObject) => Promise<Json>
type TaskAnswer = (task: RunningTask, params: JsonObject, request: number) => Promise<Json>

const answers: Readonly<Record<string, Answer>> = {
  async 'state.get'({ state }, params) {
    const value = await state.get(text(params, 'key'))
    return value === undefined ? {} : { value }
  },
  async 'state.set'({ state }, params) {
    await state.set(text(params, 'key'), params['value'] ?? null)
    return null
  },
  async 'state.delete'({ state }, params) {
    await state.delete(text(params, 'key'))
    return null
  },
  'secrets.get': ({ secrets }, params) => secrets.get(text(params, 'name')),
}

const taskAnswers: Readonly<Record<string, TaskAnswer>> = {
  'run.task': (task, params, request) => task.child('task', params, request),
  'run.list': (task, params, request) => task.child('list', params, request),
  async 'run.sleep'({ context }, params) {
    const { delay_ms: delayMs } = params
    if (typeof delayMs !== 'number') throw malformed('delay_ms', 'a number')
    await context.run.sleep(text(params, 'key'), delayMs)
    return null
  },
  async 'run.keep'({ context }, params) {
    await context.run.keep(params['state'] ?? null)
    return null
  },
  async 'run.recall'({ context }) {
    const state = await context.run.recall()
    return state === undefined ? {} : { state }
  },
  'run.evaluate'({ context }, params) {
    const { input, variables } = params
    const options = { ...(input === undefined ? {} : { input }), ...variablesOf(variables) }
    return context.run.evaluate(text(params, 'expression'), options)
  },
  call: ({ context }, params) => context.call(text(params, 'capability'), params['input'] ?? null),
  ...Object.fromEntries(
    blobMethods.map((method): [string, TaskAnswer] => [
      method,
      ({ transfers }, params) => transfers.answer(method, params),
    ]),
  ),
}

/** The answer to one request; `task` is the one that it says it belongs to, while that runs. */
export async function answerRequest(
  { services, task }: { services: Services; task: RunningTask | undefined },
  { method, params, id }: { method: string; params: JsonObject; id: number },
): Promise<Json> {
  const answer = answers[method]
  if (answer !== undefined) return answer(services, params)
  const taskAnswer = taskAnswers[method]
  if (taskAnswer === undefined) throw new UnknownMethod(`A host has no "${method}".`)
  if (task === undefined) throw TaskFault.of('runtime', `The task is over that "${method}" belongs to.`)
  return taskAnswer(task, params, id)
}

const levels: Readonly<Record<string, LogLevel>> = {
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  error: 'error',
}

export function writeLog(log: Log, { level, message, fields }: JsonObject): void {
  const write = log[(typeof level === 'string' ? levels[level] : undefined) ?? 'info']
  if (isJsonObject(fields)) write(asText(message), fields)
  else write(asText(message))
}

/** What is no text is shown as JSON. */
export function asText(value: Json | undefined): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
}

export function writeStream(task: RunningTask, { channel, text: piece }: JsonObject): void {
  if (typeof piece !== 'string') return
  const known = channel === 'stderr' || channel === 'progress' ? channel : 'stdout'
  task.context.stream({ channel: known, text: piece })
}

function readChild({ at, path, input, variables }: JsonObject, signal: AbortSignal): ChildTask {
  const place = placeOf(at)
  if (place === undefined) throw malformed('at', 'a list of names and numbers')
  const own = path === undefined ? undefined : placeOf(path)
  if (path !== undefined && own === undefined) throw malformed('path', 'a list of names and numbers')
  return {
    at: place,
    ...(own === undefined ? {} : { path: own }),
    input: input ?? null,
    ...variablesOf(variables),
    signal,
  }
}

function placeOf(value: Json | undefined): (string | number)[] | undefined {
  if (!Array.isArray(value)) return undefined
  const parts = value.filter((part) => typeof part === 'string' || typeof part === 'number')
  return parts.length === value.length ? parts : undefined
}

function variablesOf(variables: Json | undefined): { variables?: JsonObject } {
  if (variables === undefined || variables === null) return {}
  if (!isJsonObject(variables)) throw malformed('variables', 'an object')
  return { variables }
}

function text(params: JsonObject, name: string): string {
  const value = params[name]
  if (typeof value !== 'string') throw malformed(name, 'a text')
  return value
}

function malformed(name: string, expected: string): TaskFault {
  return TaskFault.of('validation', `"${name}" must be ${expected}.`)
}
