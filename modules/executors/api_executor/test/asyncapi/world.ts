/** Brokers and servers for the tests, and documents that describe them. */
import { Aedes, type Client } from 'aedes'
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer } from 'node:net'
import { onTestFinished } from 'vitest'
import { WebSocketServer, type WebSocket } from 'ws'
import type { Json, JsonObject } from '@nexus/sdk'
import { listen, serve } from '../world.ts'

export interface Described {
  readonly protocol: string
  readonly port: number
  readonly address: string
  readonly bindings?: JsonObject
  readonly message?: JsonObject
}

/** The same channel in a document of AsyncAPI 3, under the operation `talk`. */
export function version3({ protocol, port, address, bindings, message }: Described): JsonObject {
  return {
    asyncapi: '3.0.0',
    servers: { main: { host: `localhost:${port}`, protocol } },
    channels: {
      chat: {
        address,
        servers: [{ $ref: '#/servers/main' }],
        ...(message && { messages: { one: message } }),
      },
    },
    operations: {
      talk: { action: 'send', channel: { $ref: '#/channels/chat' }, ...(bindings && { bindings }) },
    },
  }
}

/** And in one of AsyncAPI 2. */
export function version2({ protocol, port, address, bindings, message = {} }: Described): JsonObject {
  const operation = { message, ...(bindings && { bindings }) }
  return {
    asyncapi: '2.6.0',
    servers: { main: { url: `localhost:${port}`, protocol } },
    channels: { [address]: { publish: operation, subscribe: operation } },
  }
}

export const serveDocument = (document: JsonObject | string) =>
  serve((_request, response) =>
    response.end(typeof document === 'string' ? document : JSON.stringify(document)),
  )

export async function startMqtt(authenticate?: Aedes['authenticate']) {
  const broker = await Aedes.createBroker(authenticate ? { authenticate } : {})
  const port = await listen(createServer((socket) => void broker.handle(socket)))
  onTestFinished(() => new Promise<void>((resolve) => broker.close(() => resolve())))
  const subscribed = () => once(broker, 'subscribe') as Promise<[unknown, Client]>
  return { broker, port, subscribed }
}

export const hasNats = (() => {
  try {
    execFileSync('nats-server', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

export async function startNats(more: readonly string[] = []): Promise<number> {
  const child = spawn('nats-server', ['-a', '127.0.0.1', '-p', '-1', ...more], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  onTestFinished(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  })
  let said = ''
  return new Promise((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const port = /client connections on 127\.0\.0\.1:(\d+)[\s\S]*ready/.exec(said)?.[1]
      if (port !== undefined) resolve(Number(port))
    })
    child.once('exit', () => reject(new Error(`nats-server did not start: ${said}`)))
  })
}

export async function startWebSocket(connected: (socket: WebSocket) => void) {
  const http = createHttpServer()
  const server = new WebSocketServer({ server: http })
  const asked: { url: string | undefined; authorization: string | undefined }[] = []
  server.on('connection', (socket, { url, headers }) => {
    asked.push({ url, authorization: headers.authorization })
    connected(socket)
  })
  const port = await listen(http)
  onTestFinished(() => {
    server.clients.forEach((client) => client.terminate())
    server.close()
  })
  return { port, asked }
}

/** A small part of the expression language, for what the tests ask of messages. */
export function evaluate(expression: string, input: Json): Json {
  const source = expression.replace(/^\$\{|\}$/g, '').trim()
  if (source === 'true') return true
  const length = /^length (<|==) (\d+)$/.exec(source)
  if (length && Array.isArray(input)) {
    const [, operator, count] = length
    return operator === '<' ? input.length < Number(count) : input.length === Number(count)
  }
  const even = /^\.payload\.n % 2 == 0$/.test(source)
  if (even) return ((input as { payload: { n: number } }).payload.n ?? 0) % 2 === 0
  throw new Error(`This test evaluates ${expression}.`)
}
