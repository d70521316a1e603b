/**
 * Messages over HTTP: published by a request (POST, unless the binding says otherwise); consumed as server-sent events
 * where the server gives such, else by asking again and again, each answer that has a body being a message.
 */
import type { Readable } from 'node:stream'
import { TaskFault } from '@nexus/sdk'
import type { Authorizer } from '../../authentication/authorizer.ts'
import { nameOf } from '../../address.ts'
import { openAuthorized } from '../../open_authorized.ts'
import type { HttpRequest } from '../../request.ts'
import { serverSentEvents, type EventLimits } from '../../server_sent_events.ts'
import type { StreamedAnswer } from '../../transport/open_stream.ts'
import type { Outbound } from '../arguments.ts'
import { authorizerFor, type Connecting, type Connector } from '../connector.ts'
import type { Sink } from '../feed.ts'
import { encodePayload } from '../message.ts'

/** Between two requests of a server that has nothing, or does not say when to come again. */
const pollMs = 1_000
const pollMsMax = 60_000
const wordsBytesMax = 2_048

export const connector: Connector = {
  async publish(connecting, message) {
    const { body, mediaType } = encodePayload(message)
    const headers = {
      'content-type': mediaType,
      'idempotency-key': connecting.options.idempotencyKey,
      ...lowered(message.headers),
    }
    const request = { ...requestFor(connecting, 'POST'), headers, body }
    const answer = await ask(request, connecting, authorizerFor(connecting))
    answer.body.destroy()
  },
  async subscribe(connecting, sink) {
    const ended = new AbortController()
    const signal = AbortSignal.any([connecting.signal, ended.signal])
    const request = resuming(requestFor(connecting, 'GET'), connecting)
    const authorizer = authorizerFor(connecting)
    const first = await ask(request, { ...connecting, signal }, authorizer)
    const reading = consume(first, { request, authorizer, sink, connecting: { ...connecting, signal } })
    const settled = reading.catch((error: unknown) => sink.fail(error))
    return async () => {
      ended.abort()
      await settled
    }
  },
}

function requestFor({ target, authentication }: Connecting, usual: string): HttpRequest {
  const { secure, host, port, path, address, bindings } = target
  const url = new URL(`${secure ? 'https' : 'http'}://${host}:${port}${path}/${address.replace(/^\/+/, '')}`)
  const { method } = bindings
  return {
    method: typeof method === 'string' && /^[A-Za-z]+$/.test(method) ? method.toUpperCase() : usual,
    url,
    headers: { accept: 'text/event-stream, application/json;q=0.9, */*;q=0.5' },
    body: undefined,
    followsRedirects: false,
    authentication,
  }
}

/** Where the service numbers its events, it is told the last one that came (HTML standard, 9.2.4). */
function resuming(request: HttpRequest, { memory: { lastEventId } }: Connecting): HttpRequest {
  if (lastEventId === undefined || !/^[\x20-\x7e]+$/.test(lastEventId)) return request
  return { ...request, headers: { ...request.headers, 'last-event-id': lastEventId } }
}

function lowered(headers: Outbound['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

async function ask(
  request: HttpRequest,
  { options, signal }: Connecting,
  authorizer: Authorizer,
): Promise<StreamedAnswer> {
  const answer = await openAuthorized(request, { transport: options.transport, authorizer, signal })
  const { status, body } = answer
  if (status >= 200 && status < 300) return answer
  const words = await firstOf(body)
  const type = status === 401 ? 'authentication' : status === 403 ? 'authorization' : 'communication'
  const detail = `${request.method} ${nameOf(request.url)} answered ${status}. ${words}`.trim()
  throw TaskFault.of(type, detail, { status })
}

async function firstOf(body: Readable): Promise<string> {
  for await (const chunk of body as AsyncIterable<Buffer>) {
    body.destroy()
    return chunk.subarray(0, wordsBytesMax).toString('utf8').trim()
  }
  return ''
}

interface Reading {
  readonly request: HttpRequest
  readonly authorizer: Authorizer
  readonly sink: Sink
  readonly connecting: Connecting
}

async function consume(first: StreamedAnswer, reading: Reading): Promise<void> {
  const { connecting, request, authorizer } = reading
  const { clock } = connecting.options
  for (let answer = first; ;) {
    const isStream = /^text\/event-stream\b/i.test(answer.headers['content-type'] ?? '')
    await (isStream ? readEvents(answer, reading) : readOne(answer, reading))
    if (isStream) throw TaskFault.of('communication', `${nameOf(request.url)} ended its stream of messages.`)
    await clock.sleep(waitMs(answer), connecting.signal)
    answer = await ask(request, connecting, authorizer)
  }
}

function waitMs({ headers }: StreamedAnswer): number {
  const seconds = Number(headers['retry-after'])
  return Number.isFinite(seconds) && seconds > 0 ? Math.min(seconds * 1_000, pollMsMax) : pollMs
}

async function readEvents({ body }: StreamedAnswer, { sink, connecting, request }: Reading): Promise<void> {
  const stop = (): void => void body.destroy()
  connecting.signal.addEventListener('abort', stop, { once: true })
  try {
    // How much comes altogether is nobody's limit: what is not consumed yet is the feed's.
    for await (const { data, event, id } of serverSentEvents(body, limitsOf(connecting, request))) {
      if (id !== undefined) connecting.memory.lastEventId = id
      const headers = { ...(event !== undefined && { event }), ...(id !== undefined && { id }) }
      if (!sink.push({ bytes: Buffer.from(data), headers })) return
    }
  } catch (error) {
    connecting.signal.throwIfAborted()
    if (error instanceof TaskFault) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw TaskFault.of('communication', `${nameOf(request.url)} broke its messages off: ${why}.`, {
      cause: error,
    })
  } finally {
    connecting.signal.removeEventListener('abort', stop)
    body.destroy()
  }
}

/** Of one event: one that never ends would be put together for ever. */
function limitsOf({ options: { responseBytesMax } }: Connecting, { url }: HttpRequest): EventLimits {
  const size = `${responseBytesMax / 1_048_576} MB`
  const detail = `${nameOf(url)} sends an event of more than ${size}. Ask for less, or raise max_response_mb.`
  return { bytesMax: responseBytesMax, isOfOne: true, tooMuch: () => TaskFault.of('runtime', detail) }
}

async function readOne(
  { body, headers }: StreamedAnswer,
  { sink, connecting, request }: Reading,
): Promise<void> {
  const { responseBytesMax } = connecting.options
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes > responseBytesMax)
      throw TaskFault.of(
        'communication',
        `${nameOf(request.url)} answers with more than ${responseBytesMax / 1_048_576} MB.`,
      )
    chunks.push(chunk)
  }
  if (sizeBytes > 0) sink.push({ bytes: Buffer.concat(chunks), headers })
}
