import { operations } from '@nexus/api'
import { expect, test } from 'vitest'
import { approval, documentOf, greet, problemOf, setup, type World } from './world.ts'

const { runs } = operations
const one = { concurrency: { runsMax: 1 } }

async function start(
  { client }: World,
  priority?: number | 'low' | 'normal' | 'high',
  text = greet,
): Promise<string> {
  const body = { workflow_text: text, input: { name: 'A' }, ...(priority !== undefined && { priority }) }
  return (await client.call(runs.start, { body })).id
}

/** The runs in the order in which they began. */
async function begun({ nexus }: World, ids: readonly string[]): Promise<readonly string[]> {
  const order = await Promise.all(
    ids.map(async (id) => {
      const { events } = await nexus.runs.get(id)
      const start = events.find(({ type }) => type.includes('workflow.started'))
      return { id, seq: Number(start?.id.split('/').at(-1)) }
    }),
  )
  return order.toSorted((a, b) => a.seq - b.seq).map(({ id }) => id)
}

const statusesOf = async ({ client }: World, ids: readonly string[]): Promise<readonly string[]> =>
  Promise.all(ids.map(async (id) => (await client.call(runs.get, { params: { id } })).status))

test('runs that have to wait are pending, and begin by their priority, then in the order of asking', async () => {
  await using world = await setup({}, one)
  const first = await start(world, undefined, approval)
  const ids = [
    await start(world, 'low'),
    await start(world),
    await start(world, 'high'),
    await start(world, 'normal'),
    await start(world, 500),
  ]
  expect(await statusesOf(world, [first, ...ids])).toEqual(['running', ...ids.map(() => 'pending')])
  const { runs: pending } = await world.client.call(runs.list, { query: { status: ['pending'] } })
  expect(pending.map(({ priority, started_at: at }) => [priority, at])).toEqual(
    [500, 0, 10, 0, -10].map((priority) => [priority, null]),
  )
  await world.nexus.runs.signal(first, { type: 'approved' })
  for (const id of ids) expect(await world.client.ended(id)).toMatchObject({ status: 'completed' })
  const [low = '', normal = '', high = '', second = '', highest = ''] = ids
  expect(await begun(world, ids)).toEqual([highest, high, normal, second, low])
})

test('what waits is there after a restart, and begins by its priority once what had begun has ended', async () => {
  await using world = await setup({}, one)
  const first = await start(world, 0, approval)
  const ids = [await start(world, 'low'), await start(world, 'normal'), await start(world, 'high')]
  await world.restart()
  expect(await statusesOf(world, ids)).toEqual(['pending', 'pending', 'pending'])
  await world.nexus.start()
  await world.nexus.runs.signal(first, { type: 'approved' })
  for (const id of ids) expect(await world.client.ended(id)).toMatchObject({ status: 'completed' })
  expect(await begun(world, ids)).toEqual(ids.toReversed())
})

test('what waits can be cancelled and suspended, and makes no room that it did not take', async () => {
  await using world = await setup({}, one)
  const first = await start(world, 0, approval)
  const [cancelled, suspended, last] = [await start(world), await start(world), await start(world)]
  expect(await world.client.call(runs.cancel, { params: { id: cancelled } })).toMatchObject({
    status: 'cancelled',
    started_at: null,
  })
  expect(await world.client.call(runs.suspend, { params: { id: suspended } })).toMatchObject({
    status: 'suspended',
  })
  expect(await statusesOf(world, [first, last])).toEqual(['running', 'pending'])
  expect(await world.client.call(runs.resume, { params: { id: suspended } })).toMatchObject({
    started_at: null,
  })
  await world.nexus.runs.signal(first, { type: 'approved' })
  for (const id of [suspended, last])
    expect(await world.client.ended(id)).toMatchObject({ status: 'completed' })
  expect(await begun(world, [suspended, last])).toEqual([last, suspended])
})

test('a run that waits for one that it began does not keep it from beginning', async () => {
  await using world = await setup({}, one)
  const inner = greet.replace('name: sample', 'name: inner')
  const outer = documentOf(
    '  - sub: { run: { workflow: { namespace: test, name: inner, version: latest, input: { name: B } } } }\n',
  )
  const body = { workflow_text: outer, workflows: [inner] }
  const { id } = await world.client.call(runs.start, { body })
  expect(await world.client.ended(id)).toMatchObject({ status: 'completed', output: { said: 'Hello, B' } })
})

test('more than may wait is refused, and a priority that is none', async () => {
  await using world = await setup({}, { concurrency: { runsMax: 1, pendingMax: 1 } })
  await start(world, 0, approval)
  await start(world)
  const body = { workflow_text: greet, input: { name: 'A' } }
  expect(await problemOf(await world.post('/runs', body))).toMatchObject({
    status: 503,
    code: 'too_many_pending',
  })
  for (const priority of ['urgent', 1.5, 5_000, null]) {
    const problem = await problemOf(await world.post('/runs', { ...body, priority }))
    expect(problem).toMatchObject({ status: 400, detail: expect.stringContaining('priority') })
  }
})
