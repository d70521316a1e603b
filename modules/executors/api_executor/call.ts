/**
 * A call, and how it is read from the arguments of `call: http`, all expressions evaluated. What it gives is complete;
 * it sends nothing. `call: openapi` reads what it has in common with that by the same functions.
 */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { readAuthentication, type Authentication } from './authentication/policy.ts'
import { isOfConnection } from './names.ts'
import type { Pieces } from './transport/body.ts'

export interface Call {
  readonly method: string
  /** A URI or a URI template. */
  readonly uri: string
  readonly authentication: Authentication | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: Json | Pieces | undefined
  readonly query: JsonObject
  readonly output: OutputMode
  /** Whether 3xx answers are followed, and allowed. */
  readonly redirect: boolean
}

export const outputModes = ['content', 'response', 'raw'] as const
export type OutputMode = (typeof outputModes)[number]

export function readCall(input: Json): Call {
  if (!isJsonObject(input)) throw wrong('with', 'an object')
  const { method, headers = {}, query = {}, body } = input
  if (typeof method !== 'string' || !/^[A-Za-z]+$/.test(method))
    throw wrong('method', 'the name of an HTTP method')
  if (!isJsonObject(query)) throw wrong('query', 'an object')
  return {
    method: method.toUpperCase(),
    ...readEndpoint(input['endpoint'] ?? null),
    headers: readHeaders(headers, 'headers'),
    body: body === null ? undefined : body,
    query,
    output: readOutput(input['output']),
    redirect: readRedirect(input['redirect']),
  }
}

export function readEndpoint(endpoint: Json): Pick<Call, 'uri' | 'authentication'> {
  if (typeof endpoint === 'string') return { uri: endpoint, authentication: undefined }
  if (!isJsonObject(endpoint) || typeof endpoint['uri'] !== 'string')
    throw wrong('endpoint', 'a URI, or an object with a `uri`')
  return { uri: endpoint['uri'], authentication: readAuthentication(endpoint['authentication']) }
}

/** `place` is where the task gives them. */
export function readHeaders(headers: Json, place: string): Record<string, string> {
  if (!isJsonObject(headers)) throw wrong(place, 'an object')
  const entries = Object.entries(headers).map(([name, value]): [string, string] => {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name))
      throw wrong(`${place}.${name}`, 'named as HTTP headers are')
    if (isOfConnection(name.toLowerCase()))
      throw wrong(`${place}.${name}`, 'left out: it is said by the connection itself')
    const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
    // A line end would begin another header.
    if (typeof text !== 'string' || /[\0\r\n]|[^\0-\xff]/.test(text))
      throw wrong(`${place}.${name}`, 'one line of Latin-1 text')
    return [name.toLowerCase(), text]
  })
  return Object.fromEntries(entries)
}

export function readOutput(value: Json = 'content'): OutputMode {
  const mode = outputModes.find((known) => known === value)
  if (mode === undefined) throw wrong('output', `one of ${outputModes.join(', ')}`)
  return mode
}

export function readRedirect(value: Json = false): boolean {
  if (typeof value !== 'boolean') throw wrong('redirect', 'true or false')
  return value
}

/** `place` is a member of `with`. */
export function wrong(place: string, expected: string): TaskFault {
  return TaskFault.of('validation', `The argument ${place} must be ${expected}.`)
}
