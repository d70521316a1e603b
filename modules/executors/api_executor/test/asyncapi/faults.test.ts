import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { Cancelled, type JsonObject } from '@nexus/sdk'
import { faultOf, listen, serve, setup } from '../world.ts'
import {
  evaluate,
  hasNats,
  serveDocument,
  startMqtt,
  startNats,
  startWebSocket,
  version2,
  version3,
} from './world.ts'

type World = NonNullable<Parameters<typeof setup>[0]>

async function client(protocol: string, port: number, world: World = {}) {
  const { caller } = await setup({ evaluate, ...world })
  const endpoint = await serveDocument(version3({ protocol, port, address: 'a' }))
  return (given: JsonObject = { subscription: { consume: { amount: 1 } } }, signal?: AbortSignal) =>
    caller('asyncapi')({ document: { endpoint }, operation: 'talk', ...given }, signal && { signal })
}

const publishing = { message: { payload: {} } }
const all = ['http', 'ws', 'nats', 'mqtt', 'mqtt5']

test.each(all)('nobody who listens is a fault over %s', async (protocol) => {
  const call = await client(protocol, 1)
  for (const given of [publishing, undefined]) {
    const { error } = await faultOf(call(given))
    expect(error.type).toContain('communication')
    expect(error.detail).toMatch(/localhost|127\.0\.0\.1/)
  }
})

test.each(all)(
  'a server that takes the connection and says nothing is given up in time over %s',
  async (protocol) => {
    const call = await client(protocol, await listen(createServer()), { config: { timeout_ms: 300 } })
    for (const given of [publishing, undefined])
      expect((await faultOf(call(given))).error.type).toContain('communication')
  },
)

test.each(all)(
  'a server that closes at once, or speaks another protocol, is a fault over %s',
  async (protocol) => {
    for (const words of ['', 'SSH-2.0-OpenSSH_9.9\r\n', '\0\0\0\0\xff\xff\xff\xff'.repeat(100)]) {
      const port = await listen(createServer((socket) => void socket.on('error', () => undefined).end(words)))
      const call = await client(protocol, port, { config: { timeout_ms: 3_000 } })
      expect((await faultOf(call())).error.type).toContain('communication')
    }
  },
)

test.each(all)('private addresses are not reached where the policy forbids it, over %s', async (protocol) => {
  const connected: unknown[] = []
  const port = await listen(createServer((socket) => void connected.push(socket.destroy())))
  const document = version3({ protocol, port, address: 'a' })
  const { caller } = await setup({ private: false, evaluate })
  const endpoint = `data:application/json;base64,${Buffer.from(JSON.stringify(document)).toString('base64')}`
  const given = { document: { endpoint }, operation: 'talk' }
  for (const work of [publishing, { subscription: { consume: { amount: 1 } } }])
    expect((await faultOf(caller('asyncapi')({ ...given, ...work }))).error.type).toContain('authorization')
  expect(connected).toEqual([])
})

test('a connection that breaks in the middle of a subscription is a fault where it may not be opened again', async () => {
  const once: World = { config: { reconnects: 0 } }
  const { port } = await startWebSocket((socket) => socket.send('1', () => socket.terminate()))
  const call = await client('ws', port, once)
  expect((await faultOf(call({ subscription: { consume: { amount: 2 } } }))).message).toContain(
    'closed the connection',
  )
  const { broker, port: mqtt, subscribed } = await startMqtt()
  const other = await client('mqtt', mqtt, once)
  const arrived = subscribed()
  const consuming = faultOf(other())
  const [, broken] = await arrived
  broken.close()
  expect((await consuming).message).toContain('closed the connection')
  expect(broker.closed).toBe(false)
})

test('an MQTT broker that refuses who asks is a fault', async () => {
  const { port } = await startMqtt((_client, name, word, done) =>
    done(null, name === 'u' && String(word) === 'p'),
  )
  const call = await client('mqtt', port)
  expect((await faultOf(call(publishing))).message).toContain('Not authorized')
  await call({ ...publishing, authentication: { basic: { username: 'u', password: 'p' } } })
})

test('cancelling ends a subscription, and its connection', async () => {
  const { broker, port, subscribed } = await startMqtt()
  const call = await client('mqtt', port)
  const stop = new AbortController()
  const arrived = subscribed()
  const running = call(undefined, stop.signal).catch((error: unknown) => error)
  await arrived
  stop.abort(new Cancelled())
  expect(await running).toBeInstanceOf(Cancelled)
  await expect.poll(() => broker.connectedClients).toBe(0)
})

test('a flood is cut: by number of what waits, by its size, by the size of one message', async () => {
  const { port } = await startWebSocket((socket) => {
    for (let n = 0; n < 5_000 && socket.readyState === socket.OPEN; n++) socket.send('x'.repeat(1_000))
  })
  const never = { subscription: { filter: '.payload.n % 2 == 0', consume: { amount: 1 } } }
  const slow: World = {
    config: { max_messages: 100 },
    tasks: { do: async () => new Promise((resolve) => setTimeout(resolve, 300, 'done')) },
  }
  const many = await client('ws', port, slow)
  const foreach = { subscription: { consume: { amount: 5_000 }, foreach: { do: [] } } }
  expect((await faultOf(many(foreach))).message).toContain('More messages came than are kept')
  const large = await startWebSocket((socket) => socket.send('x'.repeat(2_000_000)))
  const bounded = await client('ws', large.port, { config: { max_response_mb: 1 } })
  expect((await faultOf(bounded(never))).message).toMatch(/Max payload|closed the connection/)
})

test('deep JSON, bytes that are no text, and headers of a stranger are messages like any other', async () => {
  const { port } = await startWebSocket((socket) => {
    socket.send(Buffer.from([0xff, 0xfe, 0x00]))
    socket.send('{"__proto__": {"polluted": true}}')
    socket.send('{')
  })
  const call = await client('ws', port)
  expect(await call({ subscription: { consume: { amount: 3 } } })).toHaveLength(3)
  expect('polluted' in {}).toBe(false)
})

test('what a protocol cannot carry is refused before anything is sent', async () => {
  const { port } = await startMqtt()
  const withHeaders = { message: { payload: {}, headers: { a: 'b' } } }
  expect((await faultOf((await client('mqtt', port))(withHeaders))).message).toContain('protocol: mqtt5')
  expect((await faultOf((await client('ws', port))(withHeaders))).message).toContain('no headers')
  const digest = { ...publishing, authentication: { digest: { username: 'u', password: 'p' } } }
  expect((await faultOf((await client('mqtt', port))(digest))).error.type).toContain('configuration')
})

test('a status that is no success is a fault over HTTP', async () => {
  const host = await serve((_request, response) => response.writeHead(503).end('busy'))
  const call = await client('http', Number(new URL(host).port))
  for (const given of [publishing, undefined])
    expect((await faultOf(call(given))).error).toMatchObject({
      status: 503,
      detail: expect.stringContaining('busy'),
    })
})

test.each([
  ['kafka', /"kafka".* speaks http, ws, nats, mqtt, mqtt5/],
  ['natz', /Did you mean "nats"\?/],
])('the protocol %s is refused with what is spoken', async (protocol, why) => {
  const call = await client('http', 1)
  const { error } = await faultOf(call({ ...publishing, protocol }))
  expect(error.type).toContain('configuration')
  expect(error.detail).toMatch(why)
})

test.each([
  ['no JSON and no YAML', '{{', 'not an AsyncAPI document'],
  ['another version', '{"asyncapi":"1.2.0"}', 'neither 2 nor 3'],
  ['no object', '[]', 'it is not an object'],
  [
    'a reference into another document',
    '{"asyncapi":"3.0.0","operations":{"talk":{"channel":{"$ref":"https://x#/a"}}}}',
    'another document',
  ],
  [
    'a circle of references',
    '{"asyncapi":"3.0.0","operations":{"talk":{"$ref":"#/operations/talk"}}}',
    'leads back to itself',
  ],
  ['no such operation', '{"asyncapi":"3.0.0","operations":{"tall":{}}}', 'Did you mean "tall"?'],
  [
    'no server',
    '{"asyncapi":"3.0.0","channels":{"c":{"address":"a"}},"operations":{"talk":{"channel":{"$ref":"#/channels/c"}}}}',
    'no server',
  ],
])('a document with %s is refused', async (_what, text, why) => {
  const { caller } = await setup()
  const endpoint = await serveDocument(text)
  const fault = await faultOf(
    caller('asyncapi')({ document: { endpoint }, operation: 'talk', ...publishing }),
  )
  expect(fault.message).toContain(why)
})

test('channel and operation belong to a version each', async () => {
  const { caller } = await setup()
  const described = { protocol: 'http', port: 1, address: 'a' }
  const two = await serveDocument(version2(described))
  const three = await serveDocument(version3(described))
  const fault = (endpoint: string, given: JsonObject) =>
    faultOf(caller('asyncapi')({ document: { endpoint }, ...publishing, ...given }))
  expect((await fault(two, { operation: 'talk' })).message).toContain('AsyncAPI 2: a call names a `channel`')
  expect((await fault(three, { channel: 'a' })).message).toContain('AsyncAPI 3: a call names an `operation`')
})

test.skipIf(!hasNats)('a subscription to NATS that nothing comes from ends with its time', async () => {
  const port = await startNats()
  const call = await client('nats', port)
  const consume = { amount: 1, for: { milliseconds: 200 } }
  expect(await call({ subscription: { consume } })).toEqual([])
})
