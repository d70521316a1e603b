/**
 * Events from outside: what is published to every run, and signals to one. It fills in what an event lacks, and refuses
 * what is no CloudEvent before anything is on disk.
 */
import { completeEvent, uuidv7, type Backend, type CloudEvent, type EventDraft } from '@nexus/engine'
import { NexusError, whyNotJson, type Clock } from '@nexus/sdk'

export interface Events {
  /**
   * Publishes a CloudEvent to every run that listens. It is on disk when the promise resolves with it; the same source
   * and id are accepted once. `id`, `source` and `time` are made where they are missing.
   * Rejects with `NexusError` `invalid_event`.
   */
  publish(event: EventDraft): Promise<CloudEvent>
  /** The same for one run, which may begin to listen later. Rejects also with `run_not_found` and `run_ended`. */
  signal(run: string, event: EventDraft): Promise<CloudEvent>
}

/** Where an event comes from that says nothing of it. */
const sources = { published: '/nexus/events', signal: '/nexus/signals' } as const

export function eventsOf(backend: Backend, clock: Clock): Events {
  const complete = (draft: EventDraft, source: string): CloudEvent => {
    const why = whyNotJson(draft)
    if (why !== undefined) throw new NexusError('invalid_event', `The event is not JSON: ${why}.`)
    const time = clock.now()
    const defaults = { id: uuidv7(time), source, time: new Date(time).toISOString() }
    const event = completeEvent(draft, defaults)
    if (typeof event === 'string') throw new NexusError('invalid_event', event)
    return event
  }
  return {
    async publish(draft) {
      const event = complete(draft, sources.published)
      await backend.publish(event)
      return event
    },
    async signal(run, draft) {
      const event = complete(draft, sources.signal)
      await backend.publish(event, run)
      return event
    },
  }
}
