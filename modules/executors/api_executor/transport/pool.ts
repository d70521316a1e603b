/**
 * The connections of the module, by origin: kept alive for a while, shared by all calls, and all closed at the end. The
 * HTTP client is loaded with the first request.
 */
import type { Agent, Dispatcher } from 'undici'
import { connectorOf, type ConnectorOptions } from './connector.ts'

/** Origins that have connections at the same time. */
const originsMax = 1_000
/** However long a service says that it keeps a connection. */
const keepAliveMsMax = 60_000

export class Pool {
  readonly #options: ConnectorOptions
  #opening: Promise<Agent> | undefined
  #agent: Agent | undefined
  #isClosed = false

  constructor(options: ConnectorOptions) {
    this.#options = options
  }

  /** Hands the handler everything, errors too. */
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    if (this.#agent) return void this.#agent.dispatch(options, handler)
    this.#open()
      .then((agent) => void agent.dispatch(options, handler))
      .catch((error: unknown) => handler.onResponseError?.(noController, asError(error)))
  }

  /** For whoever reads an answer as a stream. */
  agent(): Promise<Agent> {
    return this.#open()
  }

  /** Ends every connection, whatever it is used for. Safe to call twice. */
  async close(): Promise<void> {
    this.#isClosed = true
    const agent = await this.#opening
    this.#opening = undefined
    this.#agent = undefined
    await agent?.destroy()
  }

  #open(): Promise<Agent> {
    if (this.#isClosed) return Promise.reject(new Error('The connections of api_executor are closed.'))
    this.#opening ??= this.#load()
    return this.#opening
  }

  async #load(): Promise<Agent> {
    const { Agent, buildConnector } = await import('undici')
    const { settings } = this.#options
    this.#agent = new Agent({
      connect: connectorOf(buildConnector, this.#options),
      allowH2: settings.usesHttp2,
      connections: settings.hostRequestsMax,
      maxOrigins: originsMax,
      headersTimeout: settings.headersTimeoutMs,
      bodyTimeout: settings.bodyTimeoutMs,
      keepAliveTimeout: settings.keepAliveMs,
      keepAliveMaxTimeout: keepAliveMsMax,
      maxHeaderSize: settings.headerBytesMax,
      h2Options: { settings: { maxHeaderListSize: settings.headerBytesMax, enablePush: false } },
    })
    return this.#agent
  }
}

const noController: Dispatcher.DispatchController = {
  aborted: true,
  paused: false,
  reason: null,
  abort: () => undefined,
  pause: () => undefined,
  resume: () => undefined,
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
