/** Connections with TLS, and HTTP/2 over them. */
import { createSecureServer, createServer as createHttp2Server, type ServerHttp2Stream } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Module } from '../../main.ts'
import { faultOf, listen, setup } from '../world.ts'
import { selfSigned } from './certificate.ts'

const identity = selfSigned({ hosts: ['127.0.0.1', 'service.example'] })

async function serveSafely(own = identity): Promise<string> {
  const server = createHttpsServer(own, (_request, response) => void response.end('safe'))
  return `https://127.0.0.1:${await listen(server)}/`
}

/** Speaks both versions and says which; counts its connections. */
async function serveBoth() {
  const connections = new Set<unknown>()
  const server = createSecureServer({ ...identity, allowHTTP1: true }, (request, response) => {
    connections.add(request.socket)
    response.end(request.httpVersion)
  })
  let opened = 0
  server.on('secureConnection', () => opened++)
  server.on('session', (session) => onTestFinished(() => session.destroy()))
  return { endpoint: `https://127.0.0.1:${await listen(server)}/`, opened: () => opened }
}

test('a certificate that nobody vouches for is refused, whatever a task says', async () => {
  const { call } = await setup()
  const fault = await faultOf(call({ method: 'get', endpoint: await serveSafely() }))
  expect(fault.error.type).toContain('communication')
  expect(fault.message).toMatch(
    /the certificate of 127\.0\.0\.1:\d+ is not trusted \(self-signed certificate\)/,
  )
})

test('one that the operator trusts is taken, as a text or as a file', async () => {
  const endpoint = await serveSafely()
  const byText = await setup({ config: { tls_ca: identity.cert } })
  expect(await byText.call({ method: 'get', endpoint })).toBe('safe')
  const folder = mkdtempSync(join(tmpdir(), 'nexus-tls-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'ca.pem')
  writeFileSync(file, identity.cert)
  const byFile = await setup({ config: { tls_ca_file: file } })
  expect(await byFile.call({ method: 'get', endpoint })).toBe('safe')
})

test('a trusted certificate that is of another host, or past its time, is refused', async () => {
  const elsewhere = selfSigned({ hosts: ['elsewhere.example'] })
  const { call } = await setup({ config: { tls_ca: elsewhere.cert } })
  const fault = await faultOf(call({ method: 'get', endpoint: await serveSafely(elsewhere) }))
  expect(fault.message).toContain('is not trusted')
  const old = selfSigned({ hosts: ['127.0.0.1'], days: -1 })
  const late = await setup({ config: { tls_ca: old.cert } })
  const expired = await faultOf(late.call({ method: 'get', endpoint: await serveSafely(old) }))
  expect(expired.message).toContain('is not trusted (certificate has expired)')
})

test('a configuration that names no certificate says so', () => {
  const problems = new Module().validateConfig({ tls_ca: 'nothing', tls_ca_file: '', http_proxy: 'proxy:1' })
  expect(problems).toEqual([
    'http_proxy must be an http or https URL, as http://proxy.example.com:3128.',
    'tls_ca holds no certificate in PEM ("-----BEGIN CERTIFICATE-----").',
  ])
  const [missing] = new Module().validateConfig({ tls_ca_file: '/nowhere/ca.pem' })
  expect(missing).toContain('tls_ca_file cannot be read: ENOENT')
})

test('a service that chooses HTTP/2 gets all calls over one connection', async () => {
  const { call } = await setup({ config: { tls_ca: identity.cert } })
  const { endpoint, opened } = await serveBoth()
  const calls = Array.from({ length: 20 }, () => call({ method: 'get', endpoint }))
  expect(await Promise.all(calls)).toEqual(calls.map(() => '2.0'))
  expect(opened()).toBe(1)
})

test('a host gets so many requests at once over HTTP/2 too', async () => {
  const { call } = await setup({ config: { tls_ca: identity.cert, requests_per_host: 2 } })
  let most = 0
  const held: { end(): void }[] = []
  const server = createSecureServer(identity, (_request, response) => {
    most = Math.max(most, held.push(response))
    // Each waits for another, and a moment longer for those that should not come.
    if (held.length === 2) setImmediate(() => held.splice(0).forEach((one) => one.end()))
  })
  server.on('session', (session) => onTestFinished(() => session.destroy()))
  const endpoint = `https://127.0.0.1:${await listen(server)}/`
  await Promise.all(Array.from({ length: 20 }, () => call({ method: 'get', endpoint })))
  expect(most).toBe(2)
})

test('`http2: false` speaks HTTP/1.1 with the same service', async () => {
  const { call } = await setup({ config: { tls_ca: identity.cert, http2: false } })
  const { endpoint } = await serveBoth()
  expect(await call({ method: 'get', endpoint })).toBe('1.1')
})

test('a service that never ends its handshake is given up in connect_timeout_ms', async () => {
  const { call } = await setup({ config: { connect_timeout_ms: 50 } })
  const port = await listen(createTcpServer(() => undefined))
  const fault = await faultOf(call({ method: 'get', endpoint: `https://127.0.0.1:${port}/` }))
  expect(fault.error.type).toContain('communication')
  expect(fault.message).toContain(`127.0.0.1:${port} did not take the connection in time`)
})

test('a flood of headers over HTTP/2 ends the call', async () => {
  const { call } = await setup({ config: { tls_ca: identity.cert, max_header_kb: 4 } })
  const server = createSecureServer(identity)
  server.on('session', (session) => onTestFinished(() => session.destroy()))
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => undefined)
    const headers = Array.from({ length: 50 }, (_, index) => [`x-${index}`, 'y'.repeat(200)])
    stream.respond({ ':status': 200, ...Object.fromEntries(headers) })
    stream.end('late')
  })
  const endpoint = `https://127.0.0.1:${await listen(server)}/`
  const fault = await faultOf(call({ method: 'get', endpoint }))
  expect(fault.message).toContain('answers with more than 4 KB of headers (max_header_kb)')
})

test('what speaks HTTP/2 without being asked is no HTTP/1.1', async () => {
  const { call } = await setup()
  const server = createHttp2Server(() => undefined)
  server.on('session', (session) => onTestFinished(() => session.destroy()))
  server.on('sessionError', () => undefined)
  const port = await listen(server)
  const fault = await faultOf(call({ method: 'get', endpoint: `http://127.0.0.1:${port}` }))
  expect(fault.error.type).toContain('communication')
})

/** HTTP/2 alone; `answer` gets the stream and the number of the request. */
async function serveHttp2(answer: (stream: ServerHttp2Stream, count: number) => void) {
  let asked = 0
  const server = createSecureServer(identity)
  server.on('stream', (stream: ServerHttp2Stream) => {
    stream.on('error', () => undefined)
    answer(stream, ++asked)
  })
  server.on('session', (session) => onTestFinished(() => session.destroy()))
  return { endpoint: `https://127.0.0.1:${await listen(server)}/`, asked: () => asked }
}

test('a service that ends an HTTP/2 connection (GOAWAY) gets the next request over another', async () => {
  const sessions = new Set<unknown>()
  const { endpoint } = await serveHttp2((stream, count) => {
    const { session } = stream
    sessions.add(session)
    stream.respond({ ':status': 200 })
    stream.on('close', () => session?.goaway()).end(`answer ${count}`)
  })
  const { call } = await setup({ config: { tls_ca: identity.cert } })
  for (let count = 1; count <= 5; count++)
    expect(await call({ method: 'post', endpoint, body: {} })).toBe(`answer ${count}`)
  expect(sessions.size).toBeGreaterThan(1)
})

test('a stream that a service resets is a fault, and its connection serves the next request', async () => {
  const { endpoint, asked } = await serveHttp2((stream, count) => {
    if (count === 1) return stream.close(2)
    stream.respond({ ':status': 200 })
    if (count === 3) {
      stream.write('half')
      return void setImmediate(() => stream.destroy(new Error('broken')))
    }
    return stream.end('well')
  })
  const { call } = await setup({ config: { tls_ca: identity.cert } })
  const ask = () => call({ method: 'post', endpoint, body: {} })
  expect((await faultOf(ask())).error.type).toContain('communication')
  expect(await ask()).toBe('well')
  expect((await faultOf(ask())).error.type).toContain('communication')
  expect(await ask()).toBe('well')
  expect(asked()).toBe(4)
})

test('a certificate of this client is shown to the hosts that it is for, and to no other', async () => {
  const mine = selfSigned({ hosts: ['client.example'] })
  const strict = { ...identity, requestCert: true, ca: [mine.cert], rejectUnauthorized: true }
  const endpoint = await serveSafely(strict)
  const given = (hosts: string[]) => ({
    tls_ca: identity.cert,
    tls_clients: [{ hosts, cert: mine.cert, key: mine.key }],
  })
  const known = await setup({ config: given(['127.0.0.1']) })
  expect(await known.call({ method: 'get', endpoint })).toBe('safe')
  for (const config of [given(['*.example']), { tls_ca: identity.cert }]) {
    const stranger = await setup({ config })
    expect((await faultOf(stranger.call({ method: 'get', endpoint }))).error.type).toContain('communication')
  }
})

test('a certificate that cannot be used is refused when the configuration is read, without its key', async () => {
  const module = new Module()
  const mine = selfSigned({ hosts: ['a'] })
  const other = selfSigned({ hosts: ['a'] })
  for (const [wrong, why] of [
    [{ hosts: ['a'], cert: mine.cert, key: other.key }, 'do not belong together'],
    [{ hosts: ['a'], cert: mine.cert, key: mine.key.replace('MI', 'XX') }, 'cannot be read'],
    [{ hosts: ['a'], cert: mine.cert }, 'needs a key or a key_file'],
    [{ hosts: ['a'], cert: mine.cert, key_file: '/no/such/file' }, 'key_file cannot be read'],
    [{ hosts: [], cert: mine.cert, key: mine.key }, 'must name the hosts'],
  ] as const) {
    const problems = module.validateConfig({ tls_clients: [wrong] }).join()
    expect(problems).toContain(why)
    expect(problems).not.toContain('PRIVATE KEY')
  }
})
