import type { RequestListener, ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { Cancelled, type JsonObject } from '@nexus/sdk'
import { faultOf, serve, setup } from '../world.ts'
import { startAgent } from './agent.ts'

async function agent(listener: RequestListener, world: Parameters<typeof setup>[0] = {}) {
  const server = await serve(listener)
  const { caller } = await setup(world)
  return (method = 'tasks/get', own: JsonObject = {}, signal?: AbortSignal) =>
    caller('a2a')({ method, server, parameters: { id: '1', message: {} }, ...own }, signal && { signal })
}

test('an error of the agent is a runtime fault with its words and its code', async () => {
  const { card } = await startAgent('0.3')
  const { caller } = await setup()
  const given = { method: 'tasks/get', agentCard: { endpoint: card }, parameters: { id: 'no-such-task' } }
  const { error } = await faultOf(caller('a2a')(given))
  expect(error.type).toContain('runtime')
  expect(error.detail).toMatch(/tasks\/get of http:.* failed: .*no-such-task.* \(code -32001\)/)
})

test.each([
  [401, 'authentication'],
  [403, 'authorization'],
  [404, 'communication'],
  [302, 'communication'],
  [500, 'communication'],
])('status %i is a fault of type %s', async (status, type) => {
  const call = await agent((_request, response) => response.writeHead(status).end('its words'))
  const { error } = await faultOf(call())
  expect(error.status).toBe(status)
  expect(error.type).toContain(type)
  expect(error.detail).toContain('its words')
})

test('what is no JSON-RPC answer is a fault', async () => {
  for (const text of [
    '',
    'hello',
    '[]',
    '42',
    'null',
    '{"result',
    '{"jsonrpc":"2.0","id":1}',
    '['.repeat(200_000),
  ]) {
    const call = await agent((_request, response) => response.end(text))
    expect((await faultOf(call())).error.type).toContain('communication')
  }
})

const flood = (line: string) => (response: ServerResponse) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const more = (): void => {
    while (response.write(line));
    response.once('drain', more)
  }
  more()
}

test('an agent that floods is cut by size, and by number', async () => {
  const large = flood(`data: ${'x'.repeat(65_536)}`)
  const bounded = await agent((_request, response) => large(response), { config: { max_response_mb: 1 } })
  expect((await faultOf(bounded('message/stream'))).message).toContain('more than 1 MB')
  const many = flood('data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n')
  const counted = await agent((_request, response) => many(response), { config: { max_messages: 50 } })
  expect((await faultOf(counted('message/stream'))).message).toContain('more than 50 results')
  const body = await agent((_request, response) => response.end('x'.repeat(2_000_000)), {
    config: { max_response_mb: 1 },
  })
  expect((await faultOf(body())).message).toContain('more than 1 MB')
})

test('an agent that is silent, before its answer or within, is given up in time', async () => {
  const config = { timeout_ms: 200 }
  const silent = await agent(() => undefined, { config })
  expect((await faultOf(silent())).error).toMatchObject({ status: 504 })
  const stuck = await agent(
    (_request, response) =>
      void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': hi\n\n'),
    { config },
  )
  expect((await faultOf(stuck('message/stream'))).error).toMatchObject({ status: 504 })
})

test('an agent that closes halfway is a fault', async () => {
  const call = await agent((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    response.write('data: {"jsonrpc":"2.0","id":1,"result":{}}\n\n', () => response.destroy())
  })
  expect((await faultOf(call('message/stream'))).message).toContain('broke off')
})

test('cancelling closes the connection', async () => {
  const arrived = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<void>()
  const call = await agent((request) => {
    request.socket.once('close', () => closed.resolve())
    arrived.resolve()
  })
  const stop = new AbortController()
  const running = call('message/stream', {}, stop.signal).catch((error: unknown) => error)
  await arrived.promise
  stop.abort(new Cancelled())
  expect(await running).toBeInstanceOf(Cancelled)
  await closed.promise
})

test.each([
  ['no JSON', 'hello', 'no JSON object'],
  ['a list', '[]', 'no JSON object'],
  ['no interface', '{"name":"x"}', 'no interface for JSON-RPC'],
  ['another protocol', '{"url":"https://x","preferredTransport":"GRPC"}', 'no interface for JSON-RPC'],
  ['a file for its address', '{"url":"file:///etc/passwd"}', 'no http or https URL'],
])('a card with %s is refused', async (_what, card, why) => {
  const endpoint = await serve((_request, response) => response.end(card))
  const { caller } = await setup()
  const { error } = await faultOf(
    caller('a2a')({ method: 'tasks/get', agentCard: { endpoint }, parameters: {} }),
  )
  expect(error.type).toContain('configuration')
  expect(error.detail).toContain(why)
})

test('arguments that are wrong are refused', async () => {
  const { caller } = await setup()
  for (const given of [
    { method: 'tasks/steal', server: 'http://x' },
    { method: 'tasks/get' },
    { method: 'message/send', server: 'http://x', parameters: {} },
    { method: 'tasks/get', server: 'http://x', parameters: 'x' },
  ])
    expect((await faultOf(caller('a2a')(given))).error.type).toContain('validation')
})

test('private addresses are not reached where the policy forbids it, wherever a card leads', async () => {
  const { card, server } = await startAgent('0.3')
  const { caller } = await setup({ private: false })
  for (const whom of [{ server }, { agentCard: { endpoint: card } }])
    expect(
      (await faultOf(caller('a2a')({ method: 'tasks/get', parameters: {}, ...whom }))).error.type,
    ).toContain('authorization')
})
