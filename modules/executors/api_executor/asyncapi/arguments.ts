/** The arguments of `call: asyncapi`, read into a call that is complete. Expressions about messages stay as they are written. */
import { isJsonObject, nearest, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { readAuthentication, type Authentication } from '../authentication/policy.ts'
import { wrong } from '../call.ts'
import { scalar } from '../scalar.ts'
import { readDurationMs } from '../duration.ts'

export const protocols = ['http', 'ws', 'nats', 'mqtt', 'mqtt5'] as const
export type Protocol = (typeof protocols)[number]

export interface AsyncApiCall {
  /** The endpoint of the document. */
  readonly document: Json
  /** A channel of AsyncAPI 2, or an operation of AsyncAPI 3. */
  readonly target: { readonly kind: 'channel' | 'operation'; readonly name: string }
  readonly server: { readonly name: string; readonly variables: JsonObject } | undefined
  readonly protocol: Protocol | undefined
  readonly authentication: Authentication | undefined
  readonly work: { readonly message: Outbound } | { readonly subscription: Subscription }
}

export interface Outbound {
  readonly payload: Json
  readonly headers: Readonly<Record<string, string>>
}

export interface Subscription {
  readonly filter: string | undefined
  readonly forMs: number | undefined
  readonly amount: number | undefined
  readonly while: string | undefined
  readonly until: string | undefined
  readonly iterator: { readonly item: string; readonly at: string } | undefined
}

export function readAsyncApiCall(input: Json): AsyncApiCall {
  if (!isJsonObject(input)) throw wrong('with', 'an object')
  const { document, channel, operation, message, subscription } = input
  if (!isJsonObject(document)) throw wrong('document', 'an object with an `endpoint`')
  return {
    document: document['endpoint'] ?? null,
    target:
      operation === undefined
        ? { kind: 'channel', name: textOf(channel, 'channel') }
        : { kind: 'operation', name: textOf(operation, 'operation') },
    server: readServer(input['server']),
    protocol: readProtocol(input['protocol']),
    authentication: readAuthentication(input['authentication']),
    work:
      message === undefined
        ? { subscription: readSubscription(subscription) }
        : { message: readMessage(message) },
  }
}

function readServer(server: Json | undefined): AsyncApiCall['server'] {
  if (server === undefined || server === null) return undefined
  if (!isJsonObject(server)) throw wrong('server', 'an object with a `name`')
  const { variables = {} } = server
  if (!isJsonObject(variables)) throw wrong('server.variables', 'an object')
  return { name: textOf(server['name'], 'server.name'), variables }
}

/** The specification knows more protocols than are spoken here. */
export function readProtocol(value: Json | undefined): Protocol | undefined {
  if (value === undefined || value === null) return undefined
  const protocol = protocols.find((known) => known === value)
  if (protocol !== undefined) return protocol
  throw unsupported(`The protocol ${JSON.stringify(value)}`, scalar(value))
}

export function unsupported(what: string, name: string): TaskFault {
  const near = nearest(name, protocols)
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`
  return TaskFault.of(
    'configuration',
    `${what} is not spoken by api_executor, which speaks ${protocols.join(', ')}.${hint}`,
  )
}

function readMessage(message: Json): Outbound {
  if (!isJsonObject(message)) throw wrong('message', 'an object with `payload` and `headers`')
  const { payload = null, headers = {} } = message
  if (!isJsonObject(headers)) throw wrong('message.headers', 'an object')
  const entries = Object.entries(headers).map(([name, value]): [string, string] => {
    const text = typeof value === 'object' ? JSON.stringify(value) : String(value)
    if (/[\0\r\n]/.test(name + text)) throw wrong(`message.headers.${name}`, 'one line of text')
    return [name, text]
  })
  return { payload, headers: Object.fromEntries(entries) }
}

function readSubscription(subscription: Json | undefined): Subscription {
  if (!isJsonObject(subscription)) throw wrong('subscription', 'given where there is no `message`')
  const { filter, consume, foreach } = subscription
  if (!isJsonObject(consume)) throw wrong('subscription.consume', 'an object')
  const { amount, for: lasting } = consume
  if (amount !== undefined && !(typeof amount === 'number' && Number.isInteger(amount) && amount >= 0))
    throw wrong('subscription.consume.amount', 'a whole number')
  return {
    filter: expressionOf(filter, 'subscription.filter'),
    forMs: lasting === undefined ? undefined : readDurationMs(lasting, 'subscription.consume.for'),
    amount,
    while: expressionOf(consume['while'], 'subscription.consume.while'),
    until: expressionOf(consume['until'], 'subscription.consume.until'),
    iterator: readIterator(foreach),
  }
}

function readIterator(foreach: Json | undefined): Subscription['iterator'] {
  if (foreach === undefined) return undefined
  if (!isJsonObject(foreach)) throw wrong('subscription.foreach', 'an object')
  const { item = 'item', at = 'index' } = foreach
  return { item: textOf(item, 'subscription.foreach.item'), at: textOf(at, 'subscription.foreach.at') }
}

function expressionOf(value: Json | undefined, place: string): string | undefined {
  return value === undefined ? undefined : textOf(value, place)
}

function textOf(value: Json | undefined, place: string): string {
  if (typeof value === 'string' && value !== '') return value
  throw wrong(place, 'a text that is not empty')
}
