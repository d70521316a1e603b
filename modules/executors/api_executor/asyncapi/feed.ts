/** Messages in the order of their coming, until somebody asks for them: a queue of bounded length and size. */
import { TaskFault } from '@nexus/sdk'
import type { Received } from './message.ts'

export interface FeedLimits {
  readonly messagesMax: number
  readonly bytesMax: number
}

/** Where a connection puts what comes. */
export interface Sink {
  /** False where nothing more is taken. */
  push(message: Received): boolean
  fail(error: unknown): void
}

export class Feed implements Sink {
  readonly #limits: FeedLimits
  readonly #waiting: Received[] = []
  #bytes = 0
  #failure: unknown
  #wake: (() => void) | undefined

  constructor(limits: FeedLimits) {
    this.#limits = limits
  }

  /** False where nothing more is taken: then nobody can say any more what comes next, and nothing is given either. */
  push(message: Received): boolean {
    if (this.#failure !== undefined) return false
    this.#waiting.push(message)
    this.#bytes += message.bytes.length
    const { messagesMax, bytesMax } = this.#limits
    if (this.#waiting.length > messagesMax || this.#bytes > bytesMax) {
      this.#waiting.length = 0
      const most = `${messagesMax} (max_messages), or ${bytesMax / 1_048_576} MB (max_response_mb)`
      this.fail(
        TaskFault.of('communication', `More messages came than are kept while others are handled: ${most}.`),
      )
    }
    this.#wake?.()
    return this.#failure === undefined
  }

  /** For one connection of several: its messages are this feed's, its end is told to `lost` alone. */
  sink(hasCome: () => void, lost: (error: unknown) => void): Sink {
    return {
      push: (message) => {
        hasCome()
        return this.push(message)
      },
      fail: (error) => (this.#failure === undefined ? lost(error) : undefined),
    }
  }

  /** What has come is still given; then it is thrown. */
  fail(error: unknown): void {
    this.#failure ??= error
    this.#wake?.()
  }

  /** Rejects with the failure of the source, or with the signal's reason. */
  async next(signal: AbortSignal): Promise<Received> {
    for (;;) {
      signal.throwIfAborted()
      const message = this.#waiting.shift()
      if (message) {
        this.#bytes -= message.bytes.length
        return message
      }
      if (this.#failure !== undefined) throw this.#failure
      await this.#more(signal)
    }
  }

  #more(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#wake = undefined
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#wake = wake
      signal.addEventListener('abort', wake, { once: true })
    })
  }
}
