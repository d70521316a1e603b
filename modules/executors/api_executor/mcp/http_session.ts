/** A session with a server over Streamable HTTP. Every request goes over the module's own transport, and is guarded by it. */
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { Readable } from 'node:stream'
import { TaskFault } from '@nexus/sdk'
import { nameOf } from '../address.ts'
import type { Call } from '../call.ts'
import { openAuthorized } from '../open_authorized.ts'
import type { ProtocolOptions } from '../protocol_options.ts'
import { requestOf, type HttpRequest } from '../request.ts'
import type { HttpServer } from './arguments.ts'
import type { Session } from './call_mcp.ts'

/** How long a server has to take note of the end of its session. */
const goodbyeMsMax = 1_000

export function httpSession(server: HttpServer, options: ProtocolOptions): Session {
  const request = requestOf(callOf(server), options.input, options.idempotencyKey)
  const authorizer = options.authenticator.authorizerFor(request.authentication, options)
  const ended = new AbortController()
  let failure: TaskFault | undefined
  let leftBytes = options.responseBytesMax

  const count = (sizeBytes: number): void => {
    leftBytes -= sizeBytes
    if (leftBytes >= 0) return
    failure ??= TaskFault.of(
      'communication',
      `${nameOf(request.url)} answers with more than ${options.responseBytesMax / 1_048_576} MB. Ask for less, or raise max_response_mb.`,
    )
    throw failure
  }

  /** The library reports a stream that breaks to nobody who waits; the end of the session does. */
  const fail = (error: unknown): void => {
    if (ended.signal.aborted) return
    const why = error instanceof Error ? error.message : String(error)
    failure ??= TaskFault.of('communication', `${nameOf(request.url)} broke its answer off: ${why}.`, {
      cause: error,
    })
    void transport.close()
  }

  const send = async (url: string | URL, init: RequestInit = {}): Promise<Response> => {
    const signal = AbortSignal.any([ended.signal, ...(init.signal ? [init.signal] : [])])
    try {
      const answer = await openAuthorized(wrap(new URL(url), init, request), {
        ...options,
        authorizer,
        signal,
      })
      return responseOf(answer, count, fail)
    } catch (error) {
      if (error instanceof TaskFault) failure ??= error
      throw error
    }
  }

  const transport = new StreamableHTTPClientTransport(request.url, {
    fetch: send,
    reconnectionOptions: {
      initialReconnectionDelay: 1_000,
      maxReconnectionDelay: 1_000,
      reconnectionDelayGrowFactor: 1,
      maxRetries: 0,
    },
  })
  return {
    transport,
    name: nameOf(request.url),
    tokens: authorizer.tokens,
    failure: () => failure,
    async end() {
      const goodbye = transport.sessionId === undefined ? undefined : transport.terminateSession()
      await Promise.race([goodbye?.catch(() => undefined), options.clock.sleep(goodbyeMsMax, ended.signal)])
      ended.abort()
      await transport.close()
    },
  }
}

function callOf({ uri, authentication, headers }: HttpServer): Call {
  return {
    uri,
    authentication,
    headers,
    method: 'POST',
    body: undefined,
    query: {},
    output: 'raw',
    redirect: false,
  }
}

/** What the library asks for, with what the task says of every request. */
function wrap(url: URL, { method = 'GET', headers, body }: RequestInit, call: HttpRequest): HttpRequest {
  const own = Object.fromEntries(new Headers(headers).entries())
  return {
    ...call,
    url,
    method,
    headers: { ...call.headers, ...own },
    body: typeof body === 'string' ? body : undefined,
  }
}

const bodiless = new Set([204, 205, 304])

function responseOf(
  { status, headers, body }: Awaited<ReturnType<typeof openAuthorized>>,
  count: (sizeBytes: number) => void,
  fail: (error: unknown) => void,
): Response {
  if (bodiless.has(status)) {
    body.destroy()
    return new Response(null, { status, headers })
  }
  const counted = Readable.from(counting(body, count, fail), { objectMode: false })
  return new Response(Readable.toWeb(counted) as ReadableStream<Uint8Array>, { status, headers })
}

async function* counting(
  body: Readable,
  count: (sizeBytes: number) => void,
  fail: (error: unknown) => void,
): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      count(chunk.length)
      yield chunk
    }
  } catch (error) {
    fail(error)
    throw error
  }
}
