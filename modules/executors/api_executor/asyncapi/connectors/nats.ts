/** Messages over NATS, plain and over TLS: the channel's address is the subject. The server cannot send us on to others. */
import { connect as open, headers as natsHeaders, type NatsConnection } from '@nats-io/transport-node'
import { isIP } from 'node:net'
import { Readable } from 'node:stream'
import { TaskFault } from '@nexus/sdk'
import { resolveChecked } from '@nexus/sdk/network'
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
    const connection = await connect(connecting)
    try {
      const headers = natsHeaders()
      for (const [name, value] of Object.entries(message.headers)) headers.set(name, value)
      headers.set('Nats-Msg-Id', connecting.options.idempotencyKey)
      connection.publish(connecting.target.address, encodePayload(message).body, { headers })
      await connection.flush()
    } catch (error) {
      throw connectionFault(connecting.target, error)
    } finally {
      await connection.close()
    }
  },
  async subscribe(connecting, sink) {
    const { target } = connecting
    const connection = await connect(connecting)
    const hasCome = boundBetweenMessages(bytesOf(connection), connecting, (fault) => {
      sink.fail(fault)
      void connection.close()
    })
    connection.subscribe(target.address, {
      ...queueOf(connecting),
      callback(error, message) {
        if (error) return sink.fail(connectionFault(target, error))
        hasCome()
        const entries = [...(message.headers ?? [])].map(([name, values]) => [name, values.join(', ')])
        if (!sink.push({ bytes: message.data, headers: Object.fromEntries(entries) })) void connection.close()
      },
    })
    void connection
      .closed()
      .then((error) =>
        sink.fail(
          error
            ? connectionFault(target, error)
            : TaskFault.of('communication', `${serverName(target)} closed the connection.`),
        ),
      )
    await connection.flush()
    return () => connection.close()
  },
}

/** The library writes it into its line as it is. */
function queueOf({ target }: Connecting): { queue?: string } {
  const { queue } = target.bindings
  if (typeof queue !== 'string' || queue === '') return {}
  if (/[\s\0]/.test(queue))
    throw TaskFault.of('configuration', `The queue ${JSON.stringify(queue)} of the binding has spaces in it.`)
  return { queue }
}

async function connect(connecting: Connecting): Promise<NatsConnection> {
  const { target, options, signal } = connecting
  const credentials = await credentialsFor(connecting)
  try {
    const connection = await open({
      servers: `${await addressOf(connecting)}:${target.port}`,
      timeout: options.timeoutMs,
      reconnect: false,
      ignoreClusterUpdates: true,
      resolve: false,
      ...(target.secure && { tls: tlsOf(connecting) }),
      ...(credentials?.token !== undefined && { token: credentials.token }),
      ...(credentials &&
        credentials.token === undefined && { user: credentials.username, pass: credentials.password }),
    })
    const stop = (): void => void connection.close()
    signal.addEventListener('abort', stop, { once: true })
    void connection.closed().then(() => signal.removeEventListener('abort', stop))
    if (signal.aborted) stop()
    return connection
  } catch (error) {
    throw connectionFault(target, error)
  }
}

/** The library connects to an address; the certificate is that of the name. */
function tlsOf({ target, options }: Connecting) {
  const host = bareHost(target)
  const material = options.transport.tls.materialFor(host)
  // Without the host, a certificate of localhost would do for every address.
  return { ...material, host, ...(isIP(host) === 0 && { servername: host }) }
}

/** The address that was looked up and checked, so that the library looks nothing up itself. */
async function addressOf({ target, options }: Connecting): Promise<string> {
  const [first] = await resolveChecked(target.host, options.policy)
  if (!first) throw new Error(`the name ${target.host} is not known to DNS`)
  return first.family === 6 ? `[${first.address}]` : first.address
}

/** The library has no limit of its own, and shows the socket to nobody. */
function bytesOf(connection: NatsConnection): Readable {
  const protocol = memberOf(connection, 'protocol')
  const socket = memberOf(memberOf(protocol, 'transport'), 'socket')
  if (socket instanceof Readable) return socket
  throw new Error('the library of NATS has changed, and what a server sends cannot be bounded')
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
