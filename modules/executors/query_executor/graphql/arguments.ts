/** The arguments of `query.graphql`, read once, before anything is sent. */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { readBounded, wrong } from '../arguments.ts'

export interface GraphqlCall {
  readonly endpoint: URL
  readonly query: string
  readonly variables: JsonObject
  readonly operationName: string | undefined
  /** In lower case, with the authorization where it is one header. */
  readonly headers: Readonly<Record<string, string>>
  /** Of a kind that takes requests of its own (digest, oauth2, oidc), which the capability `http` makes. */
  readonly authentication: JsonObject | undefined
  readonly validate: boolean
  readonly returns: 'data' | 'response'
  readonly timeoutMs: number
  /** How a subscription ends: after so many events, or so long. */
  readonly amount: number
  readonly forMs: number | undefined
  readonly transport: 'sse' | 'websocket'
}

const known: readonly string[] = [
  'endpoint',
  'query',
  'variables',
  'operation_name',
  'authentication',
  'headers',
  'validate',
  'return',
  'timeout_ms',
  'amount',
  'for_ms',
  'transport',
]

const queryLengthMax = 200_000

export function readGraphqlCall(input: Json, bounds: { timeoutMs: number; rowsMax: number }): GraphqlCall {
  if (!isJsonObject(input)) throw wrong('with', 'an object')
  const stray = Object.keys(input).find((name) => !known.includes(name))
  if (stray !== undefined) throw wrong(stray, `one of ${known.join(', ')}`)
  const { query, variables = {}, operation_name: name, validate = true } = input
  if (typeof query !== 'string' || query.trim() === '') throw wrong('query', 'a document in GraphQL')
  if (query.length > queryLengthMax) throw wrong('query', `at most ${queryLengthMax} characters long`)
  if (!isJsonObject(variables)) throw wrong('variables', 'an object')
  if (name !== undefined && typeof name !== 'string') throw wrong('operation_name', 'a text')
  if (typeof validate !== 'boolean') throw wrong('validate', 'true or false')
  return {
    endpoint: readEndpoint(input['endpoint']),
    query,
    variables,
    operationName: name,
    headers: { ...readHeaders(input['headers'] ?? {}), ...authorizationOf(input['authentication']) },
    authentication: throughHttp(input['authentication']),
    validate,
    returns: oneOf(input['return'] ?? 'data', 'return', ['data', 'response'] as const),
    timeoutMs: readBounded(input['timeout_ms'], 'timeout_ms', bounds.timeoutMs),
    amount: readBounded(input['amount'], 'amount', bounds.rowsMax),
    forMs:
      input['for_ms'] === undefined ? undefined : readBounded(input['for_ms'], 'for_ms', bounds.timeoutMs),
    transport: oneOf(input['transport'] ?? 'sse', 'transport', ['sse', 'websocket'] as const),
  }
}

function oneOf<Choice extends string>(value: Json, place: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((known) => known === value)
  if (choice === undefined) throw wrong(place, `one of ${choices.join(', ')}`)
  return choice
}

function readEndpoint(value: Json | undefined): URL {
  const url = typeof value === 'string' ? URL.parse(value) : null
  if (url === null || !/^https?:$/.test(url.protocol))
    throw wrong('endpoint', 'a URL that begins with http:// or https://')
  if (url.username !== '' || url.password !== '')
    throw wrong('endpoint', 'a URL without a password; use authentication')
  return url
}

/** They are of the connection, and not for a task to say. */
const ofConnection = /^(?:connection|content-length|host|keep-alive|te|trailer|transfer-encoding|upgrade)$/i

function readHeaders(headers: Json): Record<string, string> {
  if (!isJsonObject(headers)) throw wrong('headers', 'an object')
  const read = Object.entries(headers).map(([name, value]): [string, string] => {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name))
      throw wrong(`headers.${name}`, 'named as HTTP headers are')
    if (ofConnection.test(name)) throw wrong(`headers.${name}`, 'left out: the connection has it')
    if (typeof value !== 'string' || /[\0\r\n]|[^\0-\xff]/.test(value))
      throw wrong(`headers.${name}`, 'one line of Latin-1 text')
    return [name.toLowerCase(), value]
  })
  return Object.fromEntries(read)
}

const inHeader = ['basic', 'bearer'] as const
const inRequests: readonly string[] = ['digest', 'oauth2', 'oidc']

/** The one scheme that a policy names. */
function schemeOf(value: Json): string {
  const names = isJsonObject(value) ? Object.keys(value) : []
  const [scheme = ''] = names
  const known: readonly string[] = [...inHeader, ...inRequests]
  if (names.length === 1 && known.includes(scheme)) return scheme
  const kinds = `{bearer: {token}}, {basic: {username, password}}, or one of ${inRequests.join(', ')} as in \`call: http\``
  throw TaskFault.of('configuration', `The argument authentication must be ${kinds}.`)
}

function throughHttp(value: Json | undefined): JsonObject | undefined {
  return isJsonObject(value ?? null) && inRequests.includes(schemeOf(value ?? null))
    ? (value as JsonObject)
    : undefined
}

function authorizationOf(value: Json | undefined): Record<string, string> {
  if (value === undefined || inRequests.includes(schemeOf(value))) return {}
  const { basic, bearer } = value as JsonObject
  if (isJsonObject(bearer) && typeof bearer['token'] === 'string' && !/[\0\r\n]/.test(bearer['token']))
    return { authorization: `Bearer ${bearer['token']}` }
  if (isJsonObject(basic) && typeof basic['username'] === 'string' && typeof basic['password'] === 'string') {
    const credentials = Buffer.from(`${basic['username']}:${basic['password']}`).toString('base64')
    return { authorization: `Basic ${credentials}` }
  }
  throw wrong('authentication', '{bearer: {token}} or {basic: {username, password}}, in texts')
}
