/**
 * The events of a subscription, over either of the protocols that services speak: Server-Sent Events on the endpoint
 * itself (`graphql-sse`, distinct connections), or a WebSocket (`graphql-ws`). Leaving the loop ends the connection.
 */
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { lookupFor, refuseAddress } from '../network.ts'
import { responseOf } from './answer.ts'
import { connectionFault, nameOf, post, textOf, type PostOptions } from './http.ts'

const eventBytesMax = 4_194_304

export interface Subscription extends Omit<PostOptions, 'body'> {
  readonly request: {
    readonly query: string
    readonly variables: JsonObject
    readonly operationName?: string
  }
}

/** Responses, one for each event. */
export async function* subscribeSse(subscription: Subscription): AsyncGenerator<JsonObject> {
  const { endpoint, headers, request } = subscription
  const accept = { accept: 'text/event-stream', ...headers }
  const answer = await post({ ...subscription, headers: accept, body: JSON.stringify(request) })
  try {
    const type = answer.headers['content-type'] ?? ''
    if (answer.statusCode !== 200 || !type.startsWith('text/event-stream')) {
      const name = nameOf(endpoint)
      const response = responseOf({
        status: answer.statusCode ?? 0,
        text: await textOf(answer, endpoint, eventBytesMax),
        name,
      })
      // Its errors; data that is no stream is an answer too.
      yield response
      return
    }
    yield* eventsOf(answer as AsyncIterable<Buffer>)
  } catch (error) {
    throw connectionFault(endpoint, error)
  } finally {
    answer.destroy()
  }
}

/** Looks at each piece once, however small the pieces are: a service that drips may not cost more than one that does not. */
async function* eventsOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<JsonObject> {
  const decoder = new TextDecoder()
  let line = ''
  let fields: Fields = { name: 'next', data: [] }
  let sizeBytes = 0
  for await (const piece of pieces) {
    const [first = '', ...more] = decoder.decode(piece, { stream: true }).split('\n')
    line += first
    sizeBytes += piece.length
    for (const next of more) {
      const event = line === '' || line === '\r' ? eventOf(fields) : undefined
      if (line === '' || line === '\r') [fields, sizeBytes] = [{ name: 'next', data: [] }, 0]
      else fields = withLine(fields, line)
      line = next
      if (event === 'complete') return
      if (event !== undefined) yield event
    }
    if (sizeBytes > eventBytesMax)
      throw TaskFault.of(
        'communication',
        `An event of the subscription is larger than ${eventBytesMax} bytes.`,
      )
  }
}

interface Fields {
  readonly name: string
  readonly data: string[]
}

function withLine({ name, data }: Fields, line: string): Fields {
  const [, field, value = ''] = /^(event|data): ?(.*?)\r?$/.exec(line) ?? []
  if (field === 'data') data.push(value)
  return { name: field === 'event' ? value : name, data }
}

function eventOf({ name, data }: Fields): JsonObject | 'complete' | undefined {
  if (name === 'complete') return 'complete'
  const text = data.join('\n')
  if (name !== 'next' || text === '') return undefined
  const value = JSON.parse(text) as Json
  return isJsonObject(value) ? value : undefined
}

export async function* subscribeWebSocket({
  endpoint,
  headers,
  reach,
  signal,
  request,
}: Subscription): AsyncGenerator<JsonObject> {
  refuseAddress(endpoint.hostname, reach)
  const url = endpoint.href.replace(/^http/, 'ws')
  const lookup = lookupFor(reach)
  const sockets: WebSocket[] = []
  class GuardedWebSocket extends WebSocket {
    constructor(address: string, protocols: string) {
      // What is not the client's own goes on to Node's, which looks the name up.
      const options = { headers, lookup, maxPayload: eventBytesMax, followRedirects: false }
      super(address, protocols, options)
      this.on('error', () => undefined)
      sockets.push(this)
    }
  }
  const client = createClient({ url, webSocketImpl: GuardedWebSocket, retryAttempts: 0 })
  const events = client.iterate({ ...request })
  // The client ends only what it is connected to.
  const abort = (): void => {
    client.terminate()
    for (const socket of sockets) socket.terminate()
  }
  signal.addEventListener('abort', abort, { once: true })
  try {
    for await (const event of events) yield event as unknown as JsonObject
  } catch (error) {
    throw socketFault(endpoint, error)
  } finally {
    signal.removeEventListener('abort', abort)
    await client.dispose()
  }
}

/** The client throws errors, lists of GraphQL errors, and events of the socket. */
function socketFault(endpoint: URL, error: unknown): unknown {
  if (error instanceof Error) return connectionFault(endpoint, error)
  if (Array.isArray(error)) {
    const messages = error.map((one: unknown) => (one instanceof Error ? one.message : JSON.stringify(one)))
    return TaskFault.of('runtime', `${nameOf(endpoint)} refuses the subscription: ${messages.join('; ')}`)
  }
  const { error: inner, code, reason } = error as { error?: unknown; code?: unknown; reason?: unknown }
  if (inner instanceof Error) return connectionFault(endpoint, inner)
  return TaskFault.of(
    'communication',
    `${nameOf(endpoint)} closed the subscription (${typeof code === 'number' ? code : 'no code'}${typeof reason === 'string' && reason !== '' ? ` ${reason}` : ''}).`,
  )
}
