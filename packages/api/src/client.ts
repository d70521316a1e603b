/**
 * The typed client: one method an operation. What a server refuses it throws as a `ProblemError` with the server's own
 * code, what does not arrive as a `NexusError` `server_unreachable`. Runs wherever `fetch` does, a browser too.
 */
import { NexusError, type Clock } from '@nexus/sdk'
import { decodeEvents } from './event_stream.ts'
import {
  takesBody,
  type AnswerOf,
  type BodyOf,
  type Operation,
  type ParamsOf,
  type QueryOf,
} from './operation.ts'
import { operations, waitSecondsMax } from './operations.ts'
import { ProblemError } from './problem_error.ts'
import type { Problem } from './schema/problem.ts'
import type { LifecycleEvent, Run } from './schema/run.ts'

export interface ClientOptions {
  /** Such as `http://127.0.0.1:8100`. */
  readonly url: string
  readonly token?: string
  readonly clock: Clock
  readonly fetch?: typeof fetch
}

export interface Asked<Each extends Operation> {
  readonly params?: ParamsOf<Each>
  readonly query?: QueryOf<Each>
  readonly body?: BodyOf<Each>
  readonly signal?: AbortSignal
}

/** How long after a broken stream it is asked for again, and how often in a row. */
const againAfterMs = 500
const againMax = 20

export class Client {
  readonly #options: ClientOptions

  constructor(options: ClientOptions) {
    this.#options = options
  }

  /** Asks for one operation, and gives what it answers. */
  async call<Each extends Operation>(each: Each, asked: Asked<Each> = {}): Promise<AnswerOf<Each>> {
    const response = await this.#fetch(each, asked)
    return (await response.json()) as AnswerOf<Each>
  }

  /** The run once it ended or was suspended, however long that takes. */
  async ended(id: string, signal?: AbortSignal): Promise<Run> {
    for (;;) {
      const asked = { params: { id }, query: { wait: waitSecondsMax }, ...(signal && { signal }) }
      const run = await this.call(operations.runs.get, asked)
      if (run.ended_at !== null || run.status === 'suspended') return run
    }
  }

  /**
   * The lifecycle events of a run, from the first or from the one after `after`, until it ends or is suspended. A
   * connection that breaks is made again, and goes on where it was.
   */
  async *follow(id: string, { after = '', signal }: FollowOptions = {}): AsyncGenerator<LifecycleEvent> {
    let last = after
    for (let failures = 0; ;) {
      let heard = false
      try {
        const response = await this.#eventsAfter(id, last, signal)
        if (response.status === 204) return
        for await (const event of eventsOf(response)) {
          last = event.id
          heard = true
          failures = 0
          yield event
        }
        if (!heard && (await this.#isSuspended(id, signal))) return
      } catch (error) {
        if (signal?.aborted || !isPassing(error) || failures >= againMax) throw error
        failures++
      }
      if (!heard) await this.#options.clock.sleep(againAfterMs, signal)
    }
  }

  #eventsAfter(id: string, last: string, signal: AbortSignal | undefined): Promise<Response> {
    const headers = last === '' ? {} : { 'last-event-id': last }
    return this.#fetch(operations.runs.events, { params: { id }, ...(signal && { signal }) }, headers)
  }

  async #isSuspended(id: string, signal: AbortSignal | undefined): Promise<boolean> {
    const { status } = await this.call(operations.runs.get, { params: { id }, ...(signal && { signal }) })
    return status === 'suspended'
  }

  /** The lifecycle events of all runs from now on, until the connection breaks or the signal aborts. */
  async *followAll(signal?: AbortSignal): AsyncGenerator<LifecycleEvent> {
    yield* eventsOf(await this.#fetch(operations.events.follow, signal ? { signal } : {}))
  }

  async #fetch<Each extends Operation>(
    each: Each,
    asked: Asked<Each>,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const { url, token, fetch: send = fetch } = this.#options
    const body = takesBody(each) ? JSON.stringify(asked.body) : undefined
    const response = await send(`${url}${pathOf(each, asked)}`, {
      method: each.method,
      headers: {
        ...headers,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body }),
      ...(asked.signal && { signal: asked.signal }),
    }).catch((error: unknown) => {
      if (asked.signal?.aborted) throw error
      throw unreachable(url, error)
    })
    if (!response.ok) throw await problemOf(response, url)
    return response
  }
}

export interface FollowOptions {
  /** The id of the last event that was read. */
  readonly after?: string
  readonly signal?: AbortSignal
}

/** Whether it may be otherwise when it is asked again: the connection broke, or the server is being started anew. */
function isPassing(error: unknown): boolean {
  return !(error instanceof ProblemError) || error.code === 'closed'
}

async function* eventsOf(response: Response): AsyncGenerator<LifecycleEvent> {
  if (!response.body) return
  const text = response.body.pipeThrough(new TextDecoderStream())
  for await (const { data } of decodeEvents(text)) yield JSON.parse(data) as LifecycleEvent
}

function pathOf<Each extends Operation>({ path }: Each, { params, query }: Asked<Each>): string {
  const filled = Object.entries(params ?? {}).reduce(
    (sum, [name, value]) => sum.replace(`{${name}}`, encodeURIComponent(textOf(value))),
    path,
  )
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    const values: readonly unknown[] = Array.isArray(value) ? value : [value]
    for (const each of values) if (each !== undefined) search.append(name, textOf(each))
  }
  return search.size > 0 ? `${filled}?${search.toString()}` : filled
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

async function problemOf(response: Response, url: string): Promise<NexusError> {
  const text = await response.text()
  try {
    const problem = JSON.parse(text) as Problem
    if (typeof problem.code === 'string') return new ProblemError(problem)
  } catch {
    // not one of ours: said below
  }
  return new NexusError(
    'not_a_nexus',
    `${url} answers ${response.status} and is no Nexus, or one of another version.`,
  )
}

function unreachable(url: string, error: unknown): NexusError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const why = cause instanceof Error ? cause.message : String(cause)
  const message = `The Nexus at ${url} does not answer: ${why}. Try: nexus start`
  return new NexusError('server_unreachable', message, { cause: error })
}
