/**
 * `query.graphql`: one operation of a GraphQL service. A crash between the request and its record sends it again, with
 * the same `idempotency-key` header: a mutation happens once where the service honours that.
 */
import { TaskFault, type Json, type JsonObject, type ModuleContext } from '@nexus/sdk'
import { deadlineOf } from './deadline.ts'
import { dataOf, responseOf } from './graphql/answer.ts'
import { readGraphqlCall, type GraphqlCall } from './graphql/arguments.ts'
import { readDocument, validateDocument, type Operation } from './graphql/document.ts'
import { exchangeByHttp, ownExchange, type Exchange } from './graphql/exchange.ts'
import { nameOf, type PostOptions } from './graphql/http.ts'
import { introspect, type SchemaCache } from './graphql/schema_cache.ts'
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
    const { authentication } = call
    const isSubscription = operation.operation.operation === 'subscription'
    if (isSubscription && authentication !== undefined) throw noSubscription(authentication)
    const exchange =
      authentication === undefined ? ownExchange(target) : exchangeByHttp(context, target, authentication)
    if (call.validate) {
      const { endpoint, headers } = call
      const kept = { endpoint, headers, exchange, clock: context.clock }
      const schema = authentication === undefined ? schemas.schemaOf(kept) : introspect(endpoint, exchange)
      validateDocument(operation, await schema, call)
    }
    if (isSubscription) return await subscribe(context, { call, target, settings })
    return await ask(context, { call, exchange, settings, operation })
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw error
  }
}

/** Nobody but the capability `http` knows the token, and it gives no stream. */
function noSubscription(authentication: JsonObject): TaskFault {
  const [scheme] = Object.keys(authentication)
  return TaskFault.of(
    'configuration',
    `A subscription cannot be authenticated by ${scheme}. Get a token in a task before, and give it as {bearer: {token}}.`,
  )
}

interface Asked {
  readonly call: GraphqlCall
  readonly settings: Settings
}

async function ask(
  context: ModuleContext,
  { call, exchange, settings, operation }: Asked & { exchange: Exchange; operation: Operation },
): Promise<Json> {
  const isMutation = operation.operation.operation === 'mutation'
  const headers = {
    accept: 'application/graphql-response+json, application/json;q=0.9',
    ...(isMutation && { 'idempotency-key': context.idempotencyKey }),
  }
  const body = JSON.stringify(requestOf(call))
  const response = responseOf(await exchange({ headers, body, bytesMax: settings.resultBytesMax }))
  return call.returns === 'response' ? response : dataOf(response, nameOf(call.endpoint))
}

function requestOf({ query, variables, operationName }: GraphqlCall): {
  query: string
  variables: JsonObject
  operationName?: string
} {
  return { query, variables, ...(operationName !== undefined && { operationName }) }
}

/** Ends after `amount` events or `for_ms`, whichever comes first, or when the service ends it. */
async function subscribe(
  context: ModuleContext,
  { call, target, settings }: Asked & { target: Omit<PostOptions, 'body'> },
): Promise<Json> {
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
