/** Messages over MQTT 3.1.1 and 5: the channel's address is the topic, or a filter of topics. Only 5 has headers. */
import { MqttClient, type IClientOptions } from 'mqtt'
import { connect as connectTcp, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { TaskFault } from '@nexus/sdk'
import { checkHost, guardedLookup } from '@nexus/sdk/network'
import { connectionFault, credentialsFor, serverName, type Connecting, type Connector } from '../connector.ts'
import { encodePayload } from '../message.ts'

export const connector: Connector = {
  async publish(connecting, message) {
    const { target } = connecting
    const hasHeaders = Object.keys(message.headers).length > 0
    if (hasHeaders && target.protocol !== 'mqtt5')
      throw TaskFault.of(
        'validation',
        'Messages of MQTT 3.1.1 have no headers; those of MQTT 5 have (protocol: mqtt5).',
      )
    const client = await connect(connecting)
    try {
      const properties = hasHeaders ? { properties: { userProperties: { ...message.headers } } } : {}
      const { retain } = target.bindings
      await client.publishAsync(target.address, encodePayload(message).body, {
        qos: qosOf(connecting),
        retain: retain === true,
        ...properties,
      })
    } catch (error) {
      throw connectionFault(target, error)
    } finally {
      await client.endAsync(true)
    }
  },
  async subscribe(connecting, feed) {
    const { target } = connecting
    const client = await connect(connecting)
    client.on('message', (topic, bytes, { properties }) => {
      const own = Object.entries(properties?.userProperties ?? {}).map(([name, value]) => [
        name,
        String(value),
      ])
      const headers = { topic, ...Object.fromEntries(own) }
      const correlationId = properties?.correlationData?.toString('utf8')
      if (!feed.push({ bytes, headers, correlationId })) client.end(true)
    })
    client.on('error', (error) => feed.fail(connectionFault(target, error)))
    client.on('close', () =>
      feed.fail(TaskFault.of('communication', `${serverName(target)} closed the connection.`)),
    )
    try {
      const [granted] = await client.subscribeAsync(target.address, { qos: qosOf(connecting) })
      if (granted === undefined || granted.qos > 2)
        throw new Error(`it does not let us subscribe to "${target.address}"`)
    } catch (error) {
      await client.endAsync(true)
      throw connectionFault(target, error)
    }
    return () => client.endAsync(true)
  },
}

function qosOf({ target }: Connecting): 0 | 1 | 2 {
  const { qos } = target.bindings
  return qos === 0 || qos === 2 ? qos : 1
}

async function connect(connecting: Connecting): Promise<MqttClient> {
  const { target, options, signal } = connecting
  const { host, port, secure, protocol } = target
  checkHost(host, options.policy)
  const credentials = await credentialsFor(connecting)
  const place = { host, port, lookup: guardedLookup(options.policy) }
  const settings: IClientOptions = {
    protocolVersion: protocol === 'mqtt5' ? 5 : 4,
    reconnectPeriod: 0,
    connectTimeout: options.timeoutMs,
    clean: true,
    ...(credentials && { username: credentials.username, password: credentials.password }),
  }
  const server = isIP(host) === 0 ? { servername: host } : {}
  const client = new MqttClient(
    () => (secure ? connectTls({ ...place, ...server }) : connectTcp(place)),
    settings,
  )
  const stop = (): void => void client.end(true)
  signal.addEventListener('abort', stop, { once: true })
  client.once('close', () => signal.removeEventListener('abort', stop))
  client.on('error', () => undefined)
  try {
    await new Promise<void>((resolve, reject) => {
      client.once('connect', () => resolve())
      client.once('error', reject)
      client.once('close', () => reject(new Error('it closed the connection')))
    })
    return client
  } catch (error) {
    await client.endAsync(true)
    throw connectionFault(target, error)
  }
}
