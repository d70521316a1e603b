/**
 * HTTP over an open Nexus. It opens and closes the server alone: whoever opened the Nexus closes it, after this.
 */
import { problemMediaType } from '@nexus/api'
import type { Nexus } from '@nexus/nexus'
import { NexusError, systemClock, type Clock, type Log } from '@nexus/sdk'
import Fastify, { type FastifyInstance } from 'fastify'
import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import { methodsByPath } from './allowed.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { listen } from './listen.ts'
import { problemOf, sendProblem, toNexusError } from './problems.ts'
import { addRoutes } from './routes/index.ts'
import { checkPolicy, guard, type Guard } from './security.ts'
import { Streams } from './stream.ts'

export interface ServeOptions {
  readonly nexus: Nexus
  /** Loopback by default; any other address needs a token. */
  readonly host?: string
  /** 0 takes any that is free. */
  readonly port?: number
  /** What everybody who asks has to show. */
  readonly token?: string
  readonly clock?: Clock
  /** Messages for the operator; none by default. */
  readonly log?: Log
  readonly limits?: Partial<Limits>
}

export interface Served {
  readonly url: string
  /** Made anew with every start; `GET /health` says it. */
  readonly instance: string
  /**
   * Takes no more requests, ends the streams, and waits until what was asked for is answered, but not for ever. Safe to
   * call twice.
   */
  close(): Promise<void>
}

export const defaultPort = 8100
const defaultHost = '127.0.0.1'
const silent: Log = { debug() {}, info() {}, warn() {}, error() {} }

/** Serves until it is closed. Rejects with `NexusError` `token_needed`, `port_taken` and others. */
export async function serve(options: ServeOptions): Promise<Served> {
  const { nexus, host = defaultHost, port = defaultPort, token, clock = systemClock, log = silent } = options
  checkPolicy(host, token)
  const limits = { ...defaultLimits, ...options.limits }
  const stopping = new AbortController()
  const app = buildApp(limits)
  const instance = randomUUID()
  addGuard(app, guard(host, token), stopping.signal)
  addAnswersToTrouble(app, log, methodsByPath(app))
  const secured = token !== undefined
  closeWhatIsAnswered(app, stopping.signal)
  const streams = new Streams(clock, limits, stopping.signal)
  addRoutes({ app, nexus, clock, streams, stopping: stopping.signal, instance, secured })
  const url = await listen(app, { host, port })
  const close = async (): Promise<void> => {
    stopping.abort()
    const stopTimer = clock.timer(limits.drainMsMax, () => app.server.closeAllConnections())
    await app.close().finally(stopTimer)
  }
  return { url, instance, close }
}

function buildApp(limits: Limits): FastifyInstance {
  const app = Fastify({
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: limits.requestMsMax,
    http: { headersTimeout: limits.requestMsMax, connectionsCheckingInterval: limits.requestCheckMs },
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    exposeHeadRoutes: false,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error, request, reply) => {
      void sendProblem(reply, request, new NexusError('bad_request', error.message))
    },
  })
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    /^application\/(?:[\w.-]+\+)?json(?:\s*;|$)/i,
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  )
  return app
}

function addGuard(app: FastifyInstance, guarding: Guard, stopping: AbortSignal): void {
  app.addHook('onRequest', async (request, reply) => {
    void reply.headers({
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(stopping.aborted && { connection: 'close' }),
    })
    guarding.check(request, request.routeOptions.config.open === true)
    if (stopping.aborted) throw new NexusError('closed', 'This Nexus is stopping. Ask again when it is up.')
  })
}

/** A connection that has its last answer only once the server is stopping would be kept open for the next request. */
function closeWhatIsAnswered(app: FastifyInstance, stopping: AbortSignal): void {
  app.addHook('onResponse', async () => {
    if (stopping.aborted) setImmediate(() => app.server.closeIdleConnections())
  })
}

function addAnswersToTrouble(
  app: FastifyInstance,
  log: Log,
  methodsOf: (path: string) => readonly string[],
): void {
  app.setErrorHandler((error, request, reply) => {
    const thrown = error instanceof Error ? error : new Error(String(error))
    return sendProblem(reply, request, toNexusError(thrown, request, log))
  })
  app.setNotFoundHandler((request, reply) => {
    const [path = '/'] = request.url.split('?')
    const methods = methodsOf(path)
    const there = methods.length > 0 ? ` ${path} is for ${methods.join(', ')}.` : ''
    const message = `There is no ${request.method} ${path}.${there} See: /docs`
    if (methods.length === 0) return sendProblem(reply, request, new NexusError('not_found', message))
    void reply.header('allow', methods.join(', '))
    return sendProblem(reply, request, new NexusError('method_not_allowed', message))
  })
}

/** What is no HTTP, or does not arrive in time, is answered on the bare socket. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) return void socket.destroy()
  const late = error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
  const problem = late
    ? new NexusError('request_timeout', 'The request did not arrive in time.')
    : new NexusError('bad_request', `The request is no HTTP that can be read: ${error.message}.`)
  const answer = problemOf(problem, '/')
  const body = JSON.stringify(answer)
  const status = late ? '408 Request Timeout' : '400 Bad Request'
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: ${problemMediaType}\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
}
