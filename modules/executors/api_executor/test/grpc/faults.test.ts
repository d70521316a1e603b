import { once } from 'node:events'
import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { Cancelled, type JsonObject, type Policy } from '@nexus/sdk'
import { faultOf, listen, serve, setup } from '../world.ts'
import { proto, protoFiles, startService } from './service.ts'

async function greeter(
  own: Parameters<typeof startService>[0] = {},
  { config = {}, policy }: { config?: JsonObject; policy?: Policy } = {},
) {
  const { port, seen } = await startService(own)
  return { port, seen, ...(await caller(port, { config, ...(policy && { policy }) })) }
}

async function caller(
  port: number,
  world: { config?: JsonObject; policy?: Policy } = {},
  files = { 'greet.proto': proto },
) {
  const made = await setup(world)
  const endpoint = protoFiles(files)
  const call = (method: string, given: JsonObject = {}, own: JsonObject = {}, signal?: AbortSignal) =>
    made.caller('grpc')(
      {
        proto: { endpoint },
        service: { name: 'GreeterApi.Greeter', host: 'localhost', port, ...(own['service'] as JsonObject) },
        method,
        arguments: given,
      },
      signal && { signal },
    )
  return { call, endpoint }
}

test.each([
  [3, 400, 'communication', 'INVALID_ARGUMENT'],
  [5, 404, 'communication', 'NOT_FOUND'],
  [7, 403, 'authorization', 'PERMISSION_DENIED'],
  [8, 429, 'communication', 'RESOURCE_EXHAUSTED'],
  [12, 501, 'communication', 'UNIMPLEMENTED'],
  [14, 503, 'communication', 'UNAVAILABLE'],
  [16, 401, 'authentication', 'UNAUTHENTICATED'],
])('status %i of a service is a fault with status %i of type %s', async (code, status, type, name) => {
  const { call, port } = await greeter({
    SayHello: (_call, answer) => answer({ code, details: 'its words' }),
  })
  const { error } = await faultOf(call('SayHello'))
  expect(error.type.endsWith(`/${type}`)).toBe(true)
  expect(error.status).toBe(status)
  expect(error.detail).toBe(
    `GreeterApi.Greeter/SayHello at localhost:${port} answered ${name} (${code}): its words`,
  )
})

test('a stream that ends with an error is a fault, whatever came before', async () => {
  const { call } = await greeter({
    Count(stream) {
      stream.write({ message: 'one' })
      stream.emit('error', { code: 10, details: 'no more' })
    },
  })
  expect((await faultOf(call('Count'))).message).toContain('ABORTED (10): no more')
})

test('nobody who listens is a fault that says so', async () => {
  const { call } = await caller(1)
  const { error } = await faultOf(call('SayHello'))
  expect(error.status).toBe(503)
  expect(error.detail).toContain('ECONNREFUSED')
})

test('a service that never answers is given up in time, and the call is closed', async () => {
  const silent = Promise.withResolvers<void>()
  const { call, seen } = await greeter(
    { SayHello: (stream) => void stream.on('cancelled', () => silent.resolve()) },
    { config: { timeout_ms: 200 } },
  )
  const { error } = await faultOf(call('SayHello'))
  expect(error.status).toBe(504)
  expect(error.type).toContain('communication')
  await silent.promise
  expect(seen.cancelled).toEqual(['SayHello'])
})

test('a server that takes the connection and says nothing is given up in time', async () => {
  const port = await listen(createServer())
  const { call } = await caller(port, { config: { timeout_ms: 200 } })
  expect((await faultOf(call('SayHello'))).error.status).toBe(504)
})

test('a server that speaks another protocol, or closes at once, is a fault', async () => {
  for (const answer of ['HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi', '']) {
    const port = await listen(createServer((socket) => void socket.on('error', () => undefined).end(answer)))
    const { call } = await caller(port, { config: { timeout_ms: 5_000 } })
    expect((await faultOf(call('SayHello'))).error.type).toContain('communication')
  }
})

test('cancelling closes the call', async () => {
  const arrived = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  const { call } = await greeter({
    SayHello(stream) {
      stream.on('cancelled', () => closed.resolve())
      arrived.resolve()
    },
  })
  const stop = new AbortController()
  const running = call('SayHello', {}, {}, stop.signal).catch((error: unknown) => error)
  await arrived.promise
  stop.abort(new Cancelled())
  expect(await running).toBeInstanceOf(Cancelled)
  await closed.promise
})

test('a stream without end is cut by number, and by size', async () => {
  const closed: Promise<unknown>[] = []
  const endless = (size: number) => ({
    Count(stream: Parameters<NonNullable<Parameters<typeof startService>[0]>[string]>[0]) {
      closed.push(once(stream, 'cancelled'))
      const more = (): void => {
        while (!stream.cancelled && stream.write({ message: 'x'.repeat(size) }));
        if (!stream.cancelled) stream.once('drain', more)
      }
      more()
    },
  })
  const many = await greeter(endless(10), { config: { max_messages: 100 } })
  expect((await faultOf(many.call('Count'))).message).toContain('more than 100 messages')
  const large = await greeter(endless(100_000), { config: { max_response_mb: 1 } })
  expect((await faultOf(large.call('Count'))).message).toContain('more than 1 MB')
  await Promise.all(closed)
})

test('a message that is too large is a fault', async () => {
  const { call } = await greeter(
    { SayHello: (_call, answer) => answer(null, { message: 'x'.repeat(2_000_000) }) },
    { config: { max_response_mb: 1 } },
  )
  expect((await faultOf(call('SayHello'))).error).toMatchObject({ status: 429 })
})

test('an answer that is nested too deep, or is no message, is a fault', async () => {
  let deep: JsonObject = {}
  for (let depth = 0; depth < 500; depth++) deep = { inner: deep }
  const nested = await greeter()
  expect((await faultOf(nested.call('Echo', deep))).error.type).toMatch(/validation|communication/)
})

test('arguments that do not fit are refused, and the fields named', async () => {
  const { call, seen } = await greeter()
  const { error } = await faultOf(call('SayHello', { nam: 'x' }))
  expect(error.type).toContain('validation')
  expect(error.detail).toMatch(
    /arguments does not fit GreeterApi.Greeter\/SayHello: .*nam.* HelloRequest has name, count\./,
  )
  expect((await faultOf(call('SayHello', { count: 'many' }))).message).toContain('count')
  expect((await faultOf(call('Echo', { mood: 'ANGRY' }))).message).toContain('ANGRY')
  expect((await faultOf(call('Join', { name: 'x' }))).message).toContain('{messages: [...]}')
  expect((await faultOf(call('Join', { messages: [{}, { x: 1 }] }))).message).toContain(
    'arguments.messages[1]',
  )
  expect(seen.metadata).toEqual([])
})

test('a service or a method that is not there is refused with the nearest name', async () => {
  const { call } = await greeter()
  expect((await faultOf(call('SayHelo'))).message).toBe(
    'GreeterApi.Greeter has no method "SayHelo". Did you mean "SayHello"?',
  )
  expect((await faultOf(call('SayHello', {}, { service: { name: 'GreeterApi.Greter' } }))).message).toContain(
    'Did you mean "GreeterApi.Greeter"?',
  )
  expect((await faultOf(call('constructor'))).message).toContain('has no method "constructor"')
})

test('digest is refused before anything is sent', async () => {
  const { call, seen } = await greeter()
  const authentication = { digest: { username: 'u', password: 'p' } }
  expect((await faultOf(call('SayHello', {}, { service: { authentication } }))).error.type).toContain(
    'configuration',
  )
  expect(seen.metadata).toEqual([])
})

test.each([
  ['outside of its folder', 'import "../secrets.proto";', 'not beside it or below'],
  ['by an absolute path', 'import "/etc/passwd";', 'not beside it or below'],
  ['by a file address', 'import "file:///etc/passwd";', 'not beside it or below'],
  ['by a coded way out', 'import "%2e%2e/secrets.proto";', 'not beside it or below'],
  ['from another host', 'import "https://example.com/x.proto";', 'not beside it or below'],
  ['that is not there', 'import "missing.proto";', 'there is no such file'],
])('a proto file that imports one %s is refused', async (_what, line, why) => {
  const { call } = await caller(1, {}, { 'greet.proto': `syntax = "proto3"; ${line}` })
  const { error } = await faultOf(call('SayHello'))
  expect(error.type).toContain('configuration')
  expect(error.detail).toContain(why)
})

test('a proto file that imports itself is read once', async () => {
  const { call } = await caller(
    1,
    {},
    { 'greet.proto': `syntax = "proto3"; import "greet.proto"; message A {}` },
  )
  expect((await faultOf(call('SayHello'))).message).toContain('no service "GreeterApi.Greeter"')
})

test('proto files that import each other without end are refused', async () => {
  let next = 0
  const host = await serve((_request, response) =>
    response.end(`syntax = "proto3"; import "${++next}.proto";`),
  )
  const { caller: call } = await setup()
  const given = {
    proto: { endpoint: `${host}/0.proto` },
    service: { name: 'A', host: 'localhost', port: 1 },
    method: 'B',
  }
  expect((await faultOf(call('grpc')(given))).message).toContain('imports more than')
})

test('a file that is no proto file is refused, and no word of it repeated', async () => {
  const { call } = await caller(1, {}, { 'greet.proto': 'root:x:0:0:hidden:/root:/bin/bash' })
  const { message } = await faultOf(call('SayHello'))
  expect(message).toContain('line 1 cannot be parsed')
  expect(message).not.toMatch(/hidden|bash|root:/)
  const nested = await caller(1, {}, { 'greet.proto': 'message A {'.repeat(50_000) })
  expect((await faultOf(nested.call('SayHello'))).message).toContain('nested deeper')
})

test('private addresses are not reached where the policy forbids it', async () => {
  const policy = { network: { private: false }, programs: { allow: undefined, deny: [] } }
  const { call, seen } = await greeter({}, { policy })
  for (const host of ['localhost', '127.0.0.1', '2130706433']) {
    const { error } = await faultOf(call('SayHello', {}, { service: { host } }))
    expect(error.type).toContain('authorization')
  }
  expect(seen.metadata).toEqual([])
})
