/**
 * How many requests a host gets at once, and how many in a second. Who comes when it has enough waits in line, first come
 * first served, as long as its call has time. It sends nothing.
 */
import { TaskFault, type Clock } from '@nexus/sdk'
import type { Kept } from './per_key.ts'

export interface GateLimits {
  readonly hostRequestsMax: number
  /** 0: without a limit. */
  readonly hostRequestsPerSecond: number
}

/** Calls that wait for one host. */
const waitingMax = 10_000

/** Of one host. */
export class Gate implements Kept {
  readonly #host: string
  readonly #limits: GateLimits
  readonly #clock: Clock
  readonly #waiting = new Set<() => void>()
  #running = 0
  /** Requests that may start now, of those that a second has. */
  #allowance: number
  #countedAtMs: number
  #stopTimer: (() => void) | undefined

  constructor(host: string, limits: GateLimits, clock: Clock) {
    this.#host = host
    this.#limits = limits
    this.#clock = clock
    this.#allowance = burstOf(limits)
    this.#countedAtMs = clock.elapsed()
  }

  get isIdle(): boolean {
    if (this.#running > 0 || this.#waiting.size > 0) return false
    this.#count()
    return this.#allowance >= burstOf(this.#limits)
  }

  /** Whether one may go on at once. Whoever entered must `leave`. */
  enters(): boolean {
    return this.#waiting.size === 0 && this.#takes()
  }

  leave(): void {
    this.#running--
    this.#advance()
  }

  /** Until one has entered. Rejects with the signal's reason; who was rejected has not entered. */
  async wait(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    if (this.#waiting.size >= waitingMax) {
      const detail = `${waitingMax} calls to ${this.#host} are waiting already (requests_per_host, requests_per_second_per_host).`
      throw TaskFault.of('communication', detail, { status: 503 })
    }
    return new Promise((resolve, reject) => {
      const go = (): void => {
        signal.removeEventListener('abort', giveUp)
        resolve()
      }
      const giveUp = (): void => {
        this.#waiting.delete(go)
        if (this.#waiting.size === 0) this.#stop()
        reject(signal.reason as Error)
      }
      signal.addEventListener('abort', giveUp, { once: true })
      this.#waiting.add(go)
      this.#advance()
    })
  }

  #advance(): void {
    for (const go of this.#waiting) {
      if (!this.#takes()) return this.#arm()
      this.#waiting.delete(go)
      go()
    }
    this.#stop()
  }

  #takes(): boolean {
    const { hostRequestsMax, hostRequestsPerSecond } = this.#limits
    if (this.#running >= hostRequestsMax) return false
    if (hostRequestsPerSecond > 0) {
      this.#count()
      if (this.#allowance < 1) return false
      this.#allowance--
    }
    this.#running++
    return true
  }

  /** What the time since the last look allows. */
  #count(): void {
    const nowMs = this.#clock.elapsed()
    const gained = ((nowMs - this.#countedAtMs) * this.#limits.hostRequestsPerSecond) / 1000
    this.#allowance = Math.min(burstOf(this.#limits), this.#allowance + gained)
    this.#countedAtMs = nowMs
  }

  /** Looks again when the next request may start, where nothing but time is in its way. */
  #arm(): void {
    const { hostRequestsMax, hostRequestsPerSecond } = this.#limits
    if (this.#stopTimer || this.#running >= hostRequestsMax) return
    const delayMs = Math.max(1, ((1 - this.#allowance) * 1000) / hostRequestsPerSecond)
    this.#stopTimer = this.#clock.timer(delayMs, () => {
      this.#stopTimer = undefined
      this.#advance()
    })
  }

  #stop(): void {
    this.#stopTimer?.()
    this.#stopTimer = undefined
  }
}

/** As many as a second has may come at once. */
function burstOf({ hostRequestsPerSecond }: GateLimits): number {
  return Math.max(1, hostRequestsPerSecond)
}
