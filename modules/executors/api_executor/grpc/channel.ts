/**
 * A connection to a gRPC service, for one call. The name of the host is looked up here and not by the library, so that
 * only addresses which may be reached are connected to; a proxy of the environment would go around that, and is not used.
 */
import { Client, credentials, type ChannelCredentials, type VerifyOptions } from '@grpc/grpc-js'
import { isIP, type Socket } from 'node:net'
import { checkServerIdentity, createSecureContext } from 'node:tls'
import { TaskFault } from '@nexus/sdk'
import type { ProtocolOptions } from '../protocol_options.ts'
import { resolveChecked } from '@nexus/sdk/network'

export interface Channel extends Disposable {
  readonly client: Client
  /** As errors name it. */
  readonly at: string
}

interface Target {
  readonly host: string
  readonly port: number
  readonly usesTls: boolean
}

export async function openChannel(
  { host, port, usesTls }: Target,
  { policy, responseBytesMax, transport }: Pick<ProtocolOptions, 'policy' | 'responseBytesMax' | 'transport'>,
): Promise<Channel> {
  const address = await addressOf(host, port, policy)
  // Whom Node trusts; the library's own context does not heed certificates that are added to those.
  const security = usesTls
    ? credentials.createFromSecureContext(
        createSecureContext(transport.tls.materialFor(host)),
        verifyingOf(host),
      )
    : credentials.createInsecure()
  const connections = ownedBy(security)
  const client = new Client(address, security, {
    'grpc.default_authority': `${host}:${port}`,
    ...(usesTls && { 'grpc.ssl_target_name_override': isAddress(host) ? namelessHost : host }),
    'grpc.max_receive_message_length': responseBytesMax,
    'grpc.max_send_message_length': -1,
    'grpc.enable_http_proxy': 0,
    'grpc.enable_retries': 0,
    'grpc.service_config_disable_resolution': 1,
    'grpc.use_local_subchannel_pool': 1,
  })
  return {
    client,
    at: `${host}:${port}`,
    [Symbol.dispose]() {
      client.close()
      connections.end()
    },
  }
}

/** The library leaves a connection that never ends its handshake open for as long as the other side likes: here none is. */
function ownedBy(security: ChannelCredentials): { end(): void } {
  const sockets = new Set<Socket>()
  let isEnded = false
  const make = security._createSecureConnector.bind(security)
  security._createSecureConnector = (...given) => {
    const made = make(...given)
    return {
      waitForReady: () => made.waitForReady(),
      getCallCredentials: () => made.getCallCredentials(),
      destroy: () => made.destroy(),
      connect(socket) {
        if (isEnded) throw new Error('Nobody waits for this connection any more.')
        sockets.add(socket)
        socket.once('close', () => sockets.delete(socket))
        return made.connect(socket)
      },
    }
  }
  return {
    end() {
      isEnded = true
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** What TLS is told where there is an address and no name, since it takes no address for one. */
const namelessHost = 'address.invalid'

function isAddress(host: string): boolean {
  return isIP(host.replace(/^\[|\]$/g, '')) !== 0
}

/** Of an address, the certificate must be of that address. */
function verifyingOf(host: string): VerifyOptions {
  if (!isAddress(host)) return {}
  return { checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate) }
}

/** As the library takes addresses that need no looking up. */
async function addressOf(host: string, port: number, policy: ProtocolOptions['policy']): Promise<string> {
  const addresses = await lookedUp(host, policy)
  // One scheme holds for all of them.
  const family = addresses[0]?.family ?? 4
  const same = addresses.filter((found) => found.family === family)
  const texts = same.map(({ address }) => (family === 6 ? `[${address}]:${port}` : `${address}:${port}`))
  return `ipv${family}:${texts.join(',')}`
}

async function lookedUp(host: string, policy: ProtocolOptions['policy']): ReturnType<typeof resolveChecked> {
  try {
    return await resolveChecked(host, policy)
  } catch (error) {
    if (error instanceof TaskFault) throw error
    const detail = `The name of ${host} is not known to DNS.`
    throw TaskFault.of('communication', detail, { cause: error })
  }
}
