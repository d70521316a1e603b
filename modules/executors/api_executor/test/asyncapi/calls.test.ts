import { connect as connectNats } from '@nats-io/transport-node'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import type { Json, JsonObject } from '@nexus/sdk'
import { outcome } from '@nexus/sdk/testing'
import { serve, setup } from '../world.ts'
import {
  evaluate,
  hasNats,
  serveDocument,
  startMqtt,
  startNats,
  startWebSocket,
  version2,
  version3,
  type Described,
} from './world.ts'

async function client(described: Described, world: Parameters<typeof setup>[0] = {}) {
  const { caller } = await setup({ evaluate, ...world })
  const endpoint = await serveDocument(version3(described))
  return (given: JsonObject) => caller('asyncapi')({ document: { endpoint }, operation: 'talk', ...given })
}

const three = { subscription: { consume: { amount: 3 } } }
const payloads = (output: Json) => (output as { payload: Json }[]).map(({ payload }) => payload)

test('a message is published to an MQTT broker, and messages are consumed from it', async () => {
  const { broker, port, subscribed } = await startMqtt()
  const call = await client({ protocol: 'mqtt', port, address: 'rooms/a' })
  const arrived = subscribed()
  const consuming = call(three)
  await arrived
  for (const payload of [{ n: 1 }, 'a text', { n: 3 }]) await call({ message: { payload } })
  expect(payloads(await consuming)).toEqual([{ n: 1 }, 'a text', { n: 3 }])
  await expect.poll(() => broker.connectedClients).toBe(0)
})

test.skipIf(!hasNats)('NATS carries messages with their headers, both ways', async () => {
  const port = await startNats()
  const watching = await connectNats({ servers: `127.0.0.1:${port}` })
  onTestFinished(() => watching.close())
  const call = await client({
    protocol: 'nats',
    port,
    address: 'rooms.a',
    message: { correlationId: { location: '$message.header#/trace' } },
  })
  const seen = watching.subscribe('rooms.a', { max: 1 })
  expect(await call({ message: { payload: { n: 1 }, headers: { trace: '7' } } })).toEqual({
    payload: { n: 1 },
    headers: { trace: '7' },
  })
  for await (const message of seen) expect(message.json()).toEqual({ n: 1 })
  const consuming = call(three)
  const publish = setIntervalOfMessages(watching)
  const output = (await consuming) as JsonObject[]
  publish.stop()
  expect(output).toHaveLength(3)
  expect(output[0]).toMatchObject({ payload: { n: expect.any(Number) } })
})

/** NATS keeps nothing: whoever is not there yet misses what comes, so it comes again. */
function setIntervalOfMessages(connection: Awaited<ReturnType<typeof connectNats>>) {
  let n = 0
  let isOn = true
  const next = (): void => {
    if (!isOn) return
    connection.publish('rooms.a', JSON.stringify({ n: n++ }))
    void connection.flush().then(() => setImmediate(next))
  }
  next()
  return { stop: () => void (isOn = false) }
}

test.skipIf(!hasNats)('NATS asks for a user or a token', async () => {
  const byUser = await startNats(['--user', 'u', '--pass', 'p'])
  const call = await client({ protocol: 'nats', port: byUser, address: 'a' })
  await call({ message: { payload: {} }, authentication: { basic: { username: 'u', password: 'p' } } })
  await expect(call({ message: { payload: {} } })).rejects.toThrow(/cannot be used/)
  const byToken = await startNats(['--auth', 'word'])
  const other = await client({ protocol: 'nats', port: byToken, address: 'a' })
  await other({ message: { payload: {} }, authentication: { bearer: { token: 'word' } } })
})

test('a frame of a WebSocket is a message, also one that comes with the connection', async () => {
  const heard: string[] = []
  const { port, asked } = await startWebSocket((socket) => {
    socket.on('message', (data: Buffer) => void heard.push(data.toString()))
    for (const n of [1, 2, 3, 4]) socket.send(JSON.stringify({ n }))
  })
  const call = await client({ protocol: 'ws', port, address: '/rooms/a' })
  expect(payloads(await call(three))).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }])
  await call({ message: { payload: { hi: 1 } }, authentication: { bearer: { token: 'word' } } })
  expect(heard).toEqual(['{"hi":1}'])
  expect(asked).toEqual([
    { url: '/rooms/a', authorization: undefined },
    { url: '/rooms/a', authorization: 'Bearer word' },
  ])
})

async function httpServer(
  answer: (request: IncomingMessage, response: ServerResponse, times: number) => void,
) {
  let times = 0
  const asked: JsonObject[] = []
  const answerTo = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = '', url = '', headers } = request
    asked.push({ method, url, headers: { ...headers } as JsonObject, body: await text(request) })
    answer(request, response, ++times)
  }
  const host = await serve((request, response) => void answerTo(request, response))
  return { port: Number(new URL(host).port), asked }
}

test('over HTTP a message is posted, with its headers and its authentication', async () => {
  const { port, asked } = await httpServer((_request, response) => response.writeHead(202).end())
  const call = await client({ protocol: 'http', port, address: '/rooms/a' })
  await call({
    message: { payload: { n: 1 }, headers: { Foo: 'bar' } },
    authentication: { basic: { username: 'u', password: 'p' } },
  })
  expect(asked).toEqual([
    {
      method: 'POST',
      url: '/rooms/a',
      body: '{"n":1}',
      headers: expect.objectContaining({
        foo: 'bar',
        'content-type': 'application/json',
        'idempotency-key': 'key-1',
        authorization: `Basic ${btoa('u:p')}`,
      }),
    },
  ])
})

test('the binding of an operation says the method', async () => {
  const { port, asked } = await httpServer((_request, response) => response.end())
  const call = await client({ protocol: 'http', port, address: 'a', bindings: { http: { method: 'PUT' } } })
  await call({ message: { payload: {} } })
  expect(asked[0]).toMatchObject({ method: 'PUT', url: '/a' })
})

test('over HTTP messages are server-sent events', async () => {
  const { port } = await httpServer((_request, response) => {
    response.setHeader('content-type', 'text/event-stream')
    for (const n of [1, 2, 3, 4]) response.write(`id: ${n}\nevent: said\ndata: {"n":${n}}\n\n`)
  })
  const call = await client({ protocol: 'http', port, address: '/rooms/a' })
  expect(await call({ subscription: { consume: { amount: 2 } } })).toEqual([
    { payload: { n: 1 }, headers: { id: '1', event: 'said' } },
    { payload: { n: 2 }, headers: { id: '2', event: 'said' } },
  ])
})

test('over HTTP a server without events is asked again and again', async () => {
  const { port } = await httpServer((_request, response, times) => {
    if (times === 2) return response.writeHead(204).end()
    response.end(JSON.stringify({ n: times }))
  })
  const { clock } = await import('../world.ts').then(({ skippingClock }) => skippingClock())
  const call = await client({ protocol: 'http', port, address: '/a' }, { clock })
  expect(payloads(await call(three))).toEqual([{ n: 1 }, { n: 3 }, { n: 4 }])
})

const counting = () =>
  startWebSocket((socket) => {
    for (let n = 1; n <= 20; n++) socket.send(JSON.stringify({ n }))
  })

test('a filter takes what it is true for; amount counts what was taken', async () => {
  const { port } = await counting()
  const call = await client({ protocol: 'ws', port, address: 'a' })
  const consume = { amount: 3 }
  expect(payloads(await call({ subscription: { filter: '${ .payload.n % 2 == 0 }', consume } }))).toEqual([
    { n: 2 },
    { n: 4 },
    { n: 6 },
  ])
})

test('`while` goes on as long as it is true after a message, `until` until it is true before one', async () => {
  const { port } = await counting()
  const call = await client({ protocol: 'ws', port, address: 'a' })
  expect(await call({ subscription: { consume: { while: '${ length < 2 }' } } })).toHaveLength(2)
  expect(await call({ subscription: { consume: { until: '${ length == 4 }' } } })).toHaveLength(4)
  expect(await call({ subscription: { consume: { until: '${ length == 0 }' } } })).toHaveLength(0)
  expect(await call({ subscription: { consume: { amount: 0 } } })).toHaveLength(0)
})

test('after its time a subscription gives what came until then', async () => {
  const { port } = await startWebSocket((socket) => socket.send('{"n":1}'))
  const call = await client({ protocol: 'ws', port, address: 'a' })
  const consume = { amount: 5, for: { milliseconds: 300 } }
  expect(payloads(await call({ subscription: { consume } }))).toEqual([{ n: 1 }])
})

test('each message is handled before the next, in a place of its own at each attempt', async () => {
  const { port } = await counting()
  const handled: [Json, unknown, unknown][] = []
  const world = {
    tasks: {
      do: (input: Json, { path, variables }: { path?: unknown; variables?: unknown }) => {
        handled.push([input, path, variables])
        return handled.length === 2 ? outcome('last', { then: 'end' }) : 'done'
      },
    },
  }
  const call = await client({ protocol: 'ws', port, address: 'a' }, world)
  const foreach = { item: 'message', at: 'place', do: [] }
  expect(await call({ subscription: { consume: { while: 'true' }, foreach } })).toEqual(['done', 'last'])
  const message = { payload: { n: 2 }, headers: {} }
  expect(handled[1]).toEqual([message, ['attempt', 1, 'message', 1], { message, place: 1 }])
})

test('a channel of AsyncAPI 2 is published to and consumed from', async () => {
  const { port, subscribed } = await startMqtt()
  const { caller } = await setup({ evaluate })
  const endpoint = await serveDocument(version2({ protocol: 'mqtt', port, address: '/notifications' }))
  const call = (given: JsonObject) =>
    caller('asyncapi')({ document: { endpoint }, channel: '/notifications', ...given })
  const arrived = subscribed()
  const consuming = call({ subscription: { consume: { amount: 1 } } })
  await arrived
  await call({ message: { payload: { n: 1 } } })
  expect(payloads(await consuming)).toEqual([{ n: 1 }])
})

test('the correlation id is where the document says', async () => {
  const { port } = await startWebSocket((socket) => socket.send('{"meta":{"trace":"7"}}'))
  const message = { correlationId: { location: '$message.payload#/meta/trace' } }
  const call = await client({ protocol: 'ws', port, address: 'a', message })
  expect(await call({ subscription: { consume: { amount: 1 } } })).toMatchObject([{ correlationId: '7' }])
})

test('a document may be YAML, its server chosen by protocol, with variables and parameters filled in', async () => {
  const { port, asked } = await httpServer((_request, response) => response.end())
  const endpoint = await serveDocument(`
asyncapi: 3.0.0
servers:
  broker: { host: 'broker.example.com', protocol: kafka }
  api:
    host: 'localhost:{port}'
    pathname: /{stage}
    protocol: http
    variables: { port: {}, stage: { default: dev, enum: [dev, live] } }
channels:
  room: { address: 'rooms/{room}', parameters: { room: {} } }
operations:
  talk: { action: send, channel: { $ref: '#/channels/room' } }
`)
  const { caller } = await setup({ input: { room: 'a b' } })
  const call = (server: JsonObject) =>
    caller('asyncapi')({ document: { endpoint }, operation: 'talk', message: { payload: {} }, ...server })
  await call({ server: { name: 'api', variables: { port: String(port), stage: 'live' } } })
  expect(asked[0]).toMatchObject({ url: '/live/rooms/a%20b' })
  await expect(call({ server: { name: 'api', variables: { port: '1', stage: 'x' } } })).rejects.toThrow(
    /one of dev, live/,
  )
  await expect(call({ protocol: 'http' })).rejects.toThrow(/needs a value for its variable "port"/)
  await expect(call({})).rejects.toThrow(
    /"kafka" of the server "broker" is not spoken by api_executor, which speaks http, ws, nats, mqtt, mqtt5/,
  )
})
