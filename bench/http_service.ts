/** A local service for `bench:http`, in a process of its own: it answers every request with the same small JSON. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

const answer = JSON.stringify({ id: 7, name: 'Ada', tags: ['a', 'b', 'c'], at: '2026-01-01T00:00:00Z' })
const headers = { 'content-type': 'application/json', 'content-length': String(answer.length) }

const server = createServer((request, response) => {
  request.resume()
  response.writeHead(200, headers).end(answer)
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
process.once('disconnect', () => process.exit())
