/**
 * A subscription that outlives its connections: one that is lost is opened again, a few times and each time later, and the
 * log says so. What a server says for good (who may not, what is not there) ends it at once, and so does a server that
 * cannot be reached again. What was sent meanwhile is gone, unless the protocol keeps it.
 */
import { TaskFault, type StandardError } from '@nexus/sdk'
import { serverName, type Connecting, type Connector } from './connector.ts'
import type { Feed, Sink } from './feed.ts'

/** However often it was tried before. */
const waitMsMax = 30_000

/** Opens a connection within its time. */
type Open = (sink: Sink) => Promise<() => Promise<void>>

export interface Reconnecting {
  readonly connector: Connector
  readonly connecting: Connecting
  readonly feed: Feed
  /** Bounds what it takes to open a connection. */
  readonly inTime: <Value>(work: () => Promise<Value>) => Promise<Value>
}

/** Resolves when messages can come; what comes back ends the subscription and all that belongs to it. */
export async function subscribeLasting(given: Reconnecting): Promise<() => Promise<void>> {
  const lasting = new Lasting(given)
  await lasting.open()
  return () => lasting.end()
}

class Lasting {
  readonly #given: Reconnecting
  readonly #ended = new AbortController()
  /** In a row, without a message between them. */
  #tries = 0
  #leave: (() => Promise<void>) | undefined
  #recovering = Promise.resolve()

  constructor(given: Reconnecting) {
    this.#given = given
  }

  async open(): Promise<void> {
    const { connector, connecting, feed, inTime } = this.#given
    let isOver = false
    const open: Open = (sink) => inTime(() => connector.subscribe(connecting, sink))
    this.#leave = await open(
      feed.sink(
        () => (this.#tries = 0),
        (error) => {
          if (isOver) return
          isOver = true
          this.#recovering = this.#recover(error)
        },
      ),
    )
  }

  async end(): Promise<void> {
    this.#ended.abort()
    await this.#recovering
    await this.#leave?.()
  }

  async #recover(lost: unknown): Promise<void> {
    const { feed } = this.#given
    try {
      if (!this.#ended.signal.aborted) await this.#reopen(lost)
    } catch (error) {
      feed.fail(error)
    }
  }

  async #reopen(lost: unknown): Promise<void> {
    const { target, options } = this.#given.connecting
    const { reconnectsMax, reconnectWaitMs, clock, log } = options
    const name = serverName(target)
    let last = lost
    // What is lost cannot be left in order.
    await this.#leave?.().catch(() => undefined)
    this.#leave = undefined
    while (isPassing(last) && this.#tries < reconnectsMax) {
      const waitMs = Math.min(reconnectWaitMs * 2 ** this.#tries, waitMsMax)
      this.#tries++
      log.warn(
        `The connection to ${name} was lost: ${wordsOf(last)} Try ${this.#tries} of ${reconnectsMax} in ${waitMs} ms.`,
      )
      await clock.sleep(waitMs, AbortSignal.any([this.#ended.signal, options.signal]))
      try {
        await this.open()
        log.info(`The subscription to ${name} goes on. What was sent meanwhile may be missing.`)
        return
      } catch (error) {
        last = error
      }
    }
    throw isPassing(last) && reconnectsMax > 0 ? this.#givenUp(lost, last) : last
  }

  #givenUp(lost: unknown, last: unknown): TaskFault {
    const { target, options } = this.#given.connecting
    const detail =
      `The connection to ${serverName(target)} was lost (${wordsOf(lost)}) and could not be kept again in ` +
      `${options.reconnectsMax} tries (reconnects). Last: ${wordsOf(last)}`
    return TaskFault.of('communication', detail, { cause: last })
  }
}

const passing: StandardError = 'communication'

/** Whether it may be otherwise a little later. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof TaskFault)) return true
  const { type, status } = error.error
  const isRefusal = status >= 400 && status < 500 && status !== 408 && status !== 429
  return type.endsWith(`/${passing}`) && !isRefusal
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
