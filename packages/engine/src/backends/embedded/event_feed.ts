/**
 * A place in the stream of accepted events: looks through them from where it stands, and waits for more when there is
 * none. Looking and taking happen in one turn of the event loop, so that two who look never take the same signal.
 */
import type { Clock, Json } from '@nexus/sdk'
import type { EventFeed } from '../../backend.ts'
import type { CloudEvent } from '../../cloud_event.ts'
import type { Consumption } from '../../events.ts'
import type { Inbox, Place } from './inbox.ts'

/** Nothing else may be keeping the process up while it waits: a timer of this length does. */
const awakeMs = Number.MAX_SAFE_INTEGER
/** A number that no run has. */
const nobody = -1
const nothing: ReadonlySet<number> = new Set()

type Match = (event: CloudEvent) => Json | undefined

export interface FeedParts {
  readonly inbox: Inbox
  readonly clock: Clock
  /** The number of the run whose own events are looked through too. */
  readonly run?: number
  /** Numbers of events of that run which are not to be taken again. */
  readonly taken?: ReadonlySet<number>
  /** Told of an event at once when it is taken. */
  readonly consumed?: (consumption: Consumption, targeted: boolean) => void
}

export class EmbeddedFeed implements EventFeed {
  readonly #parts: FeedParts
  #place: Place

  constructor(parts: FeedParts, place: Place) {
    this.#parts = parts
    this.#place = place
  }

  async next(match: Match, signal: AbortSignal): Promise<Consumption> {
    signal.throwIfAborted()
    return this.#look(match) ?? (await this.#wait(match, signal))
  }

  async #wait(match: Match, signal: AbortSignal): Promise<Consumption> {
    const { inbox, clock } = this.#parts
    const { promise, resolve, reject } = Promise.withResolvers<Consumption>()
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

  #look(match: Match): Consumption | undefined {
    const { inbox, run = nobody, taken = nothing, consumed } = this.#parts
    for (const { seq, event, targeted } of inbox.after(this.#place, run)) {
      const { general, targeted: kept } = this.#place
      this.#place = { general: Math.max(general, seq), targeted: Math.max(kept, seq) }
      if (targeted && taken.has(seq)) continue
      const said = match(event)
      if (said === undefined) continue
      const consumption = { accepted: seq, event, match: said }
      consumed?.(consumption, targeted)
      return consumption
    }
    return undefined
  }
}
