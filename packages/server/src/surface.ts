/**
 * What every route is given, and how it is bound to the operation that it answers.
 */
import type { AnswerOf, Operation } from '@nexus/api'
import type { Nexus } from '@nexus/nexus'
import type { Clock } from '@nexus/sdk'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Streams } from './stream.ts'
import { validator, type AskedOf } from './validate.ts'

export interface Surface {
  readonly app: FastifyInstance
  readonly nexus: Nexus
  readonly clock: Clock
  readonly streams: Streams
  /** Aborts when the server stops. */
  readonly stopping: AbortSignal
  /** See `Health`. */
  readonly instance: string
  /** Whether a token is asked for. */
  readonly secured: boolean
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answered without a token. */
    readonly open?: boolean
  }
}

export interface Exchange {
  readonly request: FastifyRequest
  /** Its status is that of the operation's answer until a route says otherwise. */
  readonly reply: FastifyReply
  /** Aborts when whoever asked has gone, and when the server stops. */
  readonly signal: AbortSignal
}

/** Answers an operation with what `answer` gives. */
export function bind<Each extends Operation>(
  surface: Surface,
  each: Each,
  answer: (asked: AskedOf<Each>, exchange: Exchange) => Promise<AnswerOf<Each>> | AnswerOf<Each>,
): void {
  const validate = validator(each)
  route(surface, each, async (request, reply) => {
    const asked = validate(request)
    void reply.code(each.answer.status).type(each.answer.media)
    const signal = signalOf(reply, surface.stopping)
    return JSON.stringify(await answer(asked, { request, reply, signal }))
  })
}

/** Answers an operation in a way of its own. */
export function bindRaw<Each extends Operation>(
  surface: Surface,
  each: Each,
  answer: (asked: AskedOf<Each>, exchange: Exchange) => Promise<FastifyReply>,
): void {
  const validate = validator(each)
  route(surface, each, (request, reply) =>
    answer(validate(request), { request, reply, signal: signalOf(reply, surface.stopping) }),
  )
}

function route(
  { app }: Surface,
  { method, path, open }: Operation,
  handler: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
): void {
  const url = path.replaceAll(/\{(\w+)\}/g, ':$1')
  app.route({ method, url, config: { open }, handler })
}

function signalOf(reply: FastifyReply, stopping: AbortSignal): AbortSignal {
  const gone = new AbortController()
  reply.raw.once('close', () => gone.abort())
  return AbortSignal.any([gone.signal, stopping])
}
