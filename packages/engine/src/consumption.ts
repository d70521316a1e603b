/**
 * Event consumption strategies: which event a listen still wants, and when it has what it waited for. It holds what was
 * consumed so far, and learns it again from the record after a restart. Source: DSL 1.0.3, "Event Consumption Strategy".
 */
import type { Json, JsonObject } from '@nexus/sdk'
import { isTrue, type EventConsumptionStrategy, type EventFilter, type Scope } from '@nexus/workflow'
import type { CloudEvent } from './cloud_event.ts'
import { correlate, matchesFilter } from './event_filter.ts'

/** Why an event was consumed; recorded with it. */
export type Match = {
  /** Which of the strategy's filters it satisfies. */
  readonly filter: number
  /** It belongs to `until`, and is no part of the output. */
  readonly until: boolean
  /** The values of its correlations. */
  readonly keys: JsonObject
}

/** What the expressions of filters see; `input` is their `.` where no event is. */
export type ConsumptionScope = Scope & { readonly input: Json }

export class EventConsumption {
  readonly #scope: ConsumptionScope
  readonly #main: Strategy
  readonly #until: Strategy | string | undefined
  #keys: JsonObject = {}

  constructor(scope: ConsumptionScope, to: EventConsumptionStrategy) {
    this.#scope = scope
    this.#main = new Strategy(to)
    this.#until = typeof to.until === 'object' ? new Strategy(to.until) : to.until
  }

  /** Whether a filter ties events together. */
  get correlates(): boolean {
    const ends = typeof this.#until === 'object' && this.#until.correlates
    return ends || this.#main.correlates
  }

  /** What an event is wanted for; undefined when it is not. An event that ends the listen is not taken for another. */
  match(event: CloudEvent): Match | undefined {
    const fits = (filter: EventFilter): JsonObject | undefined => this.#fits(filter, event)
    const ending = typeof this.#until === 'object' ? this.#until.find(fits) : undefined
    if (ending) return { ...ending, until: true }
    const found = this.#main.find(fits)
    return found && { ...found, until: false }
  }

  take({ filter, until, keys }: Match): void {
    this.#keys = { ...keys, ...this.#keys }
    if (until && typeof this.#until === 'object') this.#until.take(filter)
    else this.#main.take(filter)
  }

  /** Whether no further event is wanted. `items`: what the listen gives so far, for the condition of `until`. */
  isOver(items: readonly Json[]): boolean {
    if (typeof this.#until === 'object') return this.#until.satisfied
    if (this.#until === undefined || !this.#main.satisfied) return this.#main.satisfied
    return isTrue(this.#until, items, this.#scope)
  }

  #fits(filter: EventFilter, event: CloudEvent): JsonObject | undefined {
    const scope = this.#scope
    if (!matchesFilter(filter, event, scope)) return undefined
    return correlate(filter, event, this.#keys, { scope, input: scope.input })
  }
}

type Fits = (filter: EventFilter) => JsonObject | undefined

/** `one`, `any` or `all`, without `until`. */
class Strategy {
  readonly #filters: readonly EventFilter[]
  readonly #wantsAll: boolean
  readonly #taken = new Set<number>()

  constructor({ one, any, all }: Pick<EventConsumptionStrategy, 'one' | 'any' | 'all'>) {
    this.#filters = all ?? any ?? (one ? [one] : [])
    this.#wantsAll = all !== undefined
  }

  get correlates(): boolean {
    return this.#filters.some((filter) => filter.correlate !== undefined)
  }

  get satisfied(): boolean {
    return this.#wantsAll ? this.#taken.size === this.#filters.length : this.#taken.size > 0
  }

  /** The first filter still open that an event fits. Of `all`, one event satisfies one; `any` of nothing is everything. */
  find(fits: Fits): Omit<Match, 'until'> | undefined {
    if (this.#filters.length === 0) return this.#wantsAll ? undefined : { filter: 0, keys: {} }
    for (const [filter, definition] of this.#filters.entries()) {
      if (this.#wantsAll && this.#taken.has(filter)) continue
      const keys = fits(definition)
      if (keys) return { filter, keys }
    }
    return undefined
  }

  take(filter: number): void {
    this.#taken.add(filter)
  }
}
