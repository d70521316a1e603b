/**
 * How many runs are in progress at once, and who is next: what has to wait begins by its priority, the higher first, and
 * in the order of asking within one. It knows no run; what waits is kept on disk by whoever asks. What has begun before
 * is never made to wait again, and neither is what another run begins, since that one may be waiting for it.
 */
import { NexusError } from '@nexus/sdk'

export interface AdmissionLimits {
  /** Runs in progress at once. */
  readonly runsMax: number
  /** Runs that wait. */
  readonly pendingMax: number
}

export const defaultAdmission: AdmissionLimits = { runsMax: 100_000, pendingMax: 100_000 }

export interface Ticket {
  /** Whether its turn has not come yet. */
  readonly waits: boolean
  /** Resolves when its turn has come. Rejects with the signal's reason when that aborts before. */
  turn(signal: AbortSignal): Promise<void>
  /** Makes room for the next. Safe to call twice. */
  leave(): void
}

/** Counts nowhere. */
export const freeTicket: Ticket = { waits: false, turn: unlessAborted, leave() {} }

export class Admission {
  readonly #limits: AdmissionLimits
  /** In the order of asking, by priority. */
  readonly #queues = new Map<number, Set<QueuedTicket>>()
  #waiting = 0
  #inProgress = 0

  constructor(limits: Partial<AdmissionLimits> = {}) {
    this.#limits = { ...defaultAdmission, ...limits }
  }

  /** Throws `NexusError` `too_many_pending`. */
  enter(priority: number): Ticket {
    if (this.#inProgress < this.#limits.runsMax && this.#waiting === 0) return this.enterAtOnce()
    const { runsMax, pendingMax } = this.#limits
    if (this.#waiting >= pendingMax) {
      const message = `${runsMax} runs are in progress and ${pendingMax} wait for their turn. Ask again later.`
      throw new NexusError('too_many_pending', message)
    }
    return this.#enqueue(priority)
  }

  /** Also where there are as many as may be. */
  enterAtOnce(): Ticket {
    this.#inProgress++
    let left = false
    return {
      waits: false,
      turn: unlessAborted,
      leave: () => {
        if (!left) this.#leave()
        left = true
      },
    }
  }

  #enqueue(priority: number): Ticket {
    const queue = this.#queues.get(priority) ?? new Set()
    const ticket = new QueuedTicket({
      quit: () => {
        if (queue.delete(ticket)) this.#waiting--
        if (queue.size === 0) this.#queues.delete(priority)
      },
      leave: () => this.#leave(),
    })
    this.#queues.set(priority, queue.add(ticket))
    this.#waiting++
    return ticket
  }

  #leave(): void {
    this.#inProgress--
    while (this.#waiting > 0 && this.#inProgress < this.#limits.runsMax) {
      const [next] = this.#queues.get(Math.max(...this.#queues.keys())) ?? []
      if (!next) return
      this.#inProgress++
      next.admit()
    }
  }
}

async function unlessAborted(signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
}

/** One that is in a queue until it is admitted. */
export class QueuedTicket implements Ticket {
  readonly #parts: { quit: () => void; leave: () => void }
  readonly #turn = Promise.withResolvers<void>()
  #state: 'waits' | 'admitted' | 'left' = 'waits'

  constructor(parts: { quit: () => void; leave: () => void }) {
    this.#parts = parts
    this.#turn.promise.catch(() => {}) // told by `turn`
  }

  get waits(): boolean {
    return this.#state === 'waits'
  }

  admit(): void {
    this.#parts.quit()
    this.#state = 'admitted'
    this.#turn.resolve()
  }

  async turn(signal: AbortSignal): Promise<void> {
    const abort = (): void => this.#turn.reject(signal.reason as Error)
    signal.throwIfAborted()
    signal.addEventListener('abort', abort, { once: true })
    await this.#turn.promise.finally(() => signal.removeEventListener('abort', abort))
  }

  leave(): void {
    const before = this.#state
    this.#state = 'left'
    if (before === 'waits') this.#parts.quit()
    if (before === 'admitted') this.#parts.leave()
  }
}
