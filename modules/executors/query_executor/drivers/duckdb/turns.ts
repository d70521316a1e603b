/**
 * Whose turn it is with a file that many may read and one may write: in the order in which they came, so that neither
 * those who read nor those who write wait for ever.
 */
import { TaskFault, type Clock } from '@nexus/sdk'

interface Waiter {
  readonly write: boolean
  go(): void
}

export class Turns {
  #readers = 0
  #isWriting = false
  #waiters: Waiter[] = []

  get isBusy(): boolean {
    return this.#readers > 0 || this.#isWriting || this.#waiters.length > 0
  }

  /** Resolves with the way to end the turn. */
  async take(
    write: boolean,
    {
      signal,
      clock,
      waitMsMax,
      title,
    }: { signal: AbortSignal; clock: Clock; waitMsMax: number; title: string },
  ): Promise<() => void> {
    signal.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const waiter = { write, go: resolve }
    this.#waiters.push(waiter)
    const abort = (): void => reject(signal.reason as Error)
    const stopTimer = clock.timer(waitMsMax, () =>
      reject(TaskFault.of('timeout', `Other calls have ${title} open for too long. Raise pool_wait_ms.`)),
    )
    signal.addEventListener('abort', abort, { once: true })
    this.#next()
    try {
      await promise
    } catch (error) {
      // Where it was its turn already, the turn ends at once.
      if (this.#waiters.includes(waiter)) this.#waiters = this.#waiters.filter((each) => each !== waiter)
      else this.#end(write)
      this.#next()
      throw error
    } finally {
      stopTimer()
      signal.removeEventListener('abort', abort)
    }
    return () => this.#end(write)
  }

  #end(write: boolean): void {
    if (write) this.#isWriting = false
    else this.#readers -= 1
    this.#next()
  }

  #next(): void {
    for (let [first] = this.#waiters; first !== undefined; [first] = this.#waiters) {
      if (this.#isWriting || (first.write && this.#readers > 0)) return
      if (first.write) this.#isWriting = true
      else this.#readers += 1
      this.#waiters.shift()
      first.go()
    }
  }
}
