import { expect, test } from 'vitest'
import { documentOf, setup } from './world.ts'

const roundAndRound = `  - count: { set: { n: '\${ (.n // 0) + 1 }' } }
  - again: { switch: [{ on: { when: .n > 0, then: count } }, { over: { then: end } }] }
`

test('a run that goes round and round without a wait lets others run, and can be cancelled', async () => {
  await using world = await setup()
  const { nexus } = world
  const busy = await nexus.run(nexus.check(documentOf(roundAndRound)), {})
  await new Promise<void>((resolve) => busy.listen((event) => event.type === 'task.ended' && resolve()))
  expect(await world.run('  - quick: { set: { x: 1 } }\n')).toMatchObject({ status: 'completed' })
  expect(nexus.runs.inProgress).toBe(1)
  await nexus.runs.cancel(busy.id)
  expect(await busy.ended).toEqual({ status: 'cancelled' })
})

test('a timeout ends a run that goes round and round', async () => {
  await using world = await setup()
  const record = await world.run(roundAndRound, { head: 'timeout: { after: { milliseconds: 50 } }' })
  expect(record.error).toMatchObject({ status: 408 })
})
