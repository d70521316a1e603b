/**
 * Messages over MQTT 3.1.1 and 5, plain, over TLS and over WebSocket: the channel's address is the topic, or a filter of
 * topics. Only 5 has headers.
 */
import { MqttClient, type IClientOptions } from 'mqtt'
import { connect as connectTcp, isIP } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { TaskFault } from '@nexus/sdk'
import { checkHost, guardedLookup } from '@nexus/sdk/network'
import { createWebSocketStream, WebSocket } from 'ws'
import {
  bareHost,
  connectionFault,
  credentialsFor,
  serverName,
  type Connecting,
  type Connector,
} from '../connector.ts'
import { encodePayload } from '../message.ts'
import { boundBetweenMessages } from './bounded.ts'

export const connector: Connector = {
  async publish(connecting, message) {
    const { target } = connecting
    const hasHeaders = Object.keys(message.headers).length > 0
    if (hasHeaders && target.protocol !== 'mqtt5')
      throw TaskFault.of(
        'validation',
        'Messages of MQTT 3.1.1 have no headers; those of MQTT 5 have (protocol: mqtt5).',
      )
    const { client, faultOf } = await connect(connecting)
    try {
      const properties = hasHeaders ? { properties: { userProperties: { ...message.headers } } } : {}
      const { retain } = target.bindings
      await client.publishAsync(target.address, encodePayload(message).body, {
        qos: qosOf(connecting),
        retain: retain === true,
        ...properties,
      })
    } catch (error) {
      throw faultOf(error)
    } finally {
      await client.endAsync(true)
    }
  },
  async subscribe(connecting, sink) {
    const { target } = connecting
    const { client, hasCome, faultOf } = await connect(connecting)
    client.on('message', (topic, content, { properties }) => {
      hasCome()
      const own = Object.entries(properties?.userProperties ?? {}).map(([name, value]) => [
        name,
        String(value),
      ])
      const headers = { topic, ...Object.fromEntries(own) }
      const correlationId = properties?.correlationData?.toString('utf8')
      if (!sink.push({ bytes: content, headers, correlationId })) client.end(true)
    })
    client.on('error', (error) => sink.fail(faultOf(error)))
    client.on('close', () => sink.fail(faultOf(closed(target))))
    try {
      const [granted] = await client.subscribeAsync(target.address, { qos: qosOf(connecting) })
      if (granted === undefined || granted.qos > 2)
        throw new Error(`it does not let us subscribe to "${target.address}"`)
    } catch (error) {
      await client.endAsync(true)
      throw faultOf(error)
    }
    return () => client.endAsync(true)
  },
}

function closed(target: Connecting['target']): TaskFault {
  return TaskFault.of('communication', `${serverName(target)} closed the connection.`)
}

function qosOf({ target }: Connecting): 0 | 1 | 2 {
  const { qos } = target.bindings
  return qos === 0 || qos === 2 ? qos : 1
}

interface Connected {
  readonly client: MqttClient
  /** To be told of every message. */
  readonly hasCome: () => void
  /** What an error of the client means. */
  readonly faultOf: (error: unknown) => TaskFault
}

async function connect(connecting: Connecting): Promise<Connected> {
  const { target, options, signal } = connecting
  checkHost(target.host, options.policy)
  const credentials = await credentialsFor(connecting)
  const settings: IClientOptions = {
    protocolVersion: target.protocol === 'mqtt5' ? 5 : 4,
    reconnectPeriod: 0,
    connectTimeout: options.timeoutMs,
    clean: true,
    ...(credentials && { username: credentials.username, password: credentials.password }),
  }
  const bytes = target.overWebSocket ? openWebSocket(connecting) : openSocket(connecting)
  let flood: TaskFault | undefined
  const hasCome = boundBetweenMessages(bytes, connecting, (fault) => {
    flood = fault
    bytes.destroy()
  })
  const faultOf = (error: unknown): TaskFault => flood ?? connectionFault(target, error)
  const client = new MqttClient(() => bytes, settings)
  const stop = (): void => void client.end(true)
  signal.addEventListener('abort', stop, { once: true })
  client.once('close', () => signal.removeEventListener('abort', stop))
  client.on('error', () => undefined)
  try {
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve())
      client.once('error', reject)
      client.once('close', () => reject(closed(target)))
    })
    return { client, hasCome, faultOf }
  } catch (error) {
    await client.endAsync(true)
    throw faultOf(error)
  }
}

function openSocket({ target, options }: Connecting): Duplex {
  const { port, secure } = target
  const host = bareHost(target)
  const place = { host, port, lookup: guardedLookup(options.policy) }
  if (!secure) return connectTcp(place)
  const name = isIP(host) === 0 ? { servername: host } : {}
  return connectTls({ ...place, ...name, ...options.transport.tls.materialFor(host) })
}

/** MQTT 5.0, 6: one connection of the subprotocol `mqtt`, whose frames are pieces of a stream. */
function openWebSocket({ target, options }: Connecting): Duplex {
  const { host, port, path, secure } = target
  const socket = new WebSocket(`${secure ? 'wss' : 'ws'}://${host}:${port}${path || '/mqtt'}`, ['mqtt'], {
    lookup: guardedLookup(options.policy),
    maxPayload: options.responseBytesMax,
    followRedirects: false,
    handshakeTimeout: options.timeoutMs,
    ...options.transport.tls.materialFor(host),
  })
  // A packet is written in many small pieces, which else would be a frame each.
  return createWebSocketStream(socket, {
    writev(pieces, done) {
      this._write(Buffer.concat(pieces.map(({ chunk }) => Buffer.from(chunk))), 'binary', done)
    },
  })
}
