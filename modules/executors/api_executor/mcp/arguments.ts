/** The arguments of `call: mcp`, read into a call that is complete. */
import { isJsonObject, mcpMethods, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import type { Authentication } from '../authentication/policy.ts'
import { readEndpoint, readHeaders, wrong } from '../call.ts'
import { readDurationMs } from '../duration.ts'

export interface McpCall {
  readonly method: string
  readonly parameters: Record<string, unknown>
  readonly protocolVersion: string
  readonly timeoutMs: number | undefined
  readonly client: { readonly name: string; readonly version: string }
  readonly server: StdioServer | HttpServer
}

export interface StdioServer {
  readonly kind: 'stdio'
  readonly command: string
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
}

export interface HttpServer {
  readonly kind: 'http'
  readonly uri: string
  readonly authentication: Authentication | undefined
  readonly headers: Readonly<Record<string, string>>
}

const protocolVersionDefault = '2025-06-18'
const clientDefault = { name: 'nexus', version: '1.0.0' }

export function readMcpCall(input: Json): McpCall {
  if (!isJsonObject(input)) throw wrong('with', 'an object')
  const {
    method,
    parameters = {},
    protocolVersion = protocolVersionDefault,
    timeout,
    transport,
    client,
  } = input
  const known = mcpMethods.find((name) => name === method)
  if (known === undefined) throw wrong('method', `one of ${mcpMethods.join(', ')}`)
  if (!isJsonObject(parameters)) throw wrong('parameters', 'an object')
  if (typeof protocolVersion !== 'string' || !/^\d{4}-\d{2}-\d{2}$/.test(protocolVersion))
    throw wrong('protocolVersion', 'a version of the protocol, as 2025-06-18')
  if (!isJsonObject(transport)) throw wrong('transport', 'an object with `http` or `stdio`')
  return {
    method: known,
    parameters: { ...parameters },
    protocolVersion,
    timeoutMs: timeout === undefined || timeout === null ? undefined : readDurationMs(timeout, 'timeout'),
    client: readClient(client ?? null),
    server: readServer(transport),
  }
}

function readClient(client: Json): McpCall['client'] {
  if (client === null) return clientDefault
  if (!isJsonObject(client)) throw wrong('client', 'an object with `name` and `version`')
  const { name, version } = client
  if (typeof name !== 'string' || typeof version !== 'string')
    throw wrong('client', 'an object with `name` and `version`')
  return { name, version }
}

function readServer({ http, stdio, options }: JsonObject): McpCall['server'] {
  if (isJsonObject(options) && Object.keys(options).length > 0) {
    const names = Object.keys(options).join(', ')
    throw TaskFault.of('configuration', `transport.options has ${names}, and no options are known here.`)
  }
  if (isJsonObject(stdio)) return readStdio(stdio)
  if (!isJsonObject(http)) throw wrong('transport', 'an object with `http` or `stdio`')
  return {
    kind: 'http',
    ...readEndpoint(http['endpoint'] ?? null),
    headers: readHeaders(http['headers'] ?? {}, 'transport.http.headers'),
  }
}

function readStdio({ command, arguments: given = [], environment = {} }: JsonObject): StdioServer {
  if (typeof command !== 'string' || command === '' || command.includes('\0'))
    throw wrong('transport.stdio.command', 'the name or the path of a program')
  if (!Array.isArray(given)) throw wrong('transport.stdio.arguments', 'a list of texts')
  if (!isJsonObject(environment)) throw wrong('transport.stdio.environment', 'an object of texts')
  return {
    kind: 'stdio',
    command,
    arguments: given.map((value: Json, index) => scalar(value, `transport.stdio.arguments[${index}]`)),
    environment: Object.fromEntries(
      Object.entries(environment).map(([name, value]) => [
        name,
        scalar(value, `transport.stdio.environment.${name}`),
      ]),
    ),
  }
}

function scalar(value: Json, place: string): string {
  const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value
  if (typeof text !== 'string' || text.includes('\0')) throw wrong(place, 'a text')
  return text
}
