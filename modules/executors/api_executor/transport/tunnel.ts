/**
 * A connection to a host through a proxy, by CONNECT. The proxy is the operator's and is reached wherever it is; where
 * the connection leads to is for whoever asks. It closes what it opened when it fails, and keeps nothing.
 */
import { request as requestPlain, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as requestSafe } from 'node:https'
import { isIP, isIPv6, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { TaskFault, type Clock } from '@nexus/sdk'
import { hostAndPort } from '../address.ts'
import type { Tls } from './tls.ts'

export interface TunnelOptions {
  readonly timeoutMs: number
  readonly headerBytesMax: number
  readonly tls: Tls
  readonly clock: Clock
}

/** `host` is a name, or an address without brackets. */
export async function openTunnel(
  proxy: URL,
  { host, port }: { host: string; port: number },
  options: TunnelOptions,
): Promise<Socket> {
  const target = `${isIPv6(host) ? `[${host}]` : host}:${port}`
  const asking = ask(proxy, target, options)
  const stopTimer = options.clock.timer(options.timeoutMs, () => asking.destroy(tooSlow(proxy)))
  try {
    const { answer, socket } = await connected(asking)
    if (answer.statusCode === 200) return socket
    socket.destroy()
    throw refused(proxy, target, answer.statusCode ?? 0)
  } catch (error) {
    throw error instanceof TaskFault ? error : failed(proxy, error)
  } finally {
    stopTimer()
  }
}

function ask(proxy: URL, target: string, options: TunnelOptions): ClientRequest {
  const isSafe = proxy.protocol === 'https:'
  const host = proxy.hostname.replace(/^\[|\]$/g, '')
  const request = (isSafe ? requestSafe : requestPlain)({
    method: 'CONNECT',
    host,
    port: proxy.port || (isSafe ? 443 : 80),
    path: target,
    headers: { host: target, ...credentialsOf(proxy) },
    agent: false,
    maxHeaderSize: options.headerBytesMax,
    // Else the proxy would have to show a certificate of the host that `host` names.
    ...(isSafe && { servername: isIP(host) === 0 ? host : '' }),
    ...(isSafe && options.tls.materialFor(host)),
  })
  return request.end()
}

function credentialsOf({ username, password }: URL): Record<string, string> {
  if (username === '') return {}
  const written = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { 'proxy-authorization': `Basic ${Buffer.from(written).toString('base64')}` }
}

function connected(asking: ClientRequest): Promise<{ answer: IncomingMessage; socket: Socket }> {
  return new Promise((resolve, reject) => {
    asking.once('error', reject)
    asking.once('connect', (answer: IncomingMessage, socket: Duplex, head: Buffer) => {
      if (head.length > 0) socket.unshift(head)
      // The request goes on to listen for errors of a socket that is no longer its own.
      asking.removeAllListeners()
      resolve({ answer, socket: socket as Socket })
    })
  })
}

function refused(proxy: URL, target: string, status: number): TaskFault {
  const hint = status === 407 ? ' Give its user and password in http_proxy or https_proxy.' : ''
  const detail = `The proxy ${hostAndPort(proxy)} does not connect to ${target}: it answered ${status}.${hint}`
  return TaskFault.of('communication', detail)
}

function tooSlow(proxy: URL): TaskFault {
  return TaskFault.of('communication', `The proxy ${hostAndPort(proxy)} did not connect in time.`)
}

function failed(proxy: URL, error: unknown): TaskFault {
  const why = error instanceof Error ? error.message : String(error)
  const detail = `The proxy ${hostAndPort(proxy)} could not be used: ${why}.`
  return TaskFault.of('communication', detail, { cause: error })
}
