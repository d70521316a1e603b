/** Server-sent events of an answer, as they come, up to a size of all of them together. */
import type { Readable } from 'node:stream'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type { TaskFault } from '@nexus/sdk'

export interface EventLimits {
  readonly bytesMax: number
  readonly tooMuch: () => TaskFault
}

/** Leaving early closes the connection. */
export async function* serverSentEvents(
  body: Readable,
  { bytesMax, tooMuch }: EventLimits,
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
    yield* ready
  }
}
