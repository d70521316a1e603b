/** The state-based patterns: what happens depends on what is under way. */
import { afterAll, expect, test } from 'vitest'
import { setup, type Story } from './world.ts'

const world = await setup()
afterAll(() => world.close())

/** Whether no two of these tasks were ever under way at the same time. */
function neverOverlap(story: Story, ...tasks: string[]): boolean {
  const lines = story.of(...tasks)
  return lines.every((line, index) => line.endsWith(index % 2 === 0 ? ' starts' : ' ends'))
}

test('16 Deferred Choice: the first thing to happen chooses, and at that moment the other offers are withdrawn', async () => {
  const offers = ['payment', 'complaint', 'deadline']
  const play = await world.play('16-deferred-choice', { patience: 'PT1H' })
  await play.started('deadline')
  expect((await play.soFar()).of(...offers)).toEqual(offers.map((offer) => `${offer} starts`))
  await play.signal('invoice.disputed')
  await play.signal('invoice.paid')
  const story = await play.story()
  expect(
    story
      .of(...offers)
      .slice(3)
      .toSorted(),
  ).toEqual(['complaint ends', 'deadline is cancelled', 'payment is cancelled'])
  expect(story.of('what_comes_first', 'thank', 'examine', 'remind').slice(1)).toEqual([
    'what_comes_first ends',
    'examine starts',
    'examine ends',
  ])

  const late = await world.tell('16-deferred-choice', { patience: 'PT0.01S' })
  expect(
    late
      .of(...offers)
      .slice(3)
      .toSorted(),
  ).toEqual(['complaint is cancelled', 'deadline ends', 'payment is cancelled'])
  expect(late.of('thank', 'examine', 'remind')).toEqual(['remind starts', 'remind ends'])
})

test('17 Interleaved Parallel Routing: one task at a time, in an order that keeps what must come before what', async () => {
  const play = await world.play('17-interleaved-parallel-routing')
  for (const type of ['goods.packed', 'invoice.printed', 'goods.picked']) await play.signal(type)
  const story = await play.story()
  const tasks = ['print_invoice', 'pack_goods', 'pick_goods']
  expect(neverOverlap(story, ...tasks)).toBe(true)
  const happened = story.of(...tasks, 'send_order')
  expect(happened.toSorted()).toEqual(
    [...tasks, 'send_order'].flatMap((task) => [`${task} ends`, `${task} starts`]).toSorted(),
  )
  expect(happened.indexOf('pick_goods ends')).toBeLessThan(happened.indexOf('pack_goods starts'))
  expect(happened.slice(-2)).toEqual(['send_order starts', 'send_order ends'])
})

test('39 Critical Section: a section begins when the one under way has ended, what is outside runs meanwhile', async () => {
  const play = await world.play('39-critical-section')
  for (const type of ['insurance.card_read', 'insurance.confirmed', 'deposit.card_read'])
    await play.signal(type)
  await play.started('confirm_deposit')
  await play.signal('rooms.chosen')
  await play.ended('choose_rooms')
  await play.signal('deposit.confirmed')
  const story = await play.story()
  expect(neverOverlap(story, 'pay_deposit', 'pay_insurance')).toBe(true)
  expect(story.of('pay_deposit', 'pay_insurance')).toHaveLength(4)
  expect(story.of('choose_rooms', 'pay_deposit', 'pay_insurance').slice(2)).toEqual([
    'choose_rooms ends',
    'pay_deposit ends',
    'pay_insurance starts',
    'pay_insurance ends',
  ])
})

test('40 Interleaved Routing: each task is done once, one at a time, in the order that the outside makes', async () => {
  const tasks = { oil: 'check_oil', feeder: 'test_feeder', warranty: 'review_warranty' }
  for (const order of [
    ['feeder', 'warranty', 'oil'],
    ['warranty', 'oil', 'feeder'],
  ] as const) {
    const play = await world.play('40-interleaved-routing')
    for (const what of order) await play.signal(`${what}.wanted`)
    for (const type of ['oil.checked', 'feeder.tested', 'warranty.reviewed']) await play.signal(type)
    const story = await play.story()
    expect(story.of(...Object.values(tasks), 'sign_off')).toEqual(
      [...order.map((what) => tasks[what]), 'sign_off'].flatMap((task) => [`${task} starts`, `${task} ends`]),
    )
  }
})
