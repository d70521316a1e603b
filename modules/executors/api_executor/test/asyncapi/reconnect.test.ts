/** Subscriptions that lose their broker: they come back, a few times, and say what happened when they do not. */
import { Aedes } from 'aedes'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTcpServer, type Server, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { Cancelled, systemClock, type Clock, type Json, type JsonObject } from '@nexus/sdk'
import { faultOf, listen, serve, setup } from '../world.ts'
import {
  evaluate,
  hasNats,
  serveDocument,
  startNats,
  startWebSocket,
  version3,
  type Described,
} from './world.ts'

/** A clock whose waits are over at once; it keeps them. */
function eagerClock() {
  const waitsMs: number[] = []
  const clock: Clock = {
    ...systemClock,
    sleep: (delayMs, signal) => {
      waitsMs.push(delayMs)
      return systemClock.sleep(1, signal)
    },
  }
  return { clock, waitsMs }
}

async function subscriber(described: Described, config: JsonObject = {}) {
  const { clock, waitsMs } = eagerClock()
  const world = await setup({ evaluate, config, clock })
  const endpoint = await serveDocument(version3(described))
  const call = (given: JsonObject, signal?: AbortSignal) =>
    world.caller('asyncapi')({ document: { endpoint }, operation: 'talk', ...given }, signal && { signal })
  const consume = (amount: number, signal?: AbortSignal) =>
    call({ subscription: { consume: { amount } } }, signal)
  return { call, consume, waitsMs, logs: world.logs }
}

const payloads = (output: Json) => (output as { payload: Json }[]).map(({ payload }) => payload)

test('over MQTT a subscription comes back to a broker that was away, and the log says so', async () => {
  const sockets = new Set<Socket>()
  let server: Server
  const broker = await Aedes.createBroker()
  onTestFinished(() => new Promise<void>((resolve) => broker.close(() => resolve())))
  const handle = (socket: Socket): void => void broker.handle(socket)
  const port = await listen((server = createTcpServer(handle)), sockets)
  let n = 0
  broker.on('subscribe', () => {
    const payload = Buffer.from(String(++n))
    broker.publish(
      { topic: 'a', payload, cmd: 'publish', qos: 0, dup: false, retain: false },
      () => void setImmediate(() => sockets.forEach((socket) => socket.destroy())),
    )
  })
  const { consume, logs, waitsMs } = await subscriber({ protocol: 'mqtt', port, address: 'a' })
  expect(payloads(await consume(3))).toEqual([1, 2, 3])
  expect(waitsMs.slice(0, 2)).toEqual([500, 500])
  expect(JSON.stringify(logs)).toContain('Try 1 of 5')
  expect(JSON.stringify(logs)).toContain('goes on')
  expect(server.listening).toBe(true)
})

test('each try in a row waits twice as long, and what happened is told in the end', async () => {
  const { port } = await startWebSocket((socket) => socket.close())
  const { consume, waitsMs } = await subscriber(
    { protocol: 'ws', port, address: 'a' },
    { reconnects: 3, reconnect_wait_ms: 100 },
  )
  const { error } = await faultOf(consume(1))
  expect(waitsMs).toEqual([100, 200, 400])
  expect(error.type).toContain('communication')
  expect(error.detail).toMatch(
    /was lost \(.*closed the connection.*\) and could not be kept again in 3 tries/,
  )
})

test('a server that says no when it is asked again is not asked any more', async () => {
  let asked = 0
  const listener: RequestListener = (_request, response) => {
    if (++asked > 1) return response.writeHead(403).end('go away')
    return response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: 1\n\n')
  }
  const port = Number(new URL(await serve(listener)).port)
  const { consume } = await subscriber({ protocol: 'http', port, address: 'a' })
  expect((await faultOf(consume(2))).error).toMatchObject({ status: 403 })
  expect(asked).toBe(2)
})

test('over HTTP a stream goes on after the last event that came', async () => {
  const seen: (string | undefined)[] = []
  const server = createServer((request, response) => {
    const last = request.headers['last-event-id']
    seen.push(typeof last === 'string' ? last : undefined)
    const id = Number(last ?? 0) + 1
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`id: ${id}\ndata: ${id}\n\n`)
  })
  const { consume } = await subscriber({ protocol: 'http', port: await listen(server), address: 'a' })
  expect(payloads(await consume(3))).toEqual([1, 2, 3])
  expect(seen.slice(0, 3)).toEqual([undefined, '1', '2'])
})

test('who cancels while a subscription waits for its broker ends it at once, and nothing is opened later', async () => {
  let opened = 0
  const { port } = await startWebSocket((socket) => {
    opened++
    socket.close()
  })
  const stop = new AbortController()
  const waiting = Promise.withResolvers<void>()
  const clock: Clock = {
    ...systemClock,
    sleep: (_delayMs, signal) => {
      waiting.resolve()
      return systemClock.sleep(3_600_000, signal)
    },
  }
  const { caller } = await setup({ evaluate, clock })
  const endpoint = await serveDocument(version3({ protocol: 'ws', port, address: 'a' }))
  const given = { document: { endpoint }, operation: 'talk', subscription: { consume: { amount: 1 } } }
  const running = caller('asyncapi')(given, { signal: stop.signal }).catch((error: unknown) => error)
  await waiting.promise
  stop.abort(new Cancelled())
  expect(await running).toBeInstanceOf(Cancelled)
  expect(opened).toBe(1)
})

test.for(['mqtt', 'mqtt5'])(
  'a packet without end over %s is cut at the size of an answer',
  async (protocol) => {
    const acknowledged = { mqtt: [0x20, 2, 0, 0], mqtt5: [0x20, 3, 0, 0, 0] }[protocol] ?? []
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined)
      socket.once('data', () => {
        socket.write(Buffer.from(acknowledged))
        // A PUBLISH of 250 MB.
        socket.write(Buffer.from([0x30, 0x80, 0x80, 0x80, 0x7d, 0, 1, 0x61]))
        const more = (): void => void (socket.write(Buffer.alloc(65_536)) && setImmediate(more))
        socket.on('drain', more)
        more()
      })
    })
    const port = await listen(server)
    const { consume } = await subscriber({ protocol, port, address: 'a' }, { max_response_mb: 1 })
    expect((await faultOf(consume(1))).message).toContain('a message of more than 1 MB')
  },
)

test('a message without end over NATS is cut at the size of an answer', async () => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined)
    socket.write(
      'INFO {"server_id":"x","version":"2.10.0","proto":1,"max_payload":1048576,"headers":true}\r\n',
    )
    socket.on('data', (data) => {
      for (const _ of data.toString().matchAll(/PING\r\n/g)) socket.write('PONG\r\n')
      const sid = /SUB a (\d+)\r\n/.exec(data.toString())?.[1]
      if (sid === undefined) return
      socket.write(`MSG a ${sid} 50000000\r\n`)
      const more = (): void => void (socket.write(Buffer.alloc(65_536)) && setImmediate(more))
      socket.on('drain', more)
      more()
    })
  })
  const port = await listen(server)
  const { consume } = await subscriber({ protocol: 'nats', port, address: 'a' }, { max_response_mb: 1 })
  expect((await faultOf(consume(1))).message).toContain('a message of more than 1 MB')
})

test('an event without end over HTTP is cut at the size of an answer', async () => {
  const endpoint = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: ')
    const more = (): void => {
      while (!response.destroyed && response.write('x'.repeat(65_536)));
    }
    response.on('drain', more)
    more()
  })
  const port = Number(new URL(endpoint).port)
  const { consume } = await subscriber({ protocol: 'http', port, address: 'a' }, { max_response_mb: 1 })
  expect((await faultOf(consume(1))).message).toContain('an event of more than 1 MB')
})

test.for([
  ['http', '..'],
  ['ws', '..'],
  ['mqtt', '#'],
  ['mqtt5', 'a/b'],
  ['nats', '>'],
  ['nats', 'a\r\nPUB b 0\r\n'],
])(
  'over %s a value of the input that would name another channel is refused: %j',
  async ([protocol, room]) => {
    const { caller } = await setup({ evaluate, input: { room: room ?? '' } })
    const endpoint = await serveDocument(
      version3({ protocol: protocol ?? '', port: 1, address: 'rooms.{room}' }),
    )
    const given = { document: { endpoint }, operation: 'talk', message: { payload: {} } }
    const { error } = await faultOf(caller('asyncapi')(given))
    expect(error.type).toContain('validation')
    expect(error.detail).toContain('would name another channel')
  },
)

test('over HTTP a value of the input is one segment of the address', async () => {
  const asked: (string | undefined)[] = []
  const listener: RequestListener = ({ url }, response) => {
    asked.push(url)
    response.end()
  }
  const port = Number(new URL(await serve(listener)).port)
  const { caller } = await setup({ input: { room: 'a/../b?c' } })
  const endpoint = await serveDocument(version3({ protocol: 'http', port, address: 'rooms/{room}' }))
  await caller('asyncapi')({ document: { endpoint }, operation: 'talk', message: { payload: {} } })
  expect(asked).toEqual(['/rooms/a%2F..%2Fb%3Fc'])
})

test.skipIf(!hasNats)('a queue of a binding that has spaces in it is refused', async () => {
  const port = await startNats()
  const bindings = { nats: { queue: 'q 1\r\nPUB x 0' } }
  const { consume } = await subscriber({ protocol: 'nats', port, address: 'a', bindings })
  expect((await faultOf(consume(1))).message).toContain('has spaces in it')
})
