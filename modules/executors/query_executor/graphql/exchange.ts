/**
 * A request to a GraphQL service and its answer: by this module itself where the authorization is one header, and by
 * the capability `http` where it takes challenges or tokens (digest, oauth2, oidc), which knows all of that. Its calls are
 * child tasks that are recorded: the same ones have to be made again after a crash, so nothing is remembered between.
 */
import { TaskFault, type Json, type JsonObject, type ModuleContext } from '@nexus/sdk'
import type { Answer } from './answer.ts'
import { nameOf, post, textOf, type PostOptions } from './http.ts'

/** `headers` in lower case, besides those of the call. */
export type Exchange = (request: {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly bytesMax: number
}) => Promise<Answer>

export function ownExchange(target: Omit<PostOptions, 'body'>): Exchange {
  const { endpoint } = target
  return async ({ headers, body, bytesMax }) => {
    const answer = await post({ ...target, headers: { ...headers, ...target.headers }, body })
    const text = await textOf(answer, endpoint, bytesMax)
    return { status: answer.statusCode ?? 0, text, name: nameOf(endpoint) }
  }
}

export function exchangeByHttp(
  context: Pick<ModuleContext, 'call'>,
  { endpoint, headers: own, signal }: Omit<PostOptions, 'body'>,
  authentication: JsonObject,
): Exchange {
  return async ({ headers, body, bytesMax }) => {
    const content = await context.call('http', {
      method: 'POST',
      endpoint: { uri: endpoint.href, authentication },
      headers: { 'content-type': 'application/json', ...headers, ...own },
      body,
      output: 'raw',
    })
    signal.throwIfAborted()
    return { status: 200, text: textIn(content, endpoint, bytesMax), name: nameOf(endpoint) }
  }
}

function textIn(content: Json, endpoint: URL, bytesMax: number): string {
  if (typeof content === 'string' && content.length * 0.75 <= bytesMax)
    return Buffer.from(content, 'base64').toString('utf8')
  throw TaskFault.of(
    'communication',
    `${nameOf(endpoint)} answers with more than ${Math.floor(bytesMax / 1_048_576)} MB (result_mb). Ask for less.`,
  )
}
