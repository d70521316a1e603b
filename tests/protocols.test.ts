/**
 * The specification's examples of calls beyond HTTP, run whole, each against a counterpart on this machine: their
 * documents are as they are written there but for addresses, and for the program of the MCP server.
 */
import { openNexus } from '@nexus/nexus'
import type { Json, JsonObject } from '@nexus/sdk'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { WebSocket } from 'ws'
import { expect, onTestFinished, test } from 'vitest'
import { startAgent } from '../modules/executors/api_executor/test/a2a/agent.ts'
import {
  serveDocument,
  startWebSocket,
  version2,
  version3,
} from '../modules/executors/api_executor/test/asyncapi/world.ts'
import { proto, protoFiles, startService } from '../modules/executors/api_executor/test/grpc/service.ts'
import { program } from '../modules/executors/api_executor/test/mcp/world.ts'
import { serve } from '../modules/executors/api_executor/test/world.ts'

async function start(tasks: readonly object[], input: Json) {
  const data = mkdtempSync(join(tmpdir(), 'nexus-protocols-'))
  const nexus = await openNexus({ data })
  onTestFinished(async () => {
    await nexus.close()
    rmSync(data, { recursive: true, force: true })
  })
  const document = {
    document: { dsl: '1.0.3', namespace: 'examples', name: 'example', version: '0.1.0' },
    do: tasks,
  }
  return {
    nexus,
    data,
    live: await nexus.run(nexus.check(JSON.stringify(document), 'example.yaml', data), input),
  }
}

async function run(tasks: readonly object[], input: Json): Promise<Json> {
  const outcome = await (await start(tasks, input)).live.ended
  if (outcome.status !== 'completed') throw new Error(JSON.stringify(outcome))
  return outcome.output
}

test('gRPC Call', async () => {
  const { port } = await startService()
  const call = {
    proto: { endpoint: protoFiles({ 'greet.proto': proto }) },
    service: { name: 'GreeterApi.Greeter', host: 'localhost', port },
    method: 'SayHello',
    arguments: { name: '${ .user.preferredDisplayName }' },
  }
  const input = { user: { preferredDisplayName: 'Ada' } }
  expect(await run([{ greet: { call: 'grpc', with: call } }], input)).toEqual({ message: 'Hello Ada' })
})

test('AsyncAPI Call: publish', async () => {
  const heard: unknown[] = []
  const host = await serve((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      heard.push([request.url, request.headers.authorization, JSON.parse(body)])
      response.end()
    })
  })
  const endpoint = await serveDocument({
    asyncapi: '3.0.0',
    servers: {
      production: { host: 'nowhere.example.com', protocol: 'kafka' },
      staging: { host: new URL(host).host, protocol: 'http' },
    },
    channels: { pets: { address: 'pets' } },
    operations: { findPetsByStatus: { action: 'send', channel: { $ref: '#/channels/pets' } } },
  })
  const call = {
    document: { endpoint },
    operation: 'findPetsByStatus',
    server: { name: 'staging' },
    message: { payload: { petId: '${ .pet.id }' } },
    authentication: { bearer: { token: '${ .token }' } },
  }
  await run([{ findPet: { call: 'asyncapi', with: call } }], { pet: { id: 7 }, token: 'word' })
  expect(heard).toEqual([['/pets', 'Bearer word', { petId: 7 }]])
})

const filter =
  '${ .correlationId == $context.userId and .payload.from.firstName == $context.contact.firstName and .payload.from.lastName == $context.contact.lastName }'
const contact = { firstName: 'Ada', lastName: 'L' }
const context = { userId: 'u1', contact }

/** Notifications over WebSocket: every second is for somebody else. */
async function notifications(amount = 12) {
  const { port } = await startWebSocket((socket: WebSocket) => {
    for (let n = 1; n <= amount; n++)
      socket.send(JSON.stringify({ n, to: n % 2 === 0 ? 'u1' : 'u2', from: contact }))
  })
  const described = {
    protocol: 'ws',
    port,
    address: '/notifications',
    message: { correlationId: { location: '$message.payload#/to' } },
  }
  const getNotifications = (given: JsonObject) => {
    const channel = 'channel' in given
    return (async () => ({
      getNotifications: {
        call: 'asyncapi',
        with: {
          document: { endpoint: await serveDocument(channel ? version2(described) : version3(described)) },
          ...(!channel && { operation: 'talk', protocol: 'ws' }),
          ...given,
        },
      },
    }))()
  }
  return getNotifications
}

const numbers = (output: Json) => (output as { payload: { n: number } }[]).map(({ payload }) => payload.n)

test('AsyncAPI Call: consume an amount', async () => {
  const get = await notifications()
  const output = await run([await get({ subscription: { filter, consume: { amount: 5 } } })], context)
  expect(numbers(output)).toEqual([2, 4, 6, 8, 10])
})

test('AsyncAPI Call: consume until, and while, the context says so', async () => {
  const get = await notifications()
  const until = '${ ($context.consumedMessages | length) == 5 }'
  const consumed = { ...context, consumedMessages: [1, 2, 3, 4, 5] }
  const subscription = { filter, consume: { for: { minutes: 30 }, until } }
  expect(await run([await get({ channel: '/notifications', subscription })], consumed)).toEqual([])
  const goesOn = '${ ($context.consumedMessages | length) < 5 }'
  const output = await run([await get({ subscription: { filter, consume: { while: goesOn } } })], consumed)
  expect(numbers(output)).toEqual([2])
})

test('AsyncAPI Call: what is done with each message may change the context that ends it', async () => {
  const get = await notifications()
  const foreach = {
    item: 'message',
    output: { as: '${ $message.payload.n }' },
    export: {
      as: '${ $context + {consumedMessages: (($context.consumedMessages // []) + [$message.payload.n])} }',
    },
  }
  const consume = { until: '${ ($context.consumedMessages | length) == 3 }' }
  const last = { last: { set: { output: '${ . }', context: '${ $context.consumedMessages }' } } }
  expect(await run([await get({ subscription: { filter, consume, foreach } }), last], context)).toEqual({
    output: [2, 4, 6],
    context: [2, 4, 6],
  })
})

test('AsyncAPI Call: consume forever, with tasks for each message', async () => {
  const get = await notifications()
  const foreach = {
    item: 'message',
    do: [
      {
        publishCloudEvent: {
          emit: {
            event: {
              with: {
                source: 'https://serverlessworkflow.io/samples',
                type: 'io.serverlessworkflow.samples.asyncapi.message.consumed.v1',
                data: { message: '${ $message }' },
              },
            },
          },
        },
      },
    ],
  }
  const consume = { while: '${ true }' }
  const { nexus, live } = await start([await get({ subscription: { filter, consume, foreach } })], context)
  const paths: string[] = []
  const enough = Promise.withResolvers<void>()
  live.listen((event) => {
    if (event.type === 'task.ended' && event.path.endsWith('publishCloudEvent')) paths.push(event.path)
    if (paths.length === 6) enough.resolve()
  })
  await enough.promise
  expect(new Set(paths).size).toBe(6)
  await nexus.runs.cancel(live.id)
  expect(await live.ended).toMatchObject({ status: 'cancelled' })
})

test('a subscription that a restart begins again asks its expressions of the new messages', async () => {
  const waiting = Promise.withResolvers<void>()
  let connections = 0
  const { port } = await startWebSocket((socket) => {
    connections++
    const to = connections === 1 ? 'somebody else' : 'u1'
    socket.send(JSON.stringify({ to, from: contact }), () => socket.ping())
    socket.once('pong', () => waiting.resolve())
  })
  const message = { correlationId: { location: '$message.payload#/to' } }
  const endpoint = await serveDocument(version3({ protocol: 'ws', port, address: '/a', message }))
  const subscription = {
    filter,
    consume: { amount: 1 },
    foreach: { do: [{ keep: { set: { got: '${ . }' } } }] },
  }
  const call = { document: { endpoint }, operation: 'talk', subscription }
  const { nexus, live, data } = await start([{ get: { call: 'asyncapi', with: call } }], context)
  await waiting.promise
  await nexus.close()
  const again = await openNexus({ data })
  onTestFinished(() => again.close())
  const outcome = await (await again.runs.resume(live.id)).ended
  expect(outcome).toMatchObject({ status: 'completed', output: [{ got: { correlationId: 'u1' } }] })
  expect(connections).toBe(2)
})

test('MCP Call', async () => {
  const transport = program(`read(({ id, method, params }) => method === 'initialize' ? welcome(id)
    : id !== undefined && answer(id, { content: [{ type: 'text', text: process.env.SLACK_MCP_XOXP_TOKEN + ' ' + params.name + ' ' + params.arguments.payload }] }))`)
  const stdio = { ...(transport['stdio'] as JsonObject), environment: { SLACK_MCP_XOXP_TOKEN: 'xoxp' } }
  const call = {
    method: 'tools/call',
    parameters: {
      name: 'conversations_add_message',
      arguments: {
        channel_id: 'C1234567890',
        thread_ts: '1623456789.123456',
        payload: '${ .words }',
        content_type: 'text/markdown',
      },
    },
    transport: { stdio },
  }
  expect(
    await run([{ publishMessageToSlack: { call: 'mcp', with: call } }], { words: 'Hello, world! :wave:' }),
  ).toEqual({
    content: [{ type: 'text', text: 'xoxp conversations_add_message Hello, world! :wave:' }],
  })
})

test('A2A Call', async () => {
  const { card } = await startAgent('0.3')
  const call = {
    method: 'message/send',
    agentCard: { endpoint: card },
    parameters: { message: { parts: [{ kind: 'text', text: 'Generate the Q1 sales report.' }] } },
  }
  expect(await run([{ GenerateReport: { call: 'a2a', with: call } }], {})).toMatchObject({
    artifacts: [{ parts: [{ text: 'Report on: Generate the Q1 sales report.' }] }],
  })
})

test('a protocol that is not spoken is refused before the run, with those that are', async () => {
  const call = { document: { endpoint: 'https://x' }, operation: 'a', protocol: 'kafka', message: {} }
  await expect(start([{ a: { call: 'asyncapi', with: call } }], {})).rejects.toThrow(/http.*ws.*nats.*mqtt/s)
})

test('parameters may be an expression', async () => {
  const { card } = await startAgent('0.3')
  const call = { method: 'message/send', agentCard: { endpoint: card }, parameters: '${ .given }' }
  const input = { given: { message: { parts: [{ kind: 'text', text: 'x' }] } } }
  expect(await run([{ ask: { call: 'a2a', with: call } }], input)).toMatchObject({ kind: 'task' })
})
