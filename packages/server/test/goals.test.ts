import { operations } from '@nexus/api'
import { expect, test } from 'vitest'
import { problemOf, setup } from './world.ts'

const { runs } = operations

test('a goal is planned and run, and waits for its answer where it asks', async () => {
  await using world = await setup()
  const { id } = await world.client.call(runs.start, { body: { goal: 'Say "hello"' } })
  expect(await world.client.ended(id)).toMatchObject({ status: 'completed', output: 'hello' })
  const body = { goal: 'Say "hello"', constraints: { approve: true } }
  const asked = await world.client.call(runs.start, { body })
  const params = { id: asked.id }
  const answer = { type: 'io.nexus.goal.answered.v1', data: { approve: true } }
  await world.client.call(runs.signal, { params, body: answer })
  expect(await world.client.ended(asked.id)).toMatchObject({ status: 'completed', output: 'hello' })
})

test('a goal that is not understood faults with its words, and one beside a workflow is refused', async () => {
  await using world = await setup()
  const { id } = await world.client.call(runs.start, { body: { goal: 'Juggle flamingos' } })
  expect(await world.client.ended(id)).toMatchObject({
    status: 'faulted',
    error: { detail: expect.stringContaining('“Juggle”') },
  })
  expect(await problemOf(await world.post('/runs', { goal: '' }))).toMatchObject({ status: 400 })
  const both = await world.post('/runs', { goal: 'Say "a"', workflow: 'test/sample' })
  expect(await problemOf(both)).toMatchObject({ status: 400 })
  const alone = await world.post('/runs', { workflow: 'test/sample', max_steps: 3 })
  expect(await problemOf(alone)).toMatchObject({ status: 400 })
})
