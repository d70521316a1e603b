/**
 * `query.graphql`: one operation of a GraphQL service. A crash between the request and its record sends it again, with
 * the same `idempotency-key` header: a mutation happens once where the service honours that.
 */
import { TaskFault, type Json, type JsonObject, type ModuleContext } from '@nexus/sdk'
import { deadlineOf } from './deadline.ts'
import { dataOf, responseOf } from './graphql/answer.ts'
import { readGraphqlCall, type GraphqlCall } from './graphql/arguments.ts'
import { readDocument, validateDocument, type Operation } from './graphql/document.ts'
import { nameOf, post, textOf, type PostOptions } from './graphql/http.ts'
import type { SchemaCache } from './graphql/schema_cache.ts'
import { subscribeSse, subscribeWebSocket } from './graphql/subscribe.ts'
import { readSettings, type Settings } from './settings.ts'

export interface GraphqlOptions {
  readonly schemas: SchemaCache
  readonly stop: AbortSignal
}

export async function queryGraphql(context: ModuleContext, { schemas, stop }: GraphqlOptions): Promise<Json> {
  const settings = readSettings(context.config)
  const call = readGraphqlCall(context.inputData, settings)
  const operation = readDocument(call.query, call.operationName)
  const name = nameOf(call.endpoint)
  using deadline = deadlineOf(context.clock, call.timeoutMs, [context.signal, stop], `The query of ${name}`)
  const { signal } = deadline
  const reach = context.policy.network.private ? 'any' : 'public'
  const target = { endpoint: call.endpoint, headers: call.headers, reach, signal } as const
  try {
    if (call.validate) validateDocument(operation, await schemas.schemaOf(target, context.clock), call)
    if (operation.operation.operation === 'subscription')
      return await subscribe(context, { call, target, settings })
    return await ask(context, { call, target, settings, operation })
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw error
  }
}

interface Asked {
  readonly call: GraphqlCall
  readonly target: Omit<PostOptions, 'body'>
  readonly settings: Settings
}

async function ask(
  context: ModuleContext,
  { call, target, settings, operation }: Asked & { operation: Operation },
): Promise<Json> {
  const isMutation = operation.operation.operation === 'mutation'
  const headers = {
    accept: 'application/graphql-response+json, application/json;q=0.9',
    ...(isMutation && { 'idempotency-key': context.idempotencyKey }),
    ...target.headers,
  }
  const answer = await post({ ...target, headers, body: JSON.stringify(requestOf(call)) })
  const name = nameOf(call.endpoint)
  const text = await textOf(answer, call.endpoint, settings.resultBytesMax)
  const response = responseOf({ status: answer.statusCode ?? 0, text, name })
  return call.returns === 'response' ? response : dataOf(response, name)
}

function requestOf({ query, variables, operationName }: GraphqlCall): {
  query: string
  variables: JsonObject
  operationName?: string
} {
  return { query, variables, ...(operationName !== undefined && { operationName }) }
}

/** Ends after `amount` events or `for_ms`, whichever comes first, or when the service ends it. */
async function subscribe(context: ModuleContext, { call, target, settings }: Asked): Promise<Json> {
  const enough = new AbortController()
  const stopTimer =
    call.forMs === undefined ? undefined : context.clock.timer(call.forMs, () => enough.abort())
  const signal = AbortSignal.any([target.signal, enough.signal])
  const begin = call.transport === 'sse' ? subscribeSse : subscribeWebSocket
  const events: Json[] = []
  let sizeBytes = 0
  try {
    for await (const response of begin({ ...target, signal, request: requestOf(call) })) {
      sizeBytes += JSON.stringify(response).length
      if (sizeBytes > settings.resultBytesMax)
        throw TaskFault.of(
          'runtime',
          'The events of the subscription are larger than result_mb allows. Take fewer (amount).',
        )
      events.push(call.returns === 'response' ? response : dataOf(response, nameOf(call.endpoint)))
      if (events.length >= call.amount) break
    }
  } catch (error) {
    // Its time is up: what came is the result.
    if (!enough.signal.aborted || target.signal.aborted) throw error
  } finally {
    stopTimer?.()
  }
  return events
}
