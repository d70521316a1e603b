/**
 * `on`: a run for every set of events that satisfies the strategy, with what was read of them as its input, in the order
 * of their coming. An event that no open set wants opens a set of its own, so that sets may come interleaved, and
 * correlation sorts them. Sets that are not complete are kept over a restart. Source: DSL 1.0.3, "Schedule".
 */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import type { Schedule } from '@nexus/workflow'
import type { CloudEvent } from '../cloud_event.ts'
import { EventConsumption, type ConsumptionScope, type Match } from '../consumption.ts'
import { readEvent } from '../event_reading.ts'
import type { Trigger, TriggerContext } from './trigger.ts'

/** Sets that are open at once; then the oldest is given up, with a message. */
const openMax = 1_000

type On = NonNullable<Schedule['on']>

export function onEventsTrigger(on: On, read: Schedule['read'], scope: ConsumptionScope): Trigger {
  return async (context) => {
    const sets = new EventSets(on, scope, context)
    for (;;) await sets.takeNext(read)
  }
}

/** Events that belong together, so far. */
type EventSet = { readonly matches: readonly Match[]; readonly items: readonly Json[] }

class EventSets {
  readonly #on: On
  readonly #scope: ConsumptionScope
  readonly #context: TriggerContext
  #place: number
  #open: readonly EventSet[]

  constructor(on: On, scope: ConsumptionScope, context: TriggerContext) {
    const { state, deployment } = context
    const { place = deployment.accepted, open = [] } = (isJsonObject(state ?? null) ? state : {}) as {
      place?: number
      open?: readonly EventSet[]
    }
    this.#on = on
    this.#scope = scope
    this.#context = context
    this.#place = place
    this.#open = open
  }

  async takeNext(read: Schedule['read']): Promise<void> {
    const { feed, signal, fire, advance } = this.#context
    const { accepted, event, match } = await feed(this.#place).next((each) => this.#wanted(each), signal)
    const { index, how } = match as { index: number; how: Match }
    const before = this.#open[index] ?? { matches: [], items: [] }
    const items = how.until ? before.items : [...before.items, readEvent(event, read)]
    const set: EventSet = { matches: [...before.matches, how], items }
    const complete = this.#consumption(set).isOver(items)
    this.#place = accepted
    this.#open = complete ? this.#open.toSpliced(index, 1) : this.#kept(this.#open.toSpliced(index, 1, set))
    if (complete) await fire([...items], () => this.#state())
    else await advance(this.#state())
  }

  /** Which set an event belongs to, and as what; the index behind the last stands for a new one. */
  #wanted(event: CloudEvent): Json | undefined {
    for (const [index, set] of [...this.#open, { matches: [], items: [] }].entries()) {
      const how = this.#consumption(set).match(event)
      if (how) return { index, how }
    }
    return undefined
  }

  #consumption({ matches }: EventSet): EventConsumption {
    const consumption = new EventConsumption(this.#scope, this.#on)
    for (const match of matches) consumption.take(match)
    return consumption
  }

  #kept(open: readonly EventSet[]): readonly EventSet[] {
    if (open.length <= openMax) return open
    this.#context.warn(`More than ${openMax} sets of events wait to be complete; the oldest is given up.`)
    return open.slice(1)
  }

  #state(): JsonObject {
    return { place: this.#place, open: this.#open }
  }
}
