/**
 * How the module reaches services: everything that it sends, it sends through here. A request passes the breaker of its
 * origin and the gate of its host, goes over the pool, and again where the service is busy and says for how long. It
 * judges no status but those, and it follows no redirect: each hop comes here by itself, and is guarded by itself.
 */
import { TaskFault } from '@nexus/sdk'
import { hostAndPort } from '../address.ts'
import { connectionFault } from '../connection_fault.ts'
import type { HttpRequest } from '../request.ts'
import type { Answer } from '../send.ts'
import { Breaker, type Ending } from './breaker.ts'
import type { ConnectorOptions } from './connector.ts'
import type { Deadline } from './deadline.ts'
import { exchange, type ExchangeOptions } from './exchange.ts'
import { Gate } from './gate.ts'
import { PerKey } from './per_key.ts'
import { Pool } from './pool.ts'
import { isBadPort } from './bad_ports.ts'
import { retryDelayMs } from './retry.ts'
import { openStream, type StreamedAnswer } from './open_stream.ts'
import type { TransportSettings } from './settings.ts'
import { Tls } from './tls.ts'

export type SendingOptions = Omit<ExchangeOptions, 'settings'>

/** Answers that say that nobody is there, rather than that this request is not liked. */
const failing = new Set([502, 503, 504])

export class Transport {
  readonly #settings: TransportSettings
  readonly #pool: Pool
  /** For protocols that connect by themselves. */
  readonly tls: Tls
  readonly #gates: PerKey<Gate>
  readonly #breakers: PerKey<Breaker>

  constructor(options: Omit<ConnectorOptions, 'tls'>) {
    const { settings, clock } = options
    this.#settings = settings
    this.tls = new Tls(settings.tls)
    this.#pool = new Pool({ ...options, tls: this.tls })
    this.#gates = new PerKey((host) => new Gate(host, settings, clock))
    this.#breakers = new PerKey((origin) => new Breaker(origin, settings, clock))
  }

  /** Rejects with a `TaskFault`, or the deadline's reason. */
  async send(request: HttpRequest, options: SendingOptions): Promise<Answer> {
    if (isBadPort(request.url.port)) throw connectionFault(request, new Error('bad port'))
    const { clock, deadline } = options
    let waitedMs = 0
    for (let retries = 0; ; retries++) {
      const answer = await this.#attempt(request, options)
      const { status, headers } = answer
      const busy = { method: request.method, status, retryAfter: headers['retry-after'] }
      const delayMs = retryDelayMs(busy, { retries, waitedMs }, this.#settings, clock)
      if (delayMs === undefined) return answer
      await deadline.during((signal) => clock.sleep(delayMs, signal))
      waitedMs += delayMs
    }
  }

  /**
   * One request whose answer is read as it comes, for as long as the caller reads: without breaker, gate and retries.
   * Rejects with a `TaskFault`, or the signal's reason. Whoever does not read the body to its end destroys it.
   */
  async open(request: HttpRequest, signal: AbortSignal): Promise<StreamedAnswer> {
    if (isBadPort(request.url.port)) throw connectionFault(request, new Error('bad port'))
    try {
      return await openStream(this.#pool, request, signal)
    } catch (error) {
      signal.throwIfAborted()
      throw this.#named(request, error)
    }
  }

  /** Ends every connection. Safe to call twice. */
  close(): Promise<void> {
    return this.#pool.close()
  }

  async #attempt(request: HttpRequest, options: SendingOptions): Promise<Answer> {
    const gate = this.#gates.of(request.url.host)
    if (!gate.enters()) await options.deadline.during((signal) => gate.wait(signal))
    try {
      return await this.#watched(request, options)
    } finally {
      gate.leave()
    }
  }

  /** Where the breaker lets it through, which is told how it ended. */
  async #watched(request: HttpRequest, options: SendingOptions): Promise<Answer> {
    const admission = this.#breakers.of(request.url.origin).admit()
    try {
      const answer = await exchange(this.#pool, request, { ...options, settings: this.#settings })
      const hasFailed = failing.has(answer.status)
      if (hasFailed) admission.ended('failure', `it answered ${answer.status}.`)
      else admission.ended('success')
      return answer
    } catch (error) {
      const fault = this.#named(request, error, options.deadline)
      admission.ended(endingOf(error, options.deadline), fault instanceof Error ? fault.message : '')
      throw fault
    }
  }

  #named(request: HttpRequest, error: unknown, deadline?: Deadline): unknown {
    if (error instanceof TaskFault || (deadline && error === deadline.reason)) return error
    if (!isHeaderFlood(error)) return connectionFault(request, error)
    const sizeKb = this.#settings.headerBytesMax / 1024
    const detail = `${hostAndPort(request.url)} answers with more than ${sizeKb} KB of headers (max_header_kb).`
    return TaskFault.of('communication', detail, { cause: error })
  }
}

/** A service that answers too much, or is not asked at all, has not failed; one that does not answer in time has. */
function endingOf(error: unknown, { reason }: Deadline): Ending {
  if (error instanceof TaskFault) return error.error.status === 504 ? 'failure' : 'neutral'
  return error === reason || isHeaderFlood(error) ? 'neutral' : 'failure'
}

function isHeaderFlood(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'UND_ERR_HEADERS_OVERFLOW'
}
