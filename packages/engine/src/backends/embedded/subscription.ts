/**
 * One listen of a run: looks through the accepted events from where it stands, and waits for more when there is none.
 * Looking and consuming happen in one turn of the event loop, so that two listens of a run never take the same signal.
 */
import type { Clock, Json } from '@nexus/sdk'
import type { Consumed, Subscription } from '../../backend.ts'
import type { CloudEvent } from '../../cloud_event.ts'
import type { Consumption, Handled, RunEvent } from '../../events.ts'
import type { Inbox, Place } from './inbox.ts'

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

/** Nothing else may be keeping the process up while it waits: a timer of this length does. */
const awakeMs = Number.MAX_SAFE_INTEGER

type Match = (event: CloudEvent) => Json | undefined

export class EmbeddedSubscription implements Subscription {
  readonly past: readonly Consumed[]
  readonly #listener: Listener
  #place: Place

  /** `begun`: the number of the log's event by which the listen began. `log`: what else is recorded of it. */
  constructor(listener: Listener, begun: number, log: readonly RunEvent[]) {
    this.#listener = listener
    this.past = pastOf(log)
    const last = this.past.at(-1)?.accepted
    this.#place = { general: last ?? begun, targeted: last ?? 0 }
  }

  async next(match: Match, signal: AbortSignal): Promise<Consumed> {
    signal.throwIfAborted()
    return this.#look(match) ?? (await this.#wait(match, signal))
  }

  handled(result: Handled): void {
    this.#listener.handled(result)
  }

  async #wait(match: Match, signal: AbortSignal): Promise<Consumed> {
    const { inbox, clock } = this.#listener
    const { promise, resolve, reject } = Promise.withResolvers<Consumed>()
    const abort = (): void => reject(signal.reason as Error)
    const stopAwake = clock.timer(awakeMs, () => {})
    const stopListening = inbox.onAccepted(() => {
      try {
        const found = this.#look(match)
        if (!found) return
        stopListening() // at once: an event that comes before the promise is heard must stay where it is
        resolve(found)
      } catch (error) {
        stopListening()
        reject(error)
      }
    })
    signal.addEventListener('abort', abort, { once: true })
    try {
      return await promise
    } finally {
      stopListening()
      stopAwake()
      signal.removeEventListener('abort', abort)
    }
  }

  #look(match: Match): Consumed | undefined {
    const { inbox, number, taken } = this.#listener
    for (const { seq, event, targeted } of inbox.after(this.#place, number)) {
      const { general, targeted: kept } = this.#place
      this.#place = { general: Math.max(general, seq), targeted: Math.max(kept, seq) }
      if (targeted && taken.has(seq)) continue
      const said = match(event)
      if (said === undefined) continue
      const consumption = { accepted: seq, event, match: said }
      if (targeted) taken.add(seq)
      this.#listener.consumed(consumption, targeted)
      return consumption
    }
    return undefined
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
