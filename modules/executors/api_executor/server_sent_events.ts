/** Server-sent events of an answer, as they come, up to a size: of all of them together, or of each. */
import type { Readable } from 'node:stream'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { TaskFault } from '@nexus/sdk'

export interface EventLimits {
  readonly bytesMax: number
  /** Whether that is the size of one event; else it is that of all together. */
  readonly isOfOne?: boolean
  readonly tooMuch: () => TaskFault
}

/** Leaving early closes the connection. */
export async function* serverSentEvents(
  body: Readable,
  { bytesMax, isOfOne = false, tooMuch }: EventLimits,
): AsyncGenerator<EventSourceMessage> {
  const decoder = new TextDecoder()
  let events: EventSourceMessage[] = []
  const parser = createParser({ onEvent: (event) => void events.push(event) })
  let sizeBytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes > bytesMax) throw tooMuch()
    parser.feed(decoder.decode(chunk, { stream: true }))
    const ready = events
    events = []
    if (isOfOne && ready.length > 0) sizeBytes = 0
    yield* ready
  }
}
