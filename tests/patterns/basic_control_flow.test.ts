/** The basic control-flow patterns: sequence, parallel split, synchronization, choice and merge. */
import { afterAll, expect, test } from 'vitest'
import { setup } from './world.ts'

const world = await setup()
afterAll(() => world.close())

test('1 Sequence: each task begins when the one before it has ended, with what that one gave', async () => {
  const story = await world.tell('01-sequence', { order: 7 })
  expect(story.of('take_order', 'pack_goods', 'send_parcel')).toEqual([
    'take_order starts',
    'take_order ends',
    'pack_goods starts',
    'pack_goods ends',
    'send_parcel starts',
    'send_parcel ends',
  ])
  const { tasks, output } = story.record
  expect(tasks.slice(1).map(({ input }) => input)).toEqual(tasks.slice(0, -1).map((task) => task.output))
  expect(output).toEqual({ order: 7, steps: ['taken', 'packed', 'sent'] })
})

test('2 Parallel Split: every branch is under way before any has ended, and they end in any order', async () => {
  const play = await world.play('02-parallel-split', { room: 'vault' })
  await play.started('send_guards')
  await play.started('call_police')
  await play.signal('police.called')
  await play.ended('call_police')
  await play.signal('guards.arrived')
  const story = await play.story()
  expect(story.of('detect_alarm', 'send_guards', 'call_police')).toEqual([
    'detect_alarm starts',
    'detect_alarm ends',
    'send_guards starts',
    'call_police starts',
    'call_police ends',
    'send_guards ends',
  ])
})

test('3 Synchronization: what follows begins once, and only when the last branch has ended', async () => {
  const play = await world.play('03-synchronization')
  await play.started('count_cash')
  await play.signal('receipts.printed', 12)
  await play.ended('print_receipts')
  expect((await play.soFar()).times('reconcile')).toBe(0)
  await play.signal('cash.counted', 340)
  const story = await play.story()
  expect(story.of('count_cash', 'print_receipts', 'reconcile')).toEqual([
    'count_cash starts',
    'print_receipts starts',
    'print_receipts ends',
    'count_cash ends',
    'reconcile starts',
    'reconcile ends',
  ])
  expect(story.record.output).toEqual({ cash: 340, receipts: 12 })
})

test('4 Exclusive Choice: exactly one branch runs, the first whose condition holds', async () => {
  for (const { input, taken } of [
    { input: { weight: 40, urgent: false }, taken: 'send_by_truck' },
    { input: { weight: 40, urgent: true }, taken: 'send_by_truck' },
    { input: { weight: 2, urgent: true }, taken: 'send_by_plane' },
    { input: { weight: 2, urgent: false }, taken: 'send_by_post' },
  ]) {
    const story = await world.tell('04-exclusive-choice', input)
    const happened = story.of('send_by_truck', 'send_by_plane', 'send_by_post')
    expect(happened).toEqual([`${taken} starts`, `${taken} ends`])
  }
})

test('5 Simple Merge: the flow goes on once behind the branch taken, and waits for no other', async () => {
  for (const { card, taken, paid } of [
    { card: true, taken: 'charge_card', paid: 'card' },
    { card: false, taken: 'count_cash', paid: 'cash' },
  ]) {
    const story = await world.tell('05-simple-merge', { card })
    expect(story.of('charge_card', 'count_cash', 'give_receipt')).toEqual([
      `${taken} starts`,
      `${taken} ends`,
      'give_receipt starts',
      'give_receipt ends',
    ])
    expect(story.record.output).toEqual({ receipt: `paid by ${paid}` })
  }
})
