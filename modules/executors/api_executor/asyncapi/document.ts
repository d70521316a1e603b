/**
 * From an AsyncAPI document (2 or 3, in JSON or YAML) to where a call goes: the server, the channel's address, what the
 * bindings say. It looks at nothing that the call does not need, and sends nothing.
 */
import { isJsonObject, nearest, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { readJson } from '../json_text.ts'
import { follow, member } from '../openapi/references.ts'
import { placeOf, type Resource } from '../resource.ts'
import { encodeStrictly } from '../uri_template.ts'
import type { AsyncApiCall, Protocol } from './arguments.ts'
import { scalar } from '../scalar.ts'
import { chooseServer, type Server } from './servers.ts'

export interface Target extends Server {
  /** Topic, subject or path, with its parameters filled in. */
  readonly address: string
  /** What is said of the protocol at operation and channel, the nearer last. */
  readonly bindings: JsonObject
  /** Where a message has its correlation id: `$message.header#/x`. */
  readonly correlation: string | undefined
}

interface Channel {
  readonly name: string
  readonly address: string
  readonly channel: JsonObject
  readonly operation: JsonObject | undefined
  readonly messages: readonly (JsonObject | undefined)[]
}

/** `input` fills parameters of a channel's address that have no default. */
export async function findTarget(resource: Resource, call: AsyncApiCall, input: Json): Promise<Target> {
  const root = await parse(resource)
  const version = scalar(root['asyncapi'])
  if (!/^[23]\./.test(version))
    throw wrongDocument(resource.url, `its version "${version}" is neither 2 nor 3`)
  const found = version.startsWith('2') ? channelOf2(root, call) : operationOf3(root, call)
  const server = chooseServer(root, { call, channel: found.channel, version, place: placeOf(resource.url) })
  return {
    ...server,
    address: filled(found, isJsonObject(input) ? input : {}, server.protocol),
    bindings: { ...bindingsOf(root, found.channel, server), ...bindingsOf(root, found.operation, server) },
    correlation: correlationOf(root, found.messages),
  }
}

function channelOf2(root: JsonObject, { target, work }: AsyncApiCall): Channel {
  if (target.kind !== 'channel')
    throw TaskFault.of(
      'validation',
      'The document is AsyncAPI 2: a call names a `channel` of it, no `operation`.',
    )
  const channels = follow(root, root['channels'])
  const channel = follow(root, member(channels, target.name))
  if (!channel) throw unknown('channel', target.name, channels)
  const action = 'message' in work ? 'publish' : 'subscribe'
  const operation = follow(root, member(channel, action))
  if (!operation)
    throw TaskFault.of('validation', `The channel "${target.name}" has no operation \`${action}\`.`)
  const message = follow(root, member(operation, 'message'))
  const several = message?.['oneOf']
  const messages = Array.isArray(several) ? several.map((one: Json) => follow(root, one)) : [message]
  return { name: target.name, address: target.name, channel, operation, messages }
}

function operationOf3(root: JsonObject, { target }: AsyncApiCall): Channel {
  if (target.kind !== 'operation')
    throw TaskFault.of(
      'validation',
      'The document is AsyncAPI 3: a call names an `operation` of it, no `channel`.',
    )
  const operations = follow(root, root['operations'])
  const operation = follow(root, member(operations, target.name))
  if (!operation) throw unknown('operation', target.name, operations)
  const channel = follow(root, member(operation, 'channel'))
  if (!channel) throw TaskFault.of('configuration', `The operation "${target.name}" names no channel.`)
  const { address } = channel
  if (typeof address !== 'string')
    throw TaskFault.of('configuration', `The channel of the operation "${target.name}" has no address.`)
  const own = follow(root, member(channel, 'messages')) ?? {}
  return {
    name: target.name,
    address,
    channel,
    operation,
    messages: Object.values(own).map((one) => follow(root, one)),
  }
}

/** A value that would reach out of its place in the address is refused: it comes from whoever started the run. */
function filled({ address, channel }: Channel, input: JsonObject, protocol: Protocol): string {
  const parameters = isJsonObject(channel['parameters']) ? channel['parameters'] : {}
  return address.replaceAll(/\{([^{}]+)\}/g, (_whole, name: string) => {
    const parameter = member(parameters, name)
    const schema = isJsonObject(parameter) ? (parameter['schema'] ?? parameter) : undefined
    const value = member(input, name) ?? (isJsonObject(schema) ? schema['default'] : undefined)
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      return writtenAs(String(value), { name, address, protocol })
    throw TaskFault.of(
      'configuration',
      `The channel "${address}" needs a value for {${name}}, which the input has not.`,
    )
  })
}

/** What has a meaning of its own in an address of that protocol. */
const special: Readonly<Record<Protocol, RegExp>> = {
  http: /^\.{1,2}$|\0/,
  ws: /^\.{1,2}$|\0/,
  mqtt: /[+#/\0]/,
  mqtt5: /[+#/\0]/,
  nats: /[*>.\s\0]/,
}

function writtenAs(
  value: string,
  { name, address, protocol }: { name: string; address: string; protocol: Protocol },
): string {
  if (special[protocol].test(value))
    throw TaskFault.of(
      'validation',
      `The value ${JSON.stringify(value)} for {${name}} of the channel "${address}" would name another channel over ${protocol}.`,
    )
  return protocol === 'http' || protocol === 'ws' ? encodeStrictly(value) : value
}

function bindingsOf(
  root: JsonObject,
  holder: JsonObject | undefined,
  { protocol, secure }: Server,
): JsonObject {
  const bindings = follow(root, member(holder, 'bindings'))
  const names = [protocol, ...(secure ? [`${protocol}s`] : []), ...(protocol === 'mqtt5' ? ['mqtt'] : [])]
  return names.map((name) => follow(root, member(bindings, name))).find((own) => own !== undefined) ?? {}
}

function correlationOf(root: JsonObject, messages: Channel['messages']): string | undefined {
  for (const message of messages) {
    const location = follow(root, member(message, 'correlationId'))?.['location']
    if (typeof location === 'string') return location
  }
  return undefined
}

async function parse({ text, url }: Resource): Promise<JsonObject> {
  try {
    const root: unknown = /^\s*[[{]/.test(text)
      ? readJson(text)
      : (await import('../openapi/yaml.ts')).readYaml(text)
    if (isJsonObject(root)) return root
  } catch (error) {
    const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
    throw wrongDocument(url, url.protocol === 'file:' ? 'it cannot be parsed' : why, error)
  }
  throw wrongDocument(url, 'it is not an object')
}

export function unknown(what: string, name: string, known: JsonObject | undefined): TaskFault {
  const names = Object.keys(known ?? {})
  const near = nearest(name, names)
  const hint =
    near === undefined ? `It has ${names.slice(0, 5).join(', ') || 'none'}.` : `Did you mean "${near}"?`
  return TaskFault.of('validation', `The AsyncAPI document has no ${what} "${name}". ${hint}`)
}

function wrongDocument(url: URL, why: string, cause?: unknown): TaskFault {
  return TaskFault.of(
    'configuration',
    `${placeOf(url)} is not an AsyncAPI document that can be used: ${why}.`,
    {
      cause,
    },
  )
}
