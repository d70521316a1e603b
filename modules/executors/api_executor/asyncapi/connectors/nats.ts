/** Messages over NATS: the channel's address is the subject. The server cannot send us on to others. */
import { connect as open, headers as natsHeaders, type NatsConnection } from '@nats-io/transport-node'
import { TaskFault } from '@nexus/sdk'
import { resolveChecked } from '@nexus/sdk/network'
import { connectionFault, credentialsFor, serverName, type Connecting, type Connector } from '../connector.ts'
import { encodePayload } from '../message.ts'

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
  async subscribe(connecting, feed) {
    const { target } = connecting
    const connection = await connect(connecting)
    const { queue } = target.bindings
    connection.subscribe(target.address, {
      ...(typeof queue === 'string' && { queue }),
      callback(error, message) {
        if (error) return feed.fail(connectionFault(target, error))
        const entries = [...(message.headers ?? [])].map(([name, values]) => [name, values.join(', ')])
        if (!feed.push({ bytes: message.data, headers: Object.fromEntries(entries) })) void connection.close()
      },
    })
    void connection
      .closed()
      .then((error) =>
        feed.fail(error ?? TaskFault.of('communication', `${serverName(target)} closed the connection.`)),
      )
    await connection.flush()
    return () => connection.close()
  },
}

async function connect(connecting: Connecting): Promise<NatsConnection> {
  const { target, options, signal } = connecting
  const credentials = await credentialsFor(connecting)
  try {
    const connection = await open({
      servers: `${await hostFor(connecting)}:${target.port}`,
      timeout: options.timeoutMs,
      reconnect: false,
      ignoreClusterUpdates: true,
      resolve: false,
      ...(target.secure && { tls: {} }),
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

/**
 * The address that was looked up and checked. Over TLS the library checks the certificate by the name that it connects
 * to, and looks that up once more itself: where not every address may be reached, that could not be guarded.
 */
async function hostFor({ target, options }: Connecting): Promise<string> {
  const [first] = await resolveChecked(target.host, options.policy)
  if (!first) throw new Error(`the name ${target.host} is not known to DNS`)
  if (target.secure && options.policy.network.private) return target.host
  if (target.secure && first.address !== target.host)
    throw TaskFault.of(
      'configuration',
      `NATS over TLS is only spoken where private addresses may be reached (policy.network.private), not with ${serverName(target)}.`,
    )
  return first.family === 6 ? `[${first.address}]` : first.address
}
