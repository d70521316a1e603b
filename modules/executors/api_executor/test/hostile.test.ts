/** What a hostile service, document or argument tries, beyond what has a file of its own: nothing is given away, nothing is eaten up. */
import { createServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { Cancelled, type JsonObject } from '@nexus/sdk'
import { Breaker } from '../transport/breaker.ts'
import { PerKey } from '../transport/per_key.ts'
import { echo, faultOf, listen, serve, setup, skippingClock } from './world.ts'
import { proto } from './grpc/service.ts'

const bearer = { bearer: { token: 'secret-token' } }

test('a card that redirects to another origin does not lead its authentication there', async () => {
  const heard: (string | undefined)[] = []
  const stranger = await serve((request, response) => {
    heard.push(request.headers.authorization)
    const url = `http://${request.headers.host}/rpc`
    response.end(
      request.method === 'GET'
        ? JSON.stringify({ url, preferredTransport: 'JSONRPC' })
        : JSON.stringify({ jsonrpc: '2.0', id: 1, result: {} }),
    )
  })
  const uri = await serve((_request, response) => response.writeHead(302, { location: stranger }).end())
  const { caller } = await setup()
  const endpoint = { uri, authentication: bearer }
  await caller('a2a')({ method: 'tasks/get', agentCard: { endpoint }, parameters: { id: '1' } })
  expect(heard).toEqual([undefined, undefined])
})

test('a proto file that redirects to another origin does not lead its authentication to what it imports', async () => {
  const heard: (string | undefined)[] = []
  const stranger = await serve((request, response) => {
    heard.push(request.headers.authorization)
    response.end(request.url === '/a.proto' ? `${proto}\nimport "b.proto";` : 'syntax = "proto3";')
  })
  const home = await serve((request, response) =>
    response.writeHead(302, { location: `${stranger}${request.url}` }).end(),
  )
  const { caller } = await setup()
  const endpoint = { uri: `${home}/a.proto`, authentication: bearer }
  const service = { name: 'Greeter', host: '127.0.0.1', port: 2 }
  await faultOf(caller('grpc')({ proto: { endpoint }, service, method: 'SayHello' }))
  expect(heard).toEqual([undefined, undefined])
})

test('headers that show who asks, and the name of a host, do not go to another origin', async () => {
  const { call } = await setup()
  const other = await serve(echo)
  const endpoint = await serve((_request, response) => response.writeHead(307, { location: other }).end())
  const headers = {
    'X-Api-Key': 'secret-1',
    'X-Auth-Token': 'secret-2',
    'Private-Token': 'secret-3',
    Host: 'inside.example',
    'X-Trace': 'kept',
  }
  const output = (await call({ method: 'post', endpoint, headers, redirect: true })) as JsonObject
  expect(JSON.stringify(output)).not.toContain('secret-')
  expect(output['headers']).toMatchObject({
    'x-trace': 'kept',
    'idempotency-key': 'key-1',
    host: new URL(other).host,
  })
})

test('secrets in headers and in the query stand in no recorded request, and in no fault', async () => {
  const { call } = await setup()
  const endpoint = await serve(echo)
  const headers = { 'x-api-key': 'secret-1', accept: 'text/plain' }
  const query = { api_key: 'secret-2', page: 2, access_token: 'secret-3' }
  const asked = { method: 'get', endpoint, headers, query }
  const { request } = (await call({ ...asked, output: 'response' })) as { request: JsonObject }
  expect(JSON.stringify(request)).not.toContain('secret-')
  expect(request).toMatchObject({
    uri: `${endpoint}/?api_key=***&page=2&access_token=***`,
    headers: { 'x-api-key': '***', accept: 'text/plain' },
  })
  const failing = await serve(({ headers: sent, url }, response) =>
    response.writeHead(500).end(`no: ${String(sent['x-api-key'])} ${url}`),
  )
  expect((await faultOf(call({ ...asked, endpoint: failing }))).message).not.toContain('secret-')
})

test.for(['htps://ada:secret@host.example/?key=secret', 'ftp://ada:secret@host.example/#secret'])(
  'a fault does not repeat what may be secret in the address %s',
  async (endpoint) => {
    const { call } = await setup()
    const { message } = await faultOf(call({ method: 'get', endpoint }))
    expect(message).toContain('host.example')
    expect(message).not.toContain('secret')
  },
)

test.for([
  ['Transfer-Encoding', 'chunked'],
  ['Connection', 'upgrade'],
  ['Upgrade', 'websocket'],
  ['Keep-Alive', 'timeout=5'],
  ['Proxy-Connection', 'close'],
  ['TE', 'trailers'],
  ['Trailer', 'x'],
  ['Expect', '100-continue'],
  ['Content-Length', '3'],
])('the header %s, which says where a message ends, is not for a task to set', async ([name, value]) => {
  const { call } = await setup()
  const endpoint = await serve(echo)
  const { error } = await faultOf(
    call({ method: 'post', endpoint, headers: { [String(name)]: String(value) }, body: 'a long body' }),
  )
  expect(error.type).toContain('validation')
  expect(error.detail).toContain(name)
})

test('a content-length that is right may be set', async () => {
  const { call } = await setup()
  const asked = { method: 'post', endpoint: await serve(echo), body: 'abc' }
  expect(await call({ ...asked, headers: { 'content-length': 3 } })).toMatchObject({ body: 'abc' })
})

test('half of a character in an address is a wrong argument', async () => {
  const { call } = await setup({ input: { name: '\ud800' } })
  const endpoint = `${await serve(echo)}/{name}`
  expect((await faultOf(call({ method: 'get', endpoint }))).message).toContain('half of a character')
})

test('an answer that is packed without end and unpacks to nothing is cut at its packed size', async () => {
  const { call } = await setup({ config: { max_response_mb: 1, timeout_ms: 20_000 } })
  const empty = Buffer.concat(Array.from({ length: 2_000 }, () => gzipSync('')))
  let sentBytes = 0
  const endpoint = await serve((_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' })
    const more = (): void => {
      while (!response.destroyed && response.write(empty)) sentBytes += empty.length
    }
    response.on('drain', more)
    more()
  })
  const fault = await faultOf(call({ method: 'get', endpoint }))
  expect(fault.message).toContain('answers with more than 1 MB')
  expect(sentBytes).toBeLessThan(8_000_000)
})

test('JSON that is nested without end is refused before it is read', async () => {
  const { call } = await setup()
  const deep = '['.repeat(400_000) + ']'.repeat(400_000)
  const endpoint = await serve((_request, response) =>
    response.setHeader('content-type', 'application/json').end(deep),
  )
  const { error } = await faultOf(call({ method: 'get', endpoint }))
  expect(error.type).toContain('communication')
  expect(error.detail).toContain('nested deeper than 1000 levels')
})

test('brackets in texts of JSON are no nesting', async () => {
  const { call } = await setup()
  const value = { a: `\\"${'['.repeat(5_000)}`, b: '\\' }
  const endpoint = await serve((_request, response) =>
    response.setHeader('content-type', 'application/json').end(JSON.stringify(value)),
  )
  expect(await call({ method: 'get', endpoint })).toEqual(value)
})

test('who is cancelled while a token is on its way says nothing of the authority', async () => {
  const asked = Promise.withResolvers<void>()
  let isHung = true
  const authority = await serve((_request, response) => {
    if (isHung) return asked.resolve()
    return response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ access_token: 'token', token_type: 'bearer' }))
  })
  const { call } = await setup({ config: { breaker_failures: 1 } })
  const oauth2 = { authority, grant: 'client_credentials', client: { id: 'a', secret: 'b' } }
  const endpoint = { uri: await serve(echo), authentication: { oauth2 } }
  const cancel = new AbortController()
  const waiting = call({ method: 'get', endpoint }, { signal: cancel.signal }).catch(
    (error: unknown) => error,
  )
  await asked.promise
  cancel.abort(new Cancelled())
  expect(await waiting).toBeInstanceOf(Cancelled)
  isHung = false
  expect(await call({ method: 'get', endpoint })).toMatchObject({ method: 'GET' })
})

const limits = { breakerFailures: 1, breakerProbes: 1, breakerOpenMs: 1_000 }

test('a request from before a breaker opened neither closes it nor lets a second one try', () => {
  const { clock, pass } = skippingClock()
  const breaker = new Breaker('a', limits, clock)
  const old = [breaker.admit(), breaker.admit(), breaker.admit()] as const
  old[0].ended('failure', 'it failed.')
  pass(1_000)
  const probe = breaker.admit()
  old[1].ended('neutral')
  expect(() => breaker.admit()).toThrow('one request is finding out')
  old[2].ended('success')
  expect(() => breaker.admit()).toThrow('one request is finding out')
  probe.ended('success')
  expect(() => breaker.admit()).not.toThrow()
})

test('origins that fail and never come again are forgotten', () => {
  const { clock } = skippingClock()
  const breakers = new PerKey((origin) => new Breaker(origin, { ...limits, breakerFailures: 2 }, clock))
  for (let n = 0; n < 5_000; n++) breakers.of(`http://host-${n}.example`).admit().ended('failure')
  expect(breakers.size).toBeLessThanOrEqual(1_000)
})

test('a gRPC service that never ends its handshake keeps no connection', async () => {
  const sockets = new Set<unknown>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    socket.resume()
  })
  const port = await listen(server)
  const { caller } = await setup({ config: { grpc_tls_ports: [port], timeout_ms: 300 } })
  const endpoint = await serve((_request, response) => response.end(proto))
  const service = { name: 'Greeter', host: '127.0.0.1', port }
  const fault = await faultOf(caller('grpc')({ proto: { endpoint }, service, method: 'SayHello' }))
  expect(fault.error).toMatchObject({ status: 504 })
  await expect.poll(() => sockets.size).toBe(0)
})

test.for(['http_proxy', 'https_proxy'])(
  'a %s whose password is not encoded is refused at once',
  async (key) => {
    const { module } = await setup()
    const problems = module.validateConfig({ [key]: 'http://ada:50%@proxy.example:3128' })
    expect(problems.join()).toContain(key)
    expect(problems.join()).not.toContain('50%')
  },
)

test('a cookie that an answer sets goes with no other request', async () => {
  const seen: (string | undefined)[] = []
  const endpoint = await serve((request, response) => {
    seen.push(request.headers.cookie)
    if (request.url === '/') response.writeHead(302, { location: '/next', 'set-cookie': 'session=1' }).end()
    else response.setHeader('set-cookie', 'session=2').end('here')
  })
  const { call } = await setup()
  for (let n = 0; n < 2; n++) await call({ method: 'get', endpoint, redirect: true })
  expect(seen).toEqual([undefined, undefined, undefined, undefined])
})

test('a token that was got here stands in no message that comes back, over any connection of a subscription', async () => {
  const authority = await serve((_request, response) =>
    response
      .setHeader('content-type', 'application/json')
      .end(JSON.stringify({ access_token: 'secret-token', token_type: 'bearer', expires_in: 3600 })),
  )
  const host = await serve((request, response) => {
    response.setHeader('content-type', 'text/event-stream')
    response.end(`data: ${request.headers.authorization}\n\n`)
  })
  const document = {
    asyncapi: '3.0.0',
    servers: { main: { host: new URL(host).host, protocol: 'http' } },
    channels: { chat: { address: 'a' } },
    operations: { talk: { channel: { $ref: '#/channels/chat' } } },
  }
  const endpoint = await serve((_request, response) => response.end(JSON.stringify(document)))
  const { caller } = await setup({ config: { reconnect_wait_ms: 1 } })
  const oauth2 = { authority, grant: 'client_credentials', client: { id: 'a', secret: 'b' } }
  const output = await caller('asyncapi')({
    document: { endpoint },
    operation: 'talk',
    authentication: { oauth2 },
    subscription: { consume: { amount: 2 } },
  })
  expect(output).toMatchObject([{ payload: 'Bearer ***' }, { payload: 'Bearer ***' }])
})

test('members that are called as those of every object are members like any other', async () => {
  const text =
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"hasOwnProperty":1}'
  const { call, callOpenApi } = await setup()
  const endpoint = await serve((_request, response) => {
    response.setHeader('constructor', 'a').setHeader('__proto__', 'b')
    response.setHeader('content-type', 'application/json').end(text)
  })
  const output = await call({ method: 'get', endpoint, output: 'response' })
  expect(output).toMatchObject({ statusCode: 200, headers: { constructor: 'a' } })
  expect(JSON.stringify((output as { content: unknown }).content)).toBe(text)
  const parameters = JSON.parse('{"__proto__": "a", "constructor": "b"}') as JsonObject
  const document = {
    openapi: '3.0.0',
    servers: [{ url: await serve(echo) }],
    paths: { '/a': { post: { operationId: 'add', requestBody: { content: { 'application/json': {} } } } } },
  }
  const described = `data:;base64,${Buffer.from(JSON.stringify(document)).toString('base64')}`
  const sent = await callOpenApi({ document: { endpoint: described }, operationId: 'add', parameters })
  expect((sent as { body: string }).body).toBe('{"__proto__":"a","constructor":"b"}')
  expect('polluted' in {}).toBe(false)
})
