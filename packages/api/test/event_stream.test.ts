import { expect, test } from 'vitest'
import {
  decodeEvents,
  encodeEvent,
  keepAliveComment,
  stoppingEvent,
  type ServerSentEvent,
} from '../src/index.ts'

async function decode(chunks: readonly string[]): Promise<ServerSentEvent[]> {
  const read: ServerSentEvent[] = []
  const stream = (async function* () {
    yield* chunks
  })()
  for await (const event of decodeEvents(stream)) read.push(event)
  return read
}

test('events come back as they were sent, wherever the stream is cut into pieces', async () => {
  const events = [
    { id: 'r/1', data: '{"a": "b: c"}' },
    { id: 'r/2.5', data: '{"text":"Łódź\\n"}' },
  ]
  const text = `retry: 2000\n\n${events.map(encodeEvent).join(keepAliveComment)}`
  for (const size of [1, 2, 3, 7, text.length]) {
    const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
      text.slice(at * size, (at + 1) * size),
    )
    expect(await decode(chunks)).toEqual(events)
  }
})

test('what a stream breaks off in is not told', async () => {
  expect(await decode([encodeEvent({ id: '1', data: 'whole' }), 'id: 2\ndata: half\n'])).toEqual([
    { id: '1', data: 'whole' },
  ])
})

test('what is said about the stream itself is no event of it', async () => {
  expect(await decode([encodeEvent({ id: '1', data: 'x' }), stoppingEvent])).toEqual([{ id: '1', data: 'x' }])
})

test('an event of several lines, and one without an id of its own', async () => {
  expect(await decode(['id: 7\ndata: a\ndata:b\n\ndata\n\n'])).toEqual([
    { id: '7', data: 'a\nb' },
    { id: '7', data: '' },
  ])
})
