/**
 * One POST to a GraphQL service by Node's own client, which looks names up as the policy says. It follows no redirect: a
 * query is not sent anywhere else than it was meant for.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { TaskFault } from '@nexus/sdk'
import { lookupFor, refuseAddress, type Reach } from '../network.ts'

export interface PostOptions {
  readonly endpoint: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly reach: Reach
  readonly signal: AbortSignal
}

/** Resolves with the head of the answer; its body is read by the caller, or destroyed. */
export function post({ endpoint, headers, body, reach, signal }: PostOptions): Promise<IncomingMessage> {
  refuseAddress(endpoint.hostname, reach)
  const send = endpoint.protocol === 'https:' ? httpsRequest : httpRequest
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const request = send(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers, 'content-length': Buffer.byteLength(body) },
    lookup: lookupFor(reach),
    signal,
    agent: false,
  })
  request.on('response', resolve)
  request.on('error', (error) => reject(connectionFault(endpoint, error)))
  request.end(body)
  return promise
}

export function connectionFault(endpoint: URL, error: unknown): unknown {
  if (error instanceof TaskFault) return error
  const inner = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error
  const why = inner instanceof Error ? inner.message : String(inner)
  return TaskFault.of(
    'communication',
    `No answer from ${nameOf(endpoint)}: ${why}. Is the service running?`,
    { cause: error },
  )
}

/** Without its query, in which there may be a secret. */
export function nameOf({ origin, pathname }: URL): string {
  return origin + pathname
}

export async function textOf(answer: IncomingMessage, endpoint: URL, bytesMax: number): Promise<string> {
  const pieces: Buffer[] = []
  let sizeBytes = 0
  try {
    for await (const piece of answer as AsyncIterable<Buffer>) {
      sizeBytes += piece.length
      if (sizeBytes > bytesMax)
        throw TaskFault.of(
          'communication',
          `${nameOf(endpoint)} answers with more than ${Math.floor(bytesMax / 1_048_576)} MB (result_mb). Ask for less.`,
        )
      pieces.push(piece)
    }
  } catch (error) {
    throw connectionFault(endpoint, error)
  }
  return Buffer.concat(pieces).toString('utf8')
}
