/** A server for tests of the network, on this machine, until the test that asks for it is over. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { onTestFinished } from 'vitest'

/**
 * Answers with what it was sent, `/headers` with its headers, `/cookies` with two; `/away` and `/to/PORT` send elsewhere,
 * `/odd` answers with no status that there is, `/endless` without an end and `/never` not at all;
 * `/switch` goes on with another protocol.
 */
export async function serve(onAbandoned?: () => void): Promise<number> {
  const server = createServer((request, response) => {
    if (request.url === '/never') return void response.once('close', () => onAbandoned?.())
    if (request.url === '/endless')
      return void pipeline(Readable.from(endless()), response).catch(() => onAbandoned?.())
    if (request.url === '/switch')
      return void request.socket.write('HTTP/1.1 101 Switching\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n')
    if (request.url === '/cookies') return void response.setHeader('set-cookie', ['a=1', 'b=2']).end()
    const [, port] = /^\/to\/(\d+)$/.exec(request.url ?? '') ?? []
    if (port !== undefined)
      return void response.writeHead(307, { location: `http://127.0.0.1:${port}/headers` }).end()
    if (request.url === '/headers') return void response.end(JSON.stringify(request.headers))
    if (request.url === '/odd') return void response.writeHead(999).end()
    if (request.url === '/away')
      return void response.writeHead(302, { location: 'http://localhost:9/' }).end()
    response.writeHead(200, { 'content-type': 'text/plain' })
    request.pipe(response)
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => void server.once('listening', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => void server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

function* endless(): Generator<Buffer> {
  for (;;) yield Buffer.alloc(1_000_000)
}
