/** The termination patterns: implicit and explicit. */
import { afterAll, expect, test } from 'vitest'
import { setup } from './world.ts'

const world = await setup()
afterAll(() => world.close())

test('11 Implicit Termination: the run ends, and completes, with the last thing that was left to do', async () => {
  const play = await world.play('11-implicit-termination')
  await play.started('pack_bag')
  await play.signal('windows.closed')
  await play.ended('lock_door')
  expect((await play.soFar()).record.status).toBe('running')
  await play.signal('bag.packed')
  const { record } = await play.story()
  expect(record.status).toBe('completed')
  expect(record.tasks.map(({ status }) => status)).toEqual(record.tasks.map(() => 'completed'))
  expect(record.events.slice(-3).map(({ type, subject }) => [type.split('.').at(-2), subject])).toEqual([
    ['completed', '/do/0/leave_house/fork/branches/1/pack_bag'],
    ['completed', '/do/0/leave_house'],
    ['completed', '/'],
  ])
})

test('43 Explicit Termination: the run completes at its end point, and what is still under way is withdrawn', async () => {
  const play = await world.play('43-explicit-termination')
  await play.started('search_house')
  await play.signal('park.searched')
  const story = await play.story()
  expect(story.of('search_house', 'found_in_park', 'call_police')).toEqual([
    'search_house starts',
    'found_in_park starts',
    'found_in_park ends',
    'search_house is cancelled',
  ])
  expect(story.record).toMatchObject({ status: 'completed', output: { found: 'park' } })
})
