import { expect, test } from 'vitest'
import type { Json, JsonObject } from '@nexus/sdk'
import { serve, setup } from '../world.ts'
import { startAgent } from './agent.ts'

const report = { message: { parts: [{ kind: 'text', text: 'Q1 sales' }] } }

async function client(version: '0.3' | '1.0', world: Parameters<typeof setup>[0] = {}) {
  const agent = await startAgent(version)
  const { caller } = await setup(world)
  const call = (method: string, parameters: JsonObject = {}, own: JsonObject = {}) =>
    caller('a2a')({ method, agentCard: { endpoint: agent.card }, parameters, ...own })
  return { ...agent, call, caller }
}

test('a message is sent to the agent of a card, with the id and the role that it lacks', async () => {
  const { call, heard } = await client('0.3')
  expect(await call('message/send', report)).toMatchObject({
    kind: 'task',
    status: { state: 'completed' },
    artifacts: [{ parts: [{ kind: 'text', text: 'Report on: Q1 sales' }] }],
  })
  expect(heard[0]?.body).toMatchObject({
    method: 'message/send',
    params: { message: { role: 'user', messageId: expect.stringMatching(/^[0-9a-f-]{36}$/) } },
  })
})

test('a message has the same id at every attempt, and the one that it comes with', async () => {
  const { call, heard } = await client('0.3')
  await call('message/send', report)
  await call('message/send', report)
  await call('message/send', { message: { ...report.message, messageId: 'mine' } })
  const ids = heard.map(
    ({ body }) => (body as { params: { message: { messageId: string } } }).params.message.messageId,
  )
  expect(ids[0]).toBe(ids[1])
  expect(ids[2]).toBe('mine')
})

test('a stream of results is a list', async () => {
  const { call } = await client('0.3')
  const results = (await call('message/stream', report)) as { kind: string }[]
  expect(results.map(({ kind }) => kind)).toEqual(['task', 'artifact-update', 'status-update'])
})

test('tasks are got, and what watches them is set, got, listed and deleted', async () => {
  const { call } = await client('0.3')
  const { id } = (await call('message/send', report)) as { id: string }
  expect(await call('tasks/get', { id })).toMatchObject({ id, status: { state: 'completed' } })
  const config = { id: 'hook', url: 'https://example.com/hook' }
  await call('tasks/pushNotificationConfig/set', { taskId: id, pushNotificationConfig: config })
  const one = { id, pushNotificationConfigId: 'hook' }
  expect(await call('tasks/pushNotificationConfig/get', one)).toMatchObject({
    pushNotificationConfig: config,
  })
  expect(await call('tasks/pushNotificationConfig/list', { id })).toHaveLength(1)
  await call('tasks/pushNotificationConfig/delete', one)
  expect(await call('tasks/pushNotificationConfig/list', { id })).toHaveLength(0)
})

test('an agent of version 1.0 is spoken to in its words', async () => {
  const { call, heard } = await client('1.0')
  expect(await call('message/send', report)).toMatchObject({
    task: {
      status: { state: 'TASK_STATE_COMPLETED' },
      artifacts: [{ parts: [{ text: 'Report on: Q1 sales' }] }],
    },
  })
  expect(heard[0]?.body).toMatchObject({
    method: 'SendMessage',
    params: { message: { role: 'ROLE_USER', parts: [{ text: 'Q1 sales' }] } },
  })
  const results = (await call('message/stream', report)) as JsonObject[]
  expect(results.map((result) => Object.keys(result)[0])).toEqual(['task', 'artifactUpdate', 'statusUpdate'])
})

test('a server is called without a card', async () => {
  const { server, caller } = await client('0.3')
  expect(await caller('a2a')({ method: 'message/send', server, parameters: report })).toMatchObject({
    kind: 'task',
  })
})

test('what authenticates a card goes to the agent at the same origin, and nowhere else', async () => {
  const { call, card, server, heard, caller } = await client('0.3')
  const authentication = { bearer: { token: 'word' } }
  await call('message/send', report, { agentCard: { endpoint: { uri: card, authentication } } })
  const elsewhere = await serve((_request, response) => response.end(JSON.stringify({ url: server })))
  await call('message/send', report, { agentCard: { endpoint: { uri: elsewhere, authentication } } })
  await caller('a2a')({ method: 'message/send', server: { uri: server, authentication }, parameters: report })
  expect(heard.map(({ authorization }) => authorization)).toEqual(['Bearer word', undefined, 'Bearer word'])
})

test('a token that was got for an agent is not in the output', async () => {
  const authority = await serve((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ access_token: 'got-token', token_type: 'Bearer', expires_in: 3600 }))
  })
  const server = await serve((request, response) => {
    response.setHeader('content-type', 'application/json')
    const result: Json = { heard: request.headers.authorization ?? '' }
    response.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result }))
  })
  const oauth2 = { authority, grant: 'client_credentials', client: { id: 'me', secret: 'word' } }
  const { caller } = await setup()
  const given = {
    method: 'tasks/get',
    server: { uri: server, authentication: { oauth2 } },
    parameters: { id: '1' },
  }
  expect(await caller('a2a')(given)).toEqual({ heard: 'Bearer ***' })
})
