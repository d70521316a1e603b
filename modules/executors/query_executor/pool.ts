/**
 * Keeps what is dear to open (connections, processes) for those who need one for a while: at most so many, waiters in
 * order and for so long, each closed when nobody has used it for a time. It knows nothing of what it keeps.
 */
import { TaskFault, type Clock } from '@nexus/sdk'

export interface Pooled {
  /** False once it can serve nobody any more. */
  isAlive(): boolean
  /** Ends it, whatever it does. */
  close(): Promise<void>
}

export interface PoolLimits {
  readonly sizeMax: number
  readonly idleMs: number
  /** How long a call waits for one that is free. */
  readonly waitMsMax: number
}

export interface PoolOptions<Item extends Pooled> extends PoolLimits {
  readonly clock: Clock
  /** As errors name it. */
  readonly title: string
  open(signal: AbortSignal): Promise<Item>
}

const waitersMax = 1_000

interface Idle<Item> {
  readonly item: Item
  readonly stopTimer: () => void
}

export interface Loan<Item> {
  readonly item: Item
  /** Whether it served somebody before: it may have been lost while it lay idle. */
  readonly isUsed: boolean
}

export class Pool<Item extends Pooled> {
  readonly #options: PoolOptions<Item>
  #idle: Idle<Item>[] = []
  readonly #lent = new Set<Item>()
  readonly #closing = new Set<Promise<void>>()
  #opening = 0
  #waiters: (() => void)[] = []
  #isClosed = false

  constructor(options: PoolOptions<Item>) {
    this.#options = options
  }

  isBusy(): boolean {
    return this.#lent.size + this.#opening + this.#waiters.length > 0
  }

  async lend(signal: AbortSignal): Promise<Loan<Item>> {
    await this.#room(signal)
    const used = this.#takeIdle()
    if (used !== undefined) return { item: used, isUsed: true }
    this.#opening += 1
    try {
      const item = await this.#options.open(signal)
      this.#lent.add(item)
      return { item, isUsed: false }
    } catch (error) {
      this.#wake()
      throw error
    } finally {
      this.#opening -= 1
    }
  }

  /** Takes it back for the next. */
  release(item: Item): void {
    this.#lent.delete(item)
    if (this.#isClosed || !item.isAlive()) void this.#close(item)
    else {
      const stopTimer = this.#options.clock.timer(this.#options.idleMs, () => this.#expire(item))
      this.#idle.push({ item, stopTimer })
    }
    this.#wake()
  }

  /** Ends it: it serves nobody any more. */
  async discard(item: Item): Promise<void> {
    this.#lent.delete(item)
    await this.#close(item)
    this.#wake()
  }

  /** Ends all of them, also those that are lent. */
  async close(): Promise<void> {
    this.#isClosed = true
    const idle = this.#idle
    this.#idle = []
    for (const { item, stopTimer } of idle) {
      stopTimer()
      void this.#close(item)
    }
    for (const item of this.#lent) void this.#close(item)
    this.#lent.clear()
    this.#waiters.splice(0).forEach((wake) => wake())
    await Promise.all(this.#closing)
  }

  async #room(signal: AbortSignal): Promise<void> {
    const startedMs = this.#options.clock.elapsed()
    for (;;) {
      signal.throwIfAborted()
      if (this.#isClosed) throw TaskFault.of('runtime', `${this.#options.title} was closed.`)
      if (this.#idle.length > 0 || this.#lent.size + this.#opening < this.#options.sizeMax) return
      await this.#wait(signal, startedMs + this.#options.waitMsMax)
    }
  }

  #wait(signal: AbortSignal, untilMs: number): Promise<void> {
    const { clock, title, sizeMax } = this.#options
    const busy = `All ${sizeMax} connections of ${title} are busy`
    if (this.#waiters.length >= waitersMax)
      throw TaskFault.of(
        'runtime',
        `${busy}, and ${waitersMax} calls wait. Raise pool_max, or call less at once.`,
      )
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const stopTimer = clock.timer(Math.max(0, untilMs - clock.elapsed()), () =>
      reject(TaskFault.of('timeout', `${busy}: none became free in time. Raise pool_max or pool_wait_ms.`)),
    )
    const abort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    this.#waiters.push(resolve)
    return promise.finally(() => {
      stopTimer()
      signal.removeEventListener('abort', abort)
      this.#waiters = this.#waiters.filter((waiter) => waiter !== resolve)
    })
  }

  #takeIdle(): Item | undefined {
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      idle.stopTimer()
      if (idle.item.isAlive()) {
        this.#lent.add(idle.item)
        return idle.item
      }
      void this.#close(idle.item)
    }
    return undefined
  }

  #expire(item: Item): void {
    this.#idle = this.#idle.filter((idle) => idle.item !== item)
    void this.#close(item)
  }

  #close(item: Item): Promise<void> {
    const closing = item
      .close()
      .catch(() => undefined)
      .finally(() => this.#closing.delete(closing))
    this.#closing.add(closing)
    return closing
  }

  #wake(): void {
    this.#waiters.shift()?.()
  }
}
