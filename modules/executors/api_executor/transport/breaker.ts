/**
 * A circuit breaker for every origin. Closed, everything goes through; after so many failures in a row it opens, and
 * nothing does for a while; then it is half open, and one request after another finds out whether the service is back.
 * It sends nothing, and judges no answer: it is told how requests ended.
 */
import { TaskFault, type Clock } from '@nexus/sdk'

export interface BreakerLimits {
  /** 0: never opens. */
  readonly breakerFailures: number
  /** Successes that close it again. */
  readonly breakerProbes: number
  readonly breakerOpenMs: number
}

/** `neutral`: it says nothing of the service, as when the run was cancelled. */
export type Ending = 'success' | 'failure' | 'neutral'

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

export class Breakers {
  /** Only of origins that failed last. */
  readonly #states = new Map<string, State>()
  readonly #limits: BreakerLimits
  readonly #clock: Clock

  constructor(limits: BreakerLimits, clock: Clock) {
    this.#limits = limits
    this.#clock = clock
  }

  /** Throws where a request may not be sent now. Whoever may send says how it ended. */
  admit(origin: string): void {
    const state = this.#states.get(origin)
    if (state === undefined || state.kind === 'closed') return
    if (state.kind === 'open' && this.#clock.elapsed() < state.untilMs) throw this.#refusal(origin, state)
    if (state.kind === 'half open' && state.isProbing) throw probing(origin, state)
    const successes = state.kind === 'half open' ? state.successes : 0
    const { failures, reason } = state
    this.#states.set(origin, { kind: 'half open', isProbing: true, successes, failures, reason })
  }

  ended(origin: string, ending: Ending, reason = ''): void {
    if (this.#states.size === 0 && ending !== 'failure') return
    const state = this.#states.get(origin) ?? closed
    if (ending === 'neutral') {
      if (state.kind === 'half open') this.#states.set(origin, { ...state, isProbing: false })
    } else if (ending === 'success') this.#succeeded(origin, state)
    else this.#failed(origin, state, reason)
  }

  #succeeded(origin: string, state: State): void {
    if (state.kind === 'open') return
    const successes = state.kind === 'half open' ? state.successes + 1 : Number.POSITIVE_INFINITY
    if (successes >= this.#limits.breakerProbes) this.#states.delete(origin)
    else if (state.kind === 'half open') this.#states.set(origin, { ...state, successes, isProbing: false })
  }

  #failed(origin: string, state: State, reason: string): void {
    const { breakerFailures, breakerOpenMs } = this.#limits
    // Requests that were under way when it opened do not make it longer.
    if (breakerFailures === 0 || state.kind === 'open') return
    const failures = state.failures + 1
    if (state.kind === 'closed' && failures < breakerFailures) {
      this.#states.set(origin, { kind: 'closed', failures })
      return
    }
    const untilMs = this.#clock.elapsed() + breakerOpenMs
    this.#states.set(origin, { kind: 'open', untilMs, failures, reason })
  }

  #refusal(origin: string, { untilMs, failures, reason }: State & { kind: 'open' }): TaskFault {
    const until = new Date(this.#clock.now() + untilMs - this.#clock.elapsed()).toISOString()
    return unavailable(
      `${origin} failed ${failures} times in a row and is not asked again until ${until} (breaker_open_ms). Last: ${reason}`,
    )
  }
}

function probing(origin: string, { failures, reason }: State & { kind: 'half open' }): TaskFault {
  return unavailable(
    `${origin} failed ${failures} times in a row, and one request is finding out whether it is back (breaker_probes). Last: ${reason}`,
  )
}

function unavailable(detail: string): TaskFault {
  return TaskFault.of('communication', detail, { status: 503 })
}
