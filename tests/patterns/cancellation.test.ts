/** The cancellation and completion patterns: a task, a region, a whole run, many instances of one task. */
import { afterAll, expect, test } from 'vitest'
import { setup } from './world.ts'

const world = await setup()
afterAll(() => world.close())

test('19 Cancel Task: a task under way is cancelled when its withdrawal comes, and the flow goes on', async () => {
  const play = await world.play('19-cancel-task')
  await play.started('withdrawal')
  await play.signal('assessment.withdrawn')
  const story = await play.story()
  expect(story.of('assess_damage', 'close_claim')).toEqual([
    'assess_damage starts',
    'assess_damage is cancelled',
    'close_claim starts',
    'close_claim ends',
  ])
  expect(story.record).toMatchObject({ status: 'completed', output: { damage: null } })

  const undisturbed = await world.play('19-cancel-task')
  await undisturbed.started('withdrawal')
  await undisturbed.signal('damage.assessed', 1200)
  const whole = await undisturbed.story()
  expect(whole.of('assess_damage')).toEqual(['assess_damage starts', 'assess_damage ends'])
  expect(whole.record.output).toMatchObject({ damage: 1200 })
})

test('20 Cancel Case: what is under way is cancelled, nothing more begins, and the run has not succeeded', async () => {
  const play = await world.play('20-cancel-case')
  await play.started('visit_house')
  await play.cancel()
  const story = await play.story()
  expect(story.record.status).toBe('cancelled')
  expect(story.record.tasks.map(({ name, status }) => [name, status])).toEqual([
    ['apply_for_mortgage', 'completed'],
    ['examine', 'cancelled'],
    ['check_income', 'cancelled'],
    ['value_house', 'cancelled'],
    ['visit_house', 'cancelled'],
  ])
  expect(story.record.events.at(-1)?.type).toMatch(/workflow\.cancelled/)
})

test('25 Cancel Region: all of the region is withdrawn, what is outside goes on', async () => {
  const play = await world.play('25-cancel-region')
  await play.started('receive_visitors')
  await play.signal('advertisement.printed')
  await play.ended('print_advertisement')
  await play.signal('advertising.stopped')
  await play.ended('unless_withdrawn')
  expect((await play.soFar()).times('move_out')).toBe(0)
  await play.signal('fence.painted')
  const story = await play.story()
  expect(story.of('write_advertisement', 'print_advertisement', 'receive_visitors', 'take_offers')).toEqual([
    'write_advertisement starts',
    'write_advertisement ends',
    'print_advertisement starts',
    'receive_visitors starts',
    'print_advertisement ends',
    'receive_visitors is cancelled',
  ])
  expect(story.of('region', 'paint_fence', 'move_out').slice(2)).toEqual([
    'region is cancelled',
    'paint_fence ends',
    'move_out starts',
    'move_out ends',
  ])
  expect(story.record.status).toBe('completed')
})

const proteins = ['p1', 'p2', 'p3']

test('26 Cancel Multiple Instance Task: the instances under way are cancelled, and nothing follows', async () => {
  const play = await world.play('26-cancel-multiple-instance-task', { proteins })
  await play.started('test_protein', 3)
  await play.signal('protein.tested', 'p2')
  await play.ended('test_protein')
  await play.signal('tests.withdrawn')
  const story = await play.story()
  expect(story.of('test_protein', 'evaluate').slice(3)).toEqual([
    'test_protein ends',
    'test_protein is cancelled',
    'test_protein is cancelled',
  ])

  const undisturbed = await world.play('26-cancel-multiple-instance-task', { proteins })
  for (const protein of proteins) await undisturbed.signal('protein.tested', protein)
  const whole = await undisturbed.story()
  expect(whole.record.output).toEqual({ evaluated: proteins })
})

test('27 Complete Multiple Instance Task: the instances under way are withdrawn, and the flow goes on with the others', async () => {
  const play = await world.play('27-complete-multiple-instance-task', { proteins })
  await play.started('test_protein', 3)
  await play.signal('protein.tested', 'p2')
  await play.ended('test_protein')
  expect((await play.soFar()).times('evaluate')).toBe(0)
  await play.signal('tests.complete')
  const story = await play.story()
  expect(story.of('test_protein', 'evaluate').slice(3)).toEqual([
    'test_protein ends',
    'test_protein is cancelled',
    'test_protein is cancelled',
    'evaluate starts',
    'evaluate ends',
  ])
  expect(story.record.output).toEqual({ evaluated: ['p2'] })
})
