/**
 * One endpoint as one task sees it: its client, its key, its patience. What comes back with 429, 408 or 5xx is asked
 * again by the endpoint's own headers, so many times and never longer than configured; whatever else goes wrong is the
 * task's fault. The client is loaded with the first task: until then it costs nothing.
 */
import type OpenAI from 'openai'
import { TaskFault, type ModuleContext, type Secrets } from '@nexus/sdk'
import { boundedFetch } from './bounded_fetch.ts'
import { faultOf } from './faults.ts'
import { Mask } from './mask.ts'
import { refusalIn } from './refusal.ts'
import { waitMsOf } from './retry_after.ts'
import type { Settings } from './settings.ts'

/** The first wait where the endpoint does not say one; each further one is twice as long, within bounds. */
const firstWaitMs = 500
const waitMsMax = 8_000
/** Our own clock ends a request; that of the client never does. */
const neverMs = 2_147_483_647

type Services = Pick<ModuleContext, 'clock' | 'log' | 'signal' | 'stream'>

export class Endpoint {
  readonly settings: Settings
  readonly mask: Mask
  readonly #client: OpenAI
  readonly #services: Services

  private constructor(settings: Settings, client: OpenAI, mask: Mask, services: Services) {
    this.settings = settings
    this.mask = mask
    this.#client = client
    this.#services = services
  }

  static async open(settings: Settings, context: Services & { secrets: Secrets }): Promise<Endpoint> {
    const key =
      settings.keySecret === undefined ? undefined : await keyOf(settings.keySecret, context.secrets)
    const { OpenAI } = await import('openai')
    const client = new OpenAI({
      baseURL: settings.baseUrl,
      apiKey: key ?? 'none',
      // What is not said here the client would take from the environment.
      adminAPIKey: null,
      organization: null,
      project: null,
      logLevel: 'off',
      maxRetries: 0,
      timeout: neverMs,
      fetch: boundedFetch(settings.limits.responseBytesMax),
      defaultHeaders: {
        'x-stainless-timeout': null,
        ...(key === undefined && { authorization: null }),
        ...settings.headers,
      },
    })
    return new Endpoint(settings, client, new Mask(key), context)
  }

  /** Rejects with a `TaskFault`, whose cause is what the client threw, or with the reason of the task's signal. */
  async ask<Answer>(work: (client: OpenAI, signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    for (let retries = 0; ; retries++) {
      try {
        return await this.#once(work)
      } catch (error) {
        this.#services.signal.throwIfAborted()
        await this.#waitToRetry(error, retries)
      }
    }
  }

  async #once<Answer>(work: (client: OpenAI, signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    const { clock, signal } = this.#services
    const { timeoutMs } = this.settings.limits
    signal.throwIfAborted()
    const timeUp = new AbortController()
    const late = TaskFault.of(
      'timeout',
      `${this.settings.baseUrl} did not complete its answer in ${timeoutMs} ms (timeout_ms).`,
    )
    const stopTimer = clock.timer(timeoutMs, () => timeUp.abort(late))
    const either = AbortSignal.any([signal, timeUp.signal])
    try {
      const answer = await work(this.#client, either)
      // The client ends a stream that was aborted as if it had come to its end.
      either.throwIfAborted()
      return answer
    } catch (error) {
      either.throwIfAborted()
      throw error
    } finally {
      stopTimer()
    }
  }

  /** Throws the fault where it makes no sense, or has been done often enough. */
  async #waitToRetry(error: unknown, retries: number): Promise<void> {
    const { clock, log, signal, stream } = this.#services
    const { retriesMax, retryWaitMsMax } = this.settings.limits
    const refusal = refusalIn(error)
    const fault = faultOf(error, { ...this.settings, mask: this.mask })
    if (refusal === undefined || !mayRetry(refusal)) throw fault
    const saidMs = waitMsOf(refusal.headers, clock.now())
    const waitMs = saidMs ?? Math.min(waitMsMax, firstWaitMs * 2 ** retries) * (0.75 + clock.random() / 4)
    if (retries >= retriesMax)
      throw givenUp(fault, refusal.status, `was asked ${retries + 1} times (retries_max)`)
    if (waitMs > retryWaitMsMax)
      throw givenUp(fault, refusal.status, `asks to wait ${waitMs} ms, longer than retry_wait_ms_max`)
    const wait = `status ${refusal.status}, asked again in ${Math.round(waitMs)} ms`
    log.warn(`${this.settings.baseUrl}: ${wait}`, { retry: retries + 1, retries_max: retriesMax })
    stream({ channel: 'progress', text: `${wait}\n` })
    await clock.sleep(waitMs, signal)
  }
}

function mayRetry({
  status,
  code,
  headers,
}: {
  status: number
  code: string
  headers: { get(name: string): string | null }
}): boolean {
  const said = headers.get('x-should-retry')
  if (said === 'true' || said === 'false') return said === 'true'
  return (status === 429 && code !== 'insufficient_quota') || status === 408 || status >= 500
}

function givenUp(fault: Error, status: number, why: string): TaskFault {
  return TaskFault.of('communication', `${fault.message} It ${why}.`, { cause: fault.cause, status })
}

async function keyOf(name: string, secrets: Secrets): Promise<string> {
  const key = (await secrets.get(name)).trim()
  if (key === '' || !/^[\x21-\x7e]+$/.test(key))
    throw TaskFault.of(
      'authentication',
      `The secret "${name}" is no key: it must be one word of ASCII characters.`,
    )
  return key
}
