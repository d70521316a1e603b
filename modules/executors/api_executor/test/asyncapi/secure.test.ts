/** The protocols of AsyncAPI over TLS and over WebSocket, with the certificates that the operator has given, and MQTT 5. */
import { Aedes } from 'aedes'
import { generate, parser, type IPublishPacket, type Packet } from 'mqtt-packet'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import type { Duplex } from 'node:stream'
import { createServer as createTlsServer, type TlsOptions } from 'node:tls'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createWebSocketStream, WebSocketServer } from 'ws'
import type { Json, JsonObject } from '@nexus/sdk'
import { selfSigned } from '../transport/certificate.ts'
import { faultOf, listen, setup } from '../world.ts'
import { evaluate, hasNats, serveDocument, startNats, version2, version3 } from './world.ts'

const service = selfSigned({ hosts: ['localhost'] })
const client = selfSigned({ hosts: ['client.example'] })
const trusting = { tls_ca: service.cert }
const known = { ...trusting, tls_clients: [{ hosts: ['localhost'], cert: client.cert, key: client.key }] }
/** Only whoever has the client's certificate is let in. */
const strict: TlsOptions = { ...service, requestCert: true, ca: [client.cert], rejectUnauthorized: true }

async function startBroker() {
  const broker = await Aedes.createBroker()
  onTestFinished(() => new Promise<void>((resolve) => broker.close(() => resolve())))
  return broker
}

async function brokerOverTls(options: TlsOptions = service): Promise<number> {
  const broker = await startBroker()
  return listen(createTlsServer(options, (socket) => void broker.handle(socket)))
}

async function brokerOverWebSocket(options?: TlsOptions) {
  const broker = await startBroker()
  const server = options ? createHttpsServer(options) : createHttpServer()
  const sockets = new WebSocketServer({ server, handleProtocols: () => 'mqtt' })
  const paths: (string | undefined)[] = []
  sockets.on('connection', (socket, request) => {
    paths.push(request.url)
    const stream = createWebSocketStream(socket)
    stream.on('error', () => undefined)
    void broker.handle(stream, request)
  })
  onTestFinished(() => {
    sockets.clients.forEach((one) => one.terminate())
    sockets.close()
  })
  return { port: await listen(server), paths }
}

async function calling(document: JsonObject, config: JsonObject = {}) {
  const { caller } = await setup({ evaluate, config: { ...config, reconnects: 0, timeout_ms: 10_000 } })
  const endpoint = await serveDocument(document)
  const own = document['asyncapi'] === '3.0.0' ? { operation: 'talk' } : { channel: 'rooms/a' }
  return (given: JsonObject) => caller('asyncapi')({ document: { endpoint }, ...own, ...given })
}

/** A retained message is there for whoever comes later. */
const retained = { mqtt: { qos: 1, retain: true } }
const one = { subscription: { consume: { amount: 1 } } }
const publishing = { message: { payload: { n: 1 } } }
const payloads = (output: Json) => (output as { payload: Json }[]).map(({ payload }) => payload)

test('MQTT over TLS trusts whom the operator trusts, and nobody else', async () => {
  const port = await brokerOverTls()
  const described = { protocol: 'mqtts', port, address: 'rooms/a', bindings: retained }
  const stranger = await calling(version3(described))
  expect((await faultOf(stranger(publishing))).message).toContain('self-signed certificate')
  const call = await calling(version3(described), trusting)
  await call(publishing)
  expect(payloads(await call(one))).toEqual([{ n: 1 }])
})

test('a client certificate is shown to the hosts that it is for, over MQTT', async () => {
  const port = await brokerOverTls(strict)
  const described = { protocol: 'mqtts', port, address: 'rooms/a', bindings: retained }
  const call = await calling(version3(described), known)
  await call(publishing)
  expect(payloads(await call(one))).toEqual([{ n: 1 }])
  await faultOf((await calling(version3(described), trusting))(publishing))
  const elsewhere = [{ hosts: ['*.localhost', 'other.example'], cert: client.cert, key: client.key }]
  await faultOf((await calling(version3(described), { ...trusting, tls_clients: elsewhere }))(publishing))
})

test.for([
  ['mqtt+ws', undefined],
  ['mqtt+wss', service],
  ['mqtt+wss', strict],
] as const)('%s is MQTT within a WebSocket', async ([protocol, options]) => {
  const { port, paths } = await brokerOverWebSocket(options)
  const call = await calling(version3({ protocol, port, address: 'rooms/a', bindings: retained }), known)
  await call(publishing)
  expect(payloads(await call(one))).toEqual([{ n: 1 }])
  expect(paths).toEqual(['/mqtt', '/mqtt'])
})

test('an address that begins with ws says so too, and may have a path', async () => {
  const { port, paths } = await brokerOverWebSocket()
  const document = version2({ protocol: 'mqtt', port, address: 'rooms/a', bindings: retained })
  const servers = { main: { url: `ws://localhost:${port}/broker`, protocol: 'mqtt' } }
  const call = await calling({ ...document, servers })
  await call(publishing)
  expect(payloads(await call(one))).toEqual([{ n: 1 }])
  expect(paths).toEqual(['/broker', '/broker'])
})

/** The library ends with its process; files of certificates are what it takes. */
function files(contents: Readonly<Record<string, string>>): (name: string) => string {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-nats-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  for (const [name, text] of Object.entries(contents)) writeFileSync(join(folder, name), text)
  return (name) => join(folder, name)
}

async function natsOverTls(...more: readonly string[]): Promise<number> {
  const at = files({ cert: service.cert, key: service.key, ca: client.cert })
  const verifying = more.includes('--tlsverify') ? [`--tlscacert=${at('ca')}`] : []
  return startNats(['--tls', `--tlscert=${at('cert')}`, `--tlskey=${at('key')}`, ...verifying, ...more])
}

test.skipIf(!hasNats)('NATS over TLS is spoken with a name whose certificate is trusted', async () => {
  const port = await natsOverTls()
  const document = version3({ protocol: 'tls', port, address: 'rooms.a' })
  await (
    await calling(document, trusting)
  )(publishing)
  const fault = await faultOf((await calling(document))(publishing))
  expect(fault.message).toContain('self-signed certificate')
  const servers = { main: { host: `127.0.0.1:${port}`, protocol: 'tls' } }
  const other = await faultOf((await calling({ ...document, servers }, trusting))(publishing))
  expect(other.message).toMatch(/127\.0\.0\.1/)
})

test.skipIf(!hasNats)('NATS over TLS gets the certificate that is for its host', async () => {
  const port = await natsOverTls('--tlsverify')
  const document = version3({ protocol: 'tls', port, address: 'rooms.a' })
  await (
    await calling(document, known)
  )(publishing)
  await faultOf((await calling(document, trusting))(publishing))
})

test.skipIf(!hasNats)('NATS that should speak TLS and does not is refused', async () => {
  const document = version3({ protocol: 'tls', port: await startNats(), address: 'rooms.a' })
  expect((await faultOf((await calling(document, trusting))(publishing))).message).toContain('tls')
})

test('a WebSocket gets the certificate that is for its host', async () => {
  const server = createHttpsServer(strict)
  const sockets = new WebSocketServer({ server })
  sockets.on('connection', (socket) => socket.send('{"n":1}'))
  onTestFinished(() => {
    sockets.clients.forEach((one) => one.terminate())
    sockets.close()
  })
  const document = version3({ protocol: 'wss', port: await listen(server), address: 'a' })
  expect(payloads(await (await calling(document, known))(one))).toEqual([{ n: 1 }])
  await faultOf((await calling(document, trusting))(one))
})

/** A broker of MQTT 5, which the one of the other tests does not speak: it gives what was published last to who subscribes. */
function handleVersion5(): (socket: Duplex) => void {
  let last: IPublishPacket | undefined
  return (socket) => {
    const reading = parser({ protocolVersion: 5 })
    const answer = (packet: Packet): void => void socket.write(generate(packet, { protocolVersion: 5 }))
    reading.on('packet', (packet) => {
      const { messageId = 0 } = packet
      if (packet.cmd === 'connect')
        answer({ cmd: 'connack', reasonCode: packet.protocolVersion === 5 ? 0 : 132, sessionPresent: false })
      if (packet.cmd === 'publish') {
        last = packet
        answer({ cmd: 'puback', messageId, reasonCode: 0 })
      }
      if (packet.cmd !== 'subscribe') return
      answer({ cmd: 'suback', messageId, granted: [1], reasonCode: 0 })
      const properties = { ...last?.properties, correlationData: Buffer.from('seven') }
      if (last) answer({ ...last, qos: 0, properties })
    })
    socket.on('error', () => undefined).on('data', (bytes: Buffer) => void reading.parse(bytes))
  }
}

test('MQTT 5 carries headers and correlation ids, plain and over TLS', async () => {
  const plain = await listen(createTcpServer(handleVersion5()))
  const safe = await listen(createTlsServer(strict, handleVersion5()))
  for (const [protocol, port] of [
    ['mqtt5', plain],
    ['secure-mqtt5', safe],
  ] as const) {
    const call = await calling(version3({ protocol, port, address: 'rooms/a' }), known)
    await call({ message: { payload: { n: 1 }, headers: { trace: '7' } } })
    expect(await call(one)).toEqual([
      { payload: { n: 1 }, headers: { topic: 'rooms/a', trace: '7' }, correlationId: 'seven' },
    ])
  }
})

test('a broker that speaks MQTT 5 alone refuses the older one, which is a fault', async () => {
  const port = await listen(createTcpServer(handleVersion5()))
  const fault = await faultOf((await calling(version3({ protocol: 'mqtt', port, address: 'a' })))(publishing))
  expect(fault.error.type).toContain('communication')
})
