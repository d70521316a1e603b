/**
 * The circuit breaker of one origin. Closed, everything goes through; after so many failures in a row it opens, and nothing
 * does for a while; then it is half open, and one request after another finds out whether the service is back. How a
 * request ended that began before it opened says nothing any more. It sends nothing, and judges no answer.
 */
import { TaskFault, type Clock } from '@nexus/sdk'
import type { Kept } from './per_key.ts'

export interface BreakerLimits {
  /** 0: never opens. */
  readonly breakerFailures: number
  /** Successes that close it again. */
  readonly breakerProbes: number
  readonly breakerOpenMs: number
}

/** `neutral`: it says nothing of the service, as when the run was cancelled. */
export type Ending = 'success' | 'failure' | 'neutral'

/** A request that may be sent. Whoever has it says how it ended, once. */
export interface Admission {
  ended(ending: Ending, reason?: string): void
}

type State =
  | { readonly kind: 'closed'; readonly failures: number }
  | { readonly kind: 'open'; readonly untilMs: number; readonly failures: number; readonly reason: string }
  | {
      readonly kind: 'half open'
      readonly isProbing: boolean
      readonly successes: number
      readonly failures: number
      readonly reason: string
    }

const closed: State = { kind: 'closed', failures: 0 }

export class Breaker implements Kept {
  readonly #origin: string
  readonly #limits: BreakerLimits
  readonly #clock: Clock
  #state: State = closed
  /** How often it opened. */
  #openings = 0
  #underWay = 0

  constructor(origin: string, limits: BreakerLimits, clock: Clock) {
    this.#origin = origin
    this.#limits = limits
    this.#clock = clock
  }

  get isIdle(): boolean {
    return this.#underWay === 0
  }

  /** Throws where a request may not be sent now. */
  admit(): Admission {
    const state = this.#state
    if (state.kind === 'open' && this.#clock.elapsed() < state.untilMs) throw this.#refusal(state)
    if (state.kind === 'half open' && state.isProbing) throw this.#probing(state)
    if (state.kind !== 'closed') {
      const successes = state.kind === 'half open' ? state.successes : 0
      const { failures, reason } = state
      this.#state = { kind: 'half open', isProbing: true, successes, failures, reason }
    }
    this.#underWay++
    const openings = this.#openings
    return {
      ended: (ending, reason = '') => {
        this.#underWay--
        if (openings === this.#openings) this.#ended(ending, reason)
      },
    }
  }

  #ended(ending: Ending, reason: string): void {
    if (ending === 'success') this.#succeeded()
    else if (ending === 'failure') this.#failed(reason)
    else if (this.#state.kind === 'half open') this.#state = { ...this.#state, isProbing: false }
  }

  #succeeded(): void {
    if (this.#state.kind !== 'half open') {
      this.#state = closed
      return
    }
    const successes = this.#state.successes + 1
    const isBack = successes >= this.#limits.breakerProbes
    this.#state = isBack ? closed : { ...this.#state, successes, isProbing: false }
  }

  #failed(reason: string): void {
    const { breakerFailures, breakerOpenMs } = this.#limits
    if (breakerFailures === 0) return
    const failures = this.#state.failures + 1
    if (this.#state.kind === 'closed' && failures < breakerFailures) {
      this.#state = { kind: 'closed', failures }
      return
    }
    this.#openings++
    this.#state = { kind: 'open', untilMs: this.#clock.elapsed() + breakerOpenMs, failures, reason }
  }

  #refusal({ untilMs, failures, reason }: State & { kind: 'open' }): TaskFault {
    const until = new Date(this.#clock.now() + untilMs - this.#clock.elapsed()).toISOString()
    return unavailable(
      `${this.#origin} failed ${failures} times in a row and is not asked again until ${until} (breaker_open_ms). Last: ${reason}`,
    )
  }

  #probing({ failures, reason }: State & { kind: 'half open' }): TaskFault {
    return unavailable(
      `${this.#origin} failed ${failures} times in a row, and one request is finding out whether it is back (breaker_probes). Last: ${reason}`,
    )
  }
}

function unavailable(detail: string): TaskFault {
  return TaskFault.of('communication', detail, { status: 503 })
}
