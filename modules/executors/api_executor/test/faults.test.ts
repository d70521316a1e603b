/** `call: http` when something is wrong: with the task, on the way, or with the answer. */
import type { RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { Cancelled, type JsonObject } from '@nexus/sdk'
import { echo, faultOf, listen, serve, setup } from './world.ts'

test.for([
  [{ kerberos: {} }, 'Authentication by "kerberos" is not supported'],
  [{ constructor: {} }, 'Authentication by "constructor" is not supported'],
  [{ digest: { username: 'a' } }, 'Authentication by digest needs a `username` and a `password`'],
  [{ basic: { username: 'a', password: 'b', realm: 'c' } }, 'basic has no member "realm"'],
  [{ bearer: { token: 'a' }, basic: {} }, 'Authentication names several schemes (bearer, basic)'],
  [{ use: 'named' }, 'Authentication "named" was not resolved'],
  [{ basic: { use: 'secret' } }, 'needs a `username` and a `password`'],
  [{ bearer: { token: 'a\nb: c' } }, 'characters that no header can carry'],
] as [JsonObject, string][])(
  'authentication by %j is a configuration error',
  async ([authentication, message]) => {
    const { call } = await setup()
    const fault = await faultOf(
      call({ method: 'get', endpoint: { uri: 'http://127.0.0.1', authentication } }),
    )
    expect(fault.error.type).toContain('configuration')
    expect(fault.message).toContain(message)
  },
)

test('an answer of 500 is a communication fault with that status and the beginning of the body', async () => {
  const { call } = await setup()
  const endpoint = await serve((_request, response) =>
    response.writeHead(500).end(`broken ${'x'.repeat(5000)}`),
  )
  const fault = await faultOf(call({ method: 'get', endpoint: `${endpoint}/path?token=secret` }))
  expect(fault.error).toMatchObject({ type: expect.stringContaining('communication'), status: 500 })
  expect(fault.message).toContain(`GET ${endpoint}/path answered 500 Internal Server Error. broken xxx`)
  expect(fault.message.length).toBeLessThan(2200)
  expect(fault.message).not.toContain('secret')
})

const redirecting: RequestListener = (request, response) => {
  if (request.url === '/new') response.end('here')
  else response.writeHead(302, { location: request.url === '/loop' ? '/loop' : '/new' }).end()
}

test('a redirect is an error, which says where it leads, unless the task allows it', async () => {
  const { call } = await setup()
  const endpoint = await serve(redirecting)
  const fault = await faultOf(call({ method: 'get', endpoint: `${endpoint}/old` }))
  expect(fault.error.status).toBe(302)
  expect(fault.message).toContain('answered 302 Found (to /new); `redirect: true` would follow it.')
  expect(await call({ method: 'get', endpoint: `${endpoint}/old`, redirect: true })).toBe('here')
})

test('with `redirect: true` an answer below 400 is success, and a circle is a fault', async () => {
  const { call } = await setup()
  const unchanged = await serve((_request, response) => response.writeHead(304).end())
  expect(await call({ method: 'get', endpoint: unchanged, redirect: true })).toBeNull()
  const endpoint = `${await serve(redirecting)}/loop`
  const fault = await faultOf(call({ method: 'get', endpoint, redirect: true }))
  expect(fault.message).toContain('redirects more than 20 times')
})

test('nobody listening, an unknown name and a broken answer say so, with host and port', async () => {
  const { call } = await setup()
  const server = createTcpServer()
  const port = await listen(server)
  await new Promise((resolve) => void server.close(resolve))
  expect((await faultOf(call({ method: 'get', endpoint: `http://127.0.0.1:${port}/x` }))).message).toBe(
    `GET http://127.0.0.1:${port}/x failed: nothing listens at 127.0.0.1:${port} (connection refused). Is the service running?`,
  )
  const unknown = await faultOf(call({ method: 'get', endpoint: 'http://no-such-host.invalid/' }))
  expect(unknown.message).toMatch(
    /the name of no-such-host\.invalid:80 (is not known|could not be looked up)/,
  )
  const reserved = await faultOf(call({ method: 'get', endpoint: 'http://127.0.0.1:25/' }))
  expect(reserved.message).toContain('HTTP clients do not call the port of 127.0.0.1:25')
  const halfway = await serve((request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('half')
    setImmediate(() => request.socket.destroy())
  })
  const broken = await faultOf(call({ method: 'get', endpoint: halfway }))
  expect(broken.error.type).toContain('communication')
  expect(broken.message).toMatch(
    /127\.0\.0\.1:\d+ (closed the connection before its answer was complete|broke)/,
  )
})

test('something that is not HTTP, or not TLS, is a communication fault in plain words', async () => {
  const { call } = await setup()
  const port = await listen(createTcpServer((socket) => void socket.end('hello there\r\n\r\n')))
  const notHttp = await faultOf(call({ method: 'get', endpoint: `http://127.0.0.1:${port}` }))
  expect(notHttp.message).toContain(`127.0.0.1:${port} does not answer in HTTP`)
  const plain = (await serve(echo)).replace('http:', 'https:')
  const notTls = await faultOf(call({ method: 'get', endpoint: plain }))
  expect(notTls.message).toContain('does not speak TLS. Is it http instead of https?')
})

test('a failing TLS handshake is a communication fault', async () => {
  const { call } = await setup()
  // A server without a certificate cannot shake hands.
  const port = await listen(createTlsServer({}))
  const fault = await faultOf(call({ method: 'get', endpoint: `https://127.0.0.1:${port}` }))
  expect(fault.error.type).toContain('communication')
  expect(fault.message).toContain(`127.0.0.1:${port}`)
})

test('a service that is too slow, or stops in the middle, is a communication fault with status 504', async () => {
  const { call } = await setup({ config: { timeout_ms: 50 } })
  const silent = await serve(() => undefined)
  const fault = await faultOf(call({ method: 'get', endpoint: silent }))
  expect(fault.error).toMatchObject({ type: expect.stringContaining('communication'), status: 504 })
  expect(fault.message).toContain('was not answered in 50 ms (timeout_ms) by 127.0.0.1:')
  const halting = await serve((_request, response) => void response.write('begun'))
  expect((await faultOf(call({ method: 'get', endpoint: halting }))).error.status).toBe(504)
})

test('cancelling ends the call and closes its connection', async () => {
  const cancel = new AbortController()
  const cancelled = new Cancelled()
  const closed = Promise.withResolvers<void>()
  const endpoint = await serve((request) => {
    request.socket.once('close', () => closed.resolve())
    cancel.abort(cancelled)
  })
  const { call } = await setup({ signal: cancel.signal })
  await expect(call({ method: 'get', endpoint })).rejects.toBe(cancelled)
  await closed.promise
})

test('teardown ends the calls that are under way', async () => {
  const { module, call } = await setup()
  const endpoint = await serve(() => void module.teardown())
  await expect(call({ method: 'get', endpoint })).rejects.toThrow('api_executor was stopped.')
})

test('an endless answer, and a small one that unpacks to a large one, end at the limit', async () => {
  const { call } = await setup({ config: { max_response_mb: 1 } })
  const endless = await serve((_request, response) => {
    const more = (): void => {
      while (response.write('x'.repeat(65_536)));
    }
    response.on('drain', more)
    more()
  })
  expect((await faultOf(call({ method: 'get', endpoint: endless }))).message).toContain('more than 1 MB')
  const bomb = gzipSync(Buffer.alloc(50_000_000))
  const packed = await serve((_request, response) =>
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb),
  )
  expect((await faultOf(call({ method: 'get', endpoint: packed }))).message).toContain('more than 1 MB')
})

test('an answer that says JSON and is not is a communication fault', async () => {
  const { call } = await setup()
  const endpoint = await serve((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end('<html>')
  })
  expect((await faultOf(call({ method: 'get', endpoint }))).message).toContain(
    'says that it answers in JSON, and does not',
  )
})

test.for([
  [{ method: 'get' }, 'validation', 'endpoint must be a URI'],
  [{ method: 'g t', endpoint: 'http://a' }, 'validation', 'method must be'],
  [{ method: 'get', endpoint: 'ftp://a/b' }, 'configuration', '"ftp://a/b" is not an http or https URL'],
  [
    { method: 'get', endpoint: 'http://a:100%@b/' },
    'configuration',
    'The user or the password in the address',
  ],
  [
    { method: 'get', endpoint: 'http://a/{pet}' },
    'configuration',
    'Variable "pet" of http://a/{pet} has no value',
  ],
  [
    { method: 'get', endpoint: 'http://a/{up}/x' },
    'configuration',
    'would lead out of its place in the path',
  ],
  [
    { method: 'get', endpoint: 'http://a/{obj}' },
    'configuration',
    'Variable "obj" of http://a/{obj} is not a text',
  ],
  [{ method: 'get', endpoint: 'http://a', body: {} }, 'validation', 'a GET request has no body'],
  [
    { method: 'get', endpoint: 'http://a', headers: { a: 'b\r\nc: d' } },
    'validation',
    'headers.a must be one line',
  ],
  [
    { method: 'get', endpoint: 'http://a', headers: { 'a b': '' } },
    'validation',
    'headers.a b must be named',
  ],
  [{ method: 'get', endpoint: 'http://a', output: 'all' }, 'validation', 'output must be one of content'],
  [{ method: 'get', endpoint: 'http://a', redirect: 'yes' }, 'validation', 'redirect must be true or false'],
] as [JsonObject, string, string][])(
  'wrong arguments say what is wrong: %j',
  async ([input, type, message]) => {
    const { call } = await setup({ input: { obj: {}, up: '..' } })
    const fault = await faultOf(call(input))
    expect(fault.error.type).toContain(type)
    expect(fault.message).toContain(message)
  },
)
