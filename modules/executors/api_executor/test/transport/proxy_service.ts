/** A proxy on this machine that keeps what it was asked to connect to, and leads everything to one service. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { connect, type Socket } from 'node:net'
import { listen } from '../world.ts'
import type { Identity } from './certificate.ts'

interface Behaviour {
  /** Answers this instead of connecting. */
  readonly status?: number
  /** Spoken to by TLS. */
  readonly identity?: Identity
}

export async function serveProxy(leadsTo: URL, { status = 200, identity }: Behaviour = {}) {
  const asked: { target: string | undefined; authorization: string | undefined }[] = []
  const sockets = new Set<Socket>()
  const server = identity ? createHttpsServer(identity) : createServer()
  server.on(
    'request',
    (_request: IncomingMessage, response: ServerResponse) => void response.writeHead(400).end(),
  )
  server.on('connect', (request: IncomingMessage, client: Socket) => {
    asked.push({ target: request.url, authorization: request.headers['proxy-authorization'] })
    client.on('error', () => undefined)
    if (status !== 200) return void client.end(`HTTP/1.1 ${status} No\r\n\r\n`)
    const onward = connect(Number(leadsTo.port), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.pipe(client).pipe(onward)
    })
    sockets.add(onward)
    onward.on('error', () => void client.destroy())
    client.on('close', () => void onward.destroy())
  })
  return { proxy: `${identity ? 'https' : 'http'}://127.0.0.1:${await listen(server, sockets)}`, asked }
}
