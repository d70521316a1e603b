import { operations, type RunSummary } from '@nexus/api'
import type { Nexus } from '@nexus/nexus'
import { expect, test } from 'vitest'
import { startRun } from '../src/routes/start_run.ts'
import { approval, documentOf, greet, problemOf, setup, type World } from './world.ts'

const { runs } = operations

async function start(world: World, workflow_text: string, input = {}): Promise<string> {
  const { id } = await world.client.call(runs.start, { body: { workflow_text, input } })
  return id
}

/** Begins a run that waits for its approval, and waits until it does. */
async function startWaiting(world: World): Promise<string> {
  const id = await start(world, approval)
  for await (const event of world.client.follow(id)) {
    if (event.type.includes('task.started') && event.subject === '/do/1/approve') break
  }
  return id
}

async function idsOf(world: World, query: object): Promise<string[]> {
  return (await world.client.call(runs.list, { query })).runs.map(({ id }) => id)
}

test('a run is begun with a document and an input, and its record says what came out', async () => {
  await using world = await setup()
  const response = await world.post('/runs', { workflow_text: greet, input: { name: 'Ada' } })
  const summary = (await response.json()) as RunSummary
  expect(response.status).toBe(201)
  expect(response.headers.get('location')).toBe(`/runs/${summary.id}`)
  expect(summary).toMatchObject({ workflow: { namespace: 'test', name: 'sample' }, parent: null })
  const asked = { params: { id: summary.id }, query: { wait: 20 } }
  const shown = await world.client.call(runs.get, asked)
  expect(shown).toEqual(JSON.parse(JSON.stringify(await world.nexus.runs.get(summary.id))))
  expect(shown).toMatchObject({ status: 'completed', output: { said: 'Hello, Ada' } })
})

test('a run is begun with a document as an object, and with the workflows that it runs', async () => {
  await using world = await setup()
  const inner = { namespace: 'test', name: 'sample', version: '1.0.0', input: { name: 'B' } }
  const workflow = {
    document: { dsl: '1.0.3', namespace: 'test', name: 'outer', version: '1.0.0' },
    do: [{ in: { run: { workflow: inner } } }],
  }
  const { id } = await world.client.call(runs.start, { body: { workflow, workflows: [greet] } })
  expect(await world.client.ended(id)).toMatchObject({ status: 'completed', output: { said: 'Hello, B' } })
})

test('a deployed workflow is run by its name', async () => {
  await using world = await setup()
  await world.client.call(operations.workflows.deploy, { body: { workflow_text: greet } })
  for (const workflow of ['test/sample', 'test/sample:1.0.0']) {
    const { id } = await world.client.call(runs.start, { body: { workflow, input: { name: 'C' } } })
    expect(await world.client.ended(id)).toMatchObject({ output: { said: 'Hello, C' } })
  }
  const missing = await world.post('/runs', { workflow: 'test/nothing' })
  expect(await problemOf(missing)).toMatchObject({ status: 404, code: 'workflow_not_found' })
})

test('the same key gives the same run, also at the same moment and after a restart', async () => {
  await using world = await setup()
  const ask = async (input: object, key = 'k1') => {
    const response = await world.post('/runs', { workflow_text: greet, input, idempotency_key: key })
    return { status: response.status, body: (await response.json()) as RunSummary }
  }
  const [one, other] = await Promise.all([ask({ name: 'A' }), ask({ name: 'A' })])
  expect(new Set([one.status, other.status])).toEqual(new Set([200, 201]))
  const { id } = one.body
  expect(other.body.id).toBe(id)
  await world.restart()
  expect(await ask({ name: 'A' })).toMatchObject({ status: 200, body: { id } })
  expect((await ask({ name: 'A' }, 'k2')).body.id).not.toBe(id)
  expect(await ask({ name: 'B' })).toMatchObject({ status: 422, body: { code: 'key_reused' } })
})

test('a key is for what was asked for: for all of a document, for the name of a deployed one, for the words of a goal', async () => {
  await using world = await setup()
  const ask = async (idempotency_key: string, what: object) => {
    const response = await world.post('/runs', { ...what, idempotency_key })
    return [response.status, ((await response.json()) as { code?: string }).code]
  }
  const reused = [422, 'key_reused']
  const other = greet.replace('Hello', 'Bye')
  expect(await ask('text', { workflow_text: greet })).toEqual([201, undefined])
  expect(await ask('text', { workflow_text: greet })).toEqual([200, undefined])
  expect(await ask('text', { workflow_text: other })).toEqual(reused)
  expect(await ask('text', { workflow_text: greet.replace('1.0.0', '2.0.0') })).toEqual(reused)
  await world.client.call(operations.workflows.deploy, { body: { workflow_text: greet } })
  expect(await ask('name', { workflow: 'test/sample' })).toEqual([201, undefined])
  const newer = greet.replace('1.0.0', '1.1.0')
  await world.client.call(operations.workflows.deploy, { body: { workflow_text: newer } })
  expect(await ask('name', { workflow: 'test/sample' })).toEqual([200, undefined])
  expect(await ask('name', { workflow: 'test/sample:1.1.0' })).toEqual(reused)
  expect(await ask('goal', { goal: 'Say "a"' })).toEqual([201, undefined])
  expect(await ask('goal', { goal: 'Say "a"' })).toEqual([200, undefined])
  expect(await ask('goal', { goal: 'Say "b"' })).toEqual(reused)
  expect(await ask('goal', { workflow_text: greet })).toEqual(reused)
})

test('whoever asks with a key at the moment that another begins its run is given that run', async () => {
  await using world = await setup()
  const { nexus } = world
  const asked = { workflow_text: greet, input: { name: 'A' }, idempotency_key: 'k' }
  const { id } = await startRun(nexus, asked)
  let looked = 0
  const late: Nexus = {
    ...nexus,
    check: (...args) => nexus.check(...args),
    complete: (workflow) => nexus.complete(workflow),
    run: (...args) => nexus.run(...args),
    runs: { ...nexus.runs, keyed: async (key) => (looked++ === 0 ? undefined : nexus.runs.keyed(key)) },
  }
  expect(await startRun(late, asked)).toEqual({ id, begun: false })
  expect(looked).toBe(2)
})

test('runs are listed newest first, by what is asked for', async () => {
  await using world = await setup()
  const first = await start(world, greet, { name: 'A' })
  await world.client.ended(first)
  const second = await startWaiting(world)
  expect(await idsOf(world, {})).toEqual([second, first])
  expect(await idsOf(world, { limit: 1 })).toEqual([second])
  expect(await idsOf(world, { status: ['completed', 'faulted'] })).toEqual([first])
  expect(await idsOf(world, { status: ['running'] })).toEqual([second])
  expect(await idsOf(world, { parent: first })).toEqual([])
})

test('a run that lives with another is listed where it is asked for', async () => {
  await using world = await setup()
  const text = documentOf(
    '  - in: { run: { workflow: { namespace: test, name: inner, version: latest } } }\n',
  )
  const inner = documentOf('  - x: { set: { y: 1 } }\n', 'inner')
  const body = { workflow_text: text, workflows: [inner] }
  const { id } = await world.client.call(runs.start, { body })
  const { tasks } = await world.client.ended(id)
  const child = tasks[0]?.child_run
  expect(await idsOf(world, {})).toEqual([id])
  expect(await idsOf(world, { all: true })).toEqual([child, id])
  expect(await idsOf(world, { parent: id })).toEqual([child])
})

test('waiting ends with the run, and not later than was asked for', async () => {
  await using world = await setup()
  const params = { id: await startWaiting(world) }
  const short = await world.client.call(runs.get, { params, query: { wait: 0.05 } })
  expect(short).toMatchObject({ status: 'running' })
  const waiting = world.client.call(runs.get, { params, query: { wait: 20 } })
  await world.client.call(runs.signal, { params, body: { type: 'approved' } })
  expect(await waiting).toMatchObject({ status: 'completed', output: { done: true } })
})

test('a run is suspended, resumed, cancelled, retried, signalled and forked', async () => {
  await using world = await setup()
  const id = await startWaiting(world)
  const params = { id }
  const { client } = world
  expect(await client.call(runs.suspend, { params })).toMatchObject({ id, status: 'suspended' })
  expect(await client.ended(id)).toMatchObject({ status: 'suspended' })
  expect(await client.call(runs.resume, { params })).toMatchObject({ id, status: 'running' })
  expect(await client.call(runs.cancel, { params })).toMatchObject({ id, status: 'cancelled' })
  expect(await client.call(runs.cancel, { params })).toMatchObject({ id, status: 'cancelled' })
  expect(await client.call(runs.retry, { params })).toMatchObject({ id, ended_at: null })
  const event = await client.call(runs.signal, { params, body: { type: 'approved', data: 7 } })
  expect(event).toMatchObject({ specversion: '1.0', type: 'approved', data: 7 })
  expect(await client.ended(id)).toMatchObject({ status: 'completed' })
  const changed = approval.replace('done: true', 'done: again')
  const body = { path: '/do/1/approve', workflow_text: changed }
  const forked = await client.call(runs.fork, { params, body })
  expect(forked.id).not.toBe(id)
  expect(await client.ended(forked.id)).toMatchObject({ output: { done: 'again' } })
})

test('what cannot be done to a run is a conflict with the reason', async () => {
  await using world = await setup()
  const id = await start(world, greet, { name: 'A' })
  await world.client.ended(id)
  for (const [verb, code, body] of [
    ['suspend', 'run_ended', undefined],
    ['resume', 'run_ended', undefined],
    ['retry', 'not_retriable', undefined],
    ['signal', 'run_ended', { type: 'x' }],
    ['fork', 'task_not_completed', { path: '/do/7/none' }],
  ] as const) {
    const problem = await problemOf(await world.post(`/runs/${id}/${verb}`, body))
    expect(problem).toMatchObject({ status: 409, code, instance: `/runs/${id}/${verb}` })
  }
})

test('a run that nobody accepted is not found, whatever is asked of it', async () => {
  await using world = await setup()
  const asked = [
    world.ask('/runs/nobody'),
    world.ask('/runs/nobody?wait=5'),
    world.ask('/runs/nobody/events'),
    ...['cancel', 'suspend', 'resume', 'retry'].map((verb) => world.post(`/runs/nobody/${verb}`)),
    world.post('/runs/nobody/fork', { path: '/do/0/a' }),
    world.post('/runs/nobody/signal', { type: 'x' }),
  ]
  for (const response of asked) {
    expect(await problemOf(await response)).toMatchObject({
      type: expect.stringMatching(/\/errors\/validation$/),
      status: 404,
      code: 'run_not_found',
    })
  }
})

test('a run that faulted shows its error', async () => {
  await using world = await setup()
  const raise = '{ raise: { error: { type: https://example.com/no, status: 418, title: No } } }'
  const id = await start(world, documentOf(`  - no: ${raise}\n`))
  expect(await world.client.ended(id)).toMatchObject({
    status: 'faulted',
    error: { type: 'https://example.com/no', status: 418, instance: '/do/0/no' },
  })
})

test('a run in flight when the server stops goes on with the next start', async () => {
  await using world = await setup()
  const id = await startWaiting(world)
  const params = { id }
  await world.restart()
  expect(await world.client.call(runs.get, { params })).toMatchObject({ status: 'running' })
  const [live] = await world.nexus.start()
  expect(live?.id).toBe(id)
  await world.client.call(runs.signal, { params, body: { type: 'approved' } })
  expect(await world.client.ended(id)).toMatchObject({ status: 'completed', output: { done: true } })
})
