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

async function* eventsOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<JsonObject> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of pieces) {
    text = (text + decoder.decode(piece, { stream: true })).replaceAll('\r\n', '\n')
    const blocks = text.split('\n\n')
    text = blocks.pop() ?? ''
    if (text.length > eventBytesMax)
      throw TaskFault.of(
        'communication',
        `An event of the subscription is larger than ${eventBytesMax} bytes.`,
      )
    for (const block of blocks) {
      const event = eventOf(block)
      if (event === 'complete') return
      if (event !== undefined) yield event
    }
  }
}

function eventOf(block: string): JsonObject | 'complete' | undefined {
  const fields = block.split('\n').map((line) => /^(event|data): ?(.*)$/.exec(line))
  const name = fields.findLast((field) => field?.[1] === 'event')?.[2] ?? 'next'
  if (name === 'complete') return 'complete'
  const data = fields.flatMap((field) => (field?.[1] === 'data' ? [field[2] ?? ''] : [])).join('\n')
  if (name !== 'next' || data === '') return undefined
  const value = JSON.parse(data) as Json
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
  class GuardedWebSocket extends WebSocket {
    constructor(address: string, protocols: string) {
      // What is not the client's own goes on to Node's, which looks the name up.
      const options = { headers, lookup, maxPayload: eventBytesMax, followRedirects: false }
      super(address, protocols, options)
    }
  }
  const client = createClient({ url, webSocketImpl: GuardedWebSocket, retryAttempts: 0 })
  const events = client.iterate({ ...request })
  const abort = (): void => client.terminate()
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
