/**
 * Brings a request to its answer: with its authorization, again where a service asks for another, and over redirects
 * where the task allows them. What authorizes a request goes to its own origin alone. The time of a call is that of all
 * its requests together; getting a token has a time of its own.
 */
import { TaskFault } from '@nexus/sdk'
import { hostAndPort, nameOf } from './address.ts'
import type { Authenticator } from './authentication/authenticator.ts'
import { constantly, type Authorizer } from './authentication/authorizer.ts'
import { maskAnswer } from './authentication/mask.ts'
import { redirected } from './redirect.ts'
import type { HttpRequest } from './request.ts'
import { send, type Answer, type SendOptions } from './send.ts'

export interface DeliverOptions extends SendOptions {
  readonly authenticator: Authenticator
}

const redirectsMax = 20
/** Once, once with the answer to a challenge or a new token, and once more when the challenge was too old. */
const triesMax = 3

type Send = (request: HttpRequest) => Promise<Answer>

export async function deliver(request: HttpRequest, options: DeliverOptions): Promise<Answer> {
  let authorizer = options.authenticator.authorizerFor(request.authentication, options)
  const { tokens } = authorizer
  const sendInTime = inTimeOf(hiding(options, tokens))
  let hop = request
  for (let redirects = 0; redirects <= redirectsMax; redirects++) {
    const answer = await sendAuthorized(hop, authorizer, sendInTime)
    const next = request.followsRedirects ? redirected(hop, answer) : undefined
    if (!next) return maskAnswer(answer, tokens)
    if (next.url.origin !== hop.url.origin) authorizer = constantly(undefined)
    hop = next
  }
  const { method, url } = request
  throw TaskFault.of(
    'communication',
    `${method} ${nameOf(url)} failed: ${hostAndPort(hop.url)} redirects more than ${redirectsMax} times.`,
  )
}

async function sendAuthorized(request: HttpRequest, authorizer: Authorizer, send: Send): Promise<Answer> {
  let authorization = await authorizer.first(request)
  for (let tries = 1; ; tries++) {
    const headers = { ...request.headers, ...(authorization !== undefined && { authorization }) }
    const answer = await send({ ...request, headers })
    if (answer.status !== 401 || tries === triesMax) return answer
    authorization = await authorizer.again(request, answer)
    if (authorization === undefined) return answer
  }
}

/** What was got for this call, or will be, is in no blob that an answer is put into. */
function hiding(options: SendOptions, tokens: readonly string[]): SendOptions {
  const { overflow } = options
  return overflow ? { ...options, overflow: { ...overflow, secrets: tokens } } : options
}

/** Sends one request after another in the time of a single one. */
function inTimeOf(options: SendOptions): Send {
  let leftMs = options.timeoutMs
  return async (request) => {
    const began = options.clock.elapsed()
    try {
      return await send(request, options, leftMs)
    } finally {
      leftMs -= options.clock.elapsed() - began
    }
  }
}
