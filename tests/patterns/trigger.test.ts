/** The trigger patterns: signals from outside the run. */
import { afterAll, expect, test } from 'vitest'
import { setup } from './world.ts'

const world = await setup()
afterAll(() => world.close())

test('23 Transient Trigger: a signal that comes before its task listens is lost, one that comes later starts it', async () => {
  const play = await world.play('23-transient-trigger')
  await play.started('walk_to_stop')
  await world.publish('bus.leaves', 'early')
  await play.signal('stop.reached')
  await play.started('wait_for_bus')
  await world.publish('bus.leaves', 'late')
  const story = await play.story()
  expect(story.record.output).toEqual({ bus: 'late' })
})

test('24 Persistent Trigger: a signal that comes before its task is kept for it, and starts one task only', async () => {
  const play = await world.play('24-persistent-trigger')
  await play.started('heat_oven')
  await play.signal('dough.ready')
  await play.signal('oven.hot')
  await play.started('second_dough')
  expect((await play.soFar()).of('first_dough', 'bake_first', 'second_dough', 'bake_second')).toEqual([
    'first_dough starts',
    'first_dough ends',
    'bake_first starts',
    'bake_first ends',
    'second_dough starts',
  ])
  await play.signal('dough.ready')
  const story = await play.story()
  expect(story.record.output).toEqual({ baked: 2 })
})
