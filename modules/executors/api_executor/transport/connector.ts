/**
 * Opens the connections of the pool: guarded, by TLS that trusts the operator's authorities too, through a proxy where one
 * is set. A name is judged by the address that is then connected to; through a proxy the address is what it is asked for,
 * unless the operator leaves names to it.
 */
import type { buildConnector } from 'undici'
import type { Clock } from '@nexus/sdk'
import {
  checkHost,
  checkSocket,
  guardedLookup,
  resolveChecked,
  type NetworkPolicy,
  type Resolve,
} from '@nexus/sdk/network'
import { portOf, proxyFor } from './proxy.ts'
import type { TransportSettings } from './settings.ts'
import type { Tls, TlsMaterial } from './tls.ts'
import { openTunnel } from './tunnel.ts'

export interface ConnectorOptions {
  readonly settings: TransportSettings
  readonly policy: NetworkPolicy
  readonly resolve: Resolve
  readonly clock: Clock
  readonly tls: Tls
}

type Connector = buildConnector.connector
type Callback = buildConnector.Callback

export function connectorOf(build: typeof buildConnector, options: ConnectorOptions): Connector {
  const { settings, policy } = options
  const direct = directOf(build, options)
  const tunnelled = tunnelOf(direct, options)
  return (target, callback) => {
    const proxy = proxyFor(target, settings.proxy)
    if (proxy !== undefined) return void tunnelled(proxy, target, callback)
    const why = thrownBy(() => checkHost(target.hostname, policy))
    if (why !== undefined) return queueMicrotask(() => callback(why, null))
    // What comes back lets an attempt that nobody waits for be given up.
    return direct(target, (...[error, socket]: Parameters<Callback>) => {
      if (error !== null) return callback(error, null)
      const reason = thrownBy(() => checkSocket(socket, policy, target.hostname))
      if (reason) callback(reason, null)
      else callback(null, socket)
    })
  }
}

/** One connector for each certificate that may be shown: it keeps TLS sessions, which are for that alone. */
function directOf(
  build: typeof buildConnector,
  { settings, policy, resolve, tls }: ConnectorOptions,
): Connector {
  const lookup = guardedLookup(policy, resolve)
  const made = new Map<TlsMaterial, Connector>()
  return (target, callback) => {
    const material = tls.materialFor(target.hostname)
    const known = made.get(material)
    const connector =
      known ?? build({ timeout: settings.connectTimeoutMs, allowH2: settings.usesHttp2, lookup, ...material })
    if (!known) made.set(material, connector)
    return connector(target, callback)
  }
}

function tunnelOf(direct: Connector, options: ConnectorOptions) {
  const { settings, policy, resolve, clock, tls } = options
  const mayLeaveNames = policy.network.private || settings.proxy.resolvesNames
  const within = {
    timeoutMs: settings.connectTimeoutMs,
    headerBytesMax: settings.headerBytesMax,
    tls,
    clock,
  }
  return async (proxy: URL, target: buildConnector.Options, callback: Callback): Promise<void> => {
    try {
      if (mayLeaveNames) checkHost(target.hostname, policy)
      const [first] = mayLeaveNames ? [] : await resolveChecked(target.hostname, policy, { resolve })
      const host = first?.address ?? target.hostname
      const socket = await openTunnel(proxy, { host, port: portOf(target) }, within)
      if (target.protocol === 'https:') direct({ ...target, httpSocket: socket }, callback)
      else callback(null, socket)
    } catch (error) {
      callback(error instanceof Error ? error : new Error(String(error)), null)
    }
  }
}

function thrownBy(check: () => void): Error | undefined {
  try {
    check()
    return undefined
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}
