/**
 * One listen of a run: a place in the stream of accepted events, and what it consumed before the run was opened.
 */
import type { Clock, Json } from '@nexus/sdk'
import type { Consumed, Subscription } from '../../backend.ts'
import type { CloudEvent } from '../../cloud_event.ts'
import type { Consumption, Handled, RunEvent } from '../../events.ts'
import { EmbeddedFeed } from './event_feed.ts'
import type { Inbox } from './inbox.ts'

/** What a subscription needs of its run. */
export interface Listener {
  readonly number: number
  readonly inbox: Inbox
  readonly clock: Clock
  /** The targeted events that the run has consumed since it was opened, by their numbers. */
  readonly taken: Set<number>
  consumed(consumption: Consumption, targeted: boolean): void
  handled(result: Handled): void
}

export class EmbeddedSubscription implements Subscription {
  readonly past: readonly Consumed[]
  readonly #listener: Listener
  readonly #feed: EmbeddedFeed

  /** `begun`: the number of the log's event by which the listen began. `log`: what else is recorded of it. */
  constructor(listener: Listener, begun: number, log: readonly RunEvent[]) {
    const { number, inbox, clock, taken } = listener
    this.#listener = listener
    this.past = pastOf(log)
    const last = this.past.at(-1)?.accepted
    const consumed = (consumption: Consumption, targeted: boolean): void => {
      if (targeted) taken.add(consumption.accepted)
      listener.consumed(consumption, targeted)
    }
    const place = { general: last ?? begun, targeted: last ?? 0 }
    this.#feed = new EmbeddedFeed({ inbox, clock, run: number, taken, consumed }, place)
  }

  next(match: (event: CloudEvent) => Json | undefined, signal: AbortSignal): Promise<Consumed> {
    return this.#feed.next(match, signal)
  }

  handled(result: Handled): void {
    this.#listener.handled(result)
  }
}

function pastOf(log: readonly RunEvent[]): readonly Consumed[] {
  const past: Consumed[] = []
  for (const event of log) {
    const last = past.at(-1)
    if (event.type === 'event.consumed') past.push(event)
    else if (event.type === 'event.handled' && last) past[past.length - 1] = { ...last, handled: event }
  }
  return past
}
