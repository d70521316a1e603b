/** Which server of an AsyncAPI document a call goes to: by its name, else by its protocol, else the first. Pure. */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { follow, member } from '../openapi/references.ts'
import { unsupported, type AsyncApiCall, type Protocol } from './arguments.ts'
import { unknown } from './document.ts'
import { scalar } from '../scalar.ts'

export interface Server {
  readonly protocol: Protocol
  /** Whether over TLS. */
  readonly secure: boolean
  /** Of MQTT: whether it is spoken within a WebSocket. */
  readonly overWebSocket: boolean
  readonly host: string
  readonly port: number
  /** Before the channel's address, where the protocol has paths; without a slash at its end. */
  readonly path: string
}

interface Spoken {
  readonly protocol: Protocol
  readonly secure: boolean
  readonly overWebSocket?: true
  readonly port: number
}

/** What documents call the protocols, and where they are spoken where no port is given. */
const spoken: Readonly<Record<string, Spoken>> = {
  http: { protocol: 'http', secure: false, port: 80 },
  https: { protocol: 'http', secure: true, port: 443 },
  ws: { protocol: 'ws', secure: false, port: 80 },
  wss: { protocol: 'ws', secure: true, port: 443 },
  nats: { protocol: 'nats', secure: false, port: 4222 },
  tls: { protocol: 'nats', secure: true, port: 4222 },
  mqtt: { protocol: 'mqtt', secure: false, port: 1883 },
  mqtts: { protocol: 'mqtt', secure: true, port: 8883 },
  'secure-mqtt': { protocol: 'mqtt', secure: true, port: 8883 },
  mqtt5: { protocol: 'mqtt5', secure: false, port: 1883 },
  'secure-mqtt5': { protocol: 'mqtt5', secure: true, port: 8883 },
  'mqtt+ws': { protocol: 'mqtt', secure: false, overWebSocket: true, port: 80 },
  'mqtt+wss': { protocol: 'mqtt', secure: true, overWebSocket: true, port: 443 },
  'mqtt5+ws': { protocol: 'mqtt5', secure: false, overWebSocket: true, port: 80 },
  'mqtt5+wss': { protocol: 'mqtt5', secure: true, overWebSocket: true, port: 443 },
}

interface Choice {
  readonly call: AsyncApiCall
  readonly channel: JsonObject
  readonly version: string
  /** As errors name the document. */
  readonly place: string
}

export function chooseServer(root: JsonObject, { call, channel, version, place }: Choice): Server {
  const servers = follow(root, root['servers']) ?? {}
  const name = call.server?.name ?? firstFor(root, servers, { call, channel })
  if (name === undefined) {
    const wanted = call.protocol === undefined ? 'no server' : `no server that speaks ${call.protocol}`
    throw TaskFault.of('configuration', `${place} has ${wanted} for this channel.`)
  }
  const server = follow(root, member(servers, name))
  if (!server) throw unknown('server', name, servers)
  const kind = spokenBy(server)
  if (!kind)
    throw unsupported(
      `The protocol "${scalar(server['protocol'])}" of the server "${name}"`,
      scalar(server['protocol']),
    )
  return { ...kind, ...placeOfServer(server, kind, version, call.server?.variables ?? {}) }
}

function firstFor(
  root: JsonObject,
  servers: JsonObject,
  { call: { protocol }, channel }: Pick<Choice, 'call' | 'channel'>,
): string | undefined {
  const own = channel['servers']
  const of = Array.isArray(own) && own.length > 0 ? own.map(nameIn) : undefined
  const names = Object.keys(servers).filter((name) => of === undefined || of.includes(name))
  if (protocol === undefined) return names[0]
  return names.find((name) => {
    const kind = spokenBy(follow(root, member(servers, name)))
    return kind?.protocol === protocol
  })
}

/** AsyncAPI 2 names servers, AsyncAPI 3 refers to them. */
function nameIn(entry: Json): string {
  if (typeof entry === 'string') return entry
  const reference = isJsonObject(entry) ? scalar(entry['$ref']) : ''
  return (reference.split('/').at(-1) ?? '').replaceAll('~1', '/').replaceAll('~0', '~')
}

function spokenBy(server: JsonObject | undefined): Spoken | undefined {
  const name = scalar(server?.['protocol']).toLowerCase()
  const isFifth = scalar(server?.['protocolVersion']).startsWith('5')
  const key = isFifth
    ? name.replace(/mqtts?(?!5)/, (found) => (found === 'mqtts' ? 'secure-mqtt5' : 'mqtt5'))
    : name
  return Object.hasOwn(spoken, key) ? spoken[key] : undefined
}

/** `url` of AsyncAPI 2, with or without a scheme; `host` and `pathname` of AsyncAPI 3. */
function placeOfServer(
  server: JsonObject,
  kind: Spoken,
  version: string,
  values: JsonObject,
): Omit<Server, 'protocol'> {
  const written = version.startsWith('2')
    ? server['url']
    : `${textOf(server['host'])}${textOf(server['pathname'])}`
  const address = withVariables(textOf(written), server, values)
  const scheme = /^([a-z][a-z0-9+-]*):\/\//i.exec(address)?.[1]?.toLowerCase()
  const rest = scheme === undefined ? address : address.slice(scheme.length + 3)
  const url = URL.parse(`http://${rest}`)
  if (!url || rest === '') throw TaskFault.of('configuration', `"${address}" is no address of a server.`)
  const port = /^[^/?#]*:(\d+)(?:[/?#]|$)/.exec(rest)?.[1]
  const named = scheme !== undefined && Object.hasOwn(spoken, scheme) ? spoken[scheme] : undefined
  const overWebSocket = isMqtt(kind) && (kind.overWebSocket === true || named?.protocol === 'ws')
  const secure = kind.secure || named?.secure === true
  return {
    host: url.hostname,
    port: port === undefined ? portOf(kind, { overWebSocket, secure }) : Number(port),
    path: url.pathname.replace(/\/+$/, ''),
    secure,
    overWebSocket,
  }
}

function isMqtt({ protocol }: Spoken): boolean {
  return protocol === 'mqtt' || protocol === 'mqtt5'
}

/** Where the address says more of the protocol than its name does, the usual port is another. */
function portOf(kind: Spoken, { overWebSocket, secure }: Pick<Server, 'overWebSocket' | 'secure'>): number {
  if (overWebSocket) return secure ? 443 : 80
  if (secure === kind.secure) return kind.port
  return (
    Object.values(spoken).find((other) => other.protocol === kind.protocol && other.secure)?.port ?? kind.port
  )
}

function withVariables(address: string, { variables }: JsonObject, values: JsonObject): string {
  return address.replaceAll(/\{([^{}]+)\}/g, (_whole, name: string) => {
    const described = isJsonObject(variables) ? member(variables, name) : undefined
    const value = member(values, name) ?? (isJsonObject(described) ? described['default'] : undefined)
    const choices =
      isJsonObject(described) && Array.isArray(described['enum']) ? described['enum'] : undefined
    if (typeof value !== 'string' && typeof value !== 'number')
      throw TaskFault.of('configuration', `The server "${address}" needs a value for its variable "${name}".`)
    if (choices?.includes(value) === false)
      throw TaskFault.of('validation', `server.variables.${name} must be one of ${choices.join(', ')}.`)
    return String(value)
  })
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}
