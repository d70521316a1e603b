/** Messages over WebSocket: each frame is one. They have no headers. */
import { once } from 'node:events'
import { WebSocket, type RawData } from 'ws'
import { TaskFault } from '@nexus/sdk'
import { checkHost, guardedLookup } from '@nexus/sdk/network'
import type { Sink } from '../feed.ts'
import { connectionFault, credentialsFor, serverName, type Connecting, type Connector } from '../connector.ts'
import { encodePayload } from '../message.ts'

/** How long the other side has to say goodbye. */
const closeMsMax = 1_000

export const connector: Connector = {
  async publish(connecting, message) {
    if (Object.keys(message.headers).length > 0)
      throw TaskFault.of(
        'validation',
        'Messages over WebSocket have no headers. Put what they say into the payload.',
      )
    const socket = await connect(connecting)
    try {
      const { body } = encodePayload(message)
      await new Promise<void>((resolve, reject) =>
        socket.send(body, (error) => (error ? reject(connectionFault(connecting.target, error)) : resolve())),
      )
    } finally {
      await close(socket, connecting)
    }
  },
  async subscribe(connecting, sink) {
    const { target } = connecting
    const socket = await connect(connecting, (opening) => listen(opening, target, sink))
    return () => close(socket, connecting)
  },
}

async function connect(connecting: Connecting, begin?: (socket: WebSocket) => void): Promise<WebSocket> {
  const { target, options, signal } = connecting
  const { secure, host, port, path, address } = target
  checkHost(host, options.policy)
  const credentials = await credentialsFor(connecting)
  const url = `${secure ? 'wss' : 'ws'}://${host}:${port}${path}/${address.replace(/^\/+/, '')}`
  const socket = new WebSocket(url, {
    lookup: guardedLookup(options.policy),
    maxPayload: options.responseBytesMax,
    followRedirects: false,
    handshakeTimeout: options.timeoutMs,
    ...options.transport.tls.materialFor(host),
    ...(credentials && { headers: { authorization: headerOf(credentials) } }),
  })
  // What comes first, also the end, may come with the very answer that opens the connection.
  if (begin) socket.once('open', () => begin(socket))
  socket.on('error', () => undefined)
  const stop = (): void => socket.terminate()
  signal.addEventListener('abort', stop, { once: true })
  socket.once('close', () => signal.removeEventListener('abort', stop))
  try {
    await once(socket, 'open')
    return socket
  } catch (error) {
    socket.terminate()
    throw connectionFault(target, error)
  }
}

function listen(socket: WebSocket, target: Connecting['target'], sink: Sink): void {
  socket.on('message', (data) => {
    if (!sink.push({ bytes: bytesOf(data), headers: {} })) socket.terminate()
  })
  socket.on('error', (error) => sink.fail(lossOf(target, error)))
  socket.on('close', (code) =>
    sink.fail(TaskFault.of('communication', `${serverName(target)} closed the connection (code ${code}).`)),
  )
}

/** What breaks the protocol, or is too large, would come again from the same server. */
function lossOf(target: Connecting['target'], error: Error): TaskFault {
  const fault = connectionFault(target, error)
  const isOfProtocol = 'code' in error && String(error.code).startsWith('WS_ERR')
  return isOfProtocol ? TaskFault.of('runtime', fault.message, { cause: error }) : fault
}

function headerOf({
  username,
  password,
  token,
}: NonNullable<Awaited<ReturnType<typeof credentialsFor>>>): string {
  if (token !== undefined) return `Bearer ${token}`
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function bytesOf(data: RawData): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data)
  return Buffer.isBuffer(data) ? data : Buffer.from(data)
}

async function close(socket: WebSocket, { options }: Connecting): Promise<void> {
  if (socket.readyState === socket.CLOSED) return
  const closed = once(socket, 'close')
  socket.close()
  const stopTimer = options.clock.timer(closeMsMax, () => socket.terminate())
  await closed
  stopTimer()
}
