/**
 * Server-sent events, both ways: an event as text, and the events in a stream of text.
 * Source: WHATWG HTML, "Server-sent events". It opens no connection.
 */

export interface ServerSentEvent {
  readonly id: string
  readonly data: string
}

/** `data` must have no line breaks, as JSON without indentation has none. */
export function encodeEvent({ id, data }: ServerSentEvent): string {
  return `id: ${id}\ndata: ${data}\n\n`
}

/** A line that says nothing and keeps the connection up. */
export const keepAliveComment = ':\n\n'

/** Told to a reader before the server stops: the stream ends, and can be asked for again when it is up. */
export const stoppingEvent = 'event: stopping\ndata: {"code":"closed"}\n\n'

/** A stream whose event does not end within so many characters is none of ours. */
const eventCharsMax = 64 * 1024 * 1024

/**
 * Events without data, such as comments, are passed over, and those that have a name, which are about the stream; so is
 * what the stream breaks off in.
 */
export async function* decodeEvents(stream: AsyncIterable<string>): AsyncGenerator<ServerSentEvent> {
  let rest = ''
  let id = ''
  for await (const chunk of stream) {
    const blocks = `${rest}${chunk}`.split('\n\n')
    rest = blocks.pop() ?? ''
    if (rest.length > eventCharsMax) throw new Error(`An event is longer than ${eventCharsMax} characters.`)
    for (const block of blocks) {
      const fields = block.split('\n').map(fieldOf)
      id = fields.findLast(([name]) => name === 'id')?.[1] ?? id
      if (fields.some(([name, value]) => name === 'event' && value !== 'message')) continue
      const data = fields.filter(([name]) => name === 'data').map(([, value]) => value)
      if (data.length > 0) yield { id, data: data.join('\n') }
    }
  }
}

function fieldOf(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':')
  if (colon < 0) return [line, '']
  return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')]
}
