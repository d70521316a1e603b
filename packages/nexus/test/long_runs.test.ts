import { expect, test } from 'vitest'
import type { LiveRun, RunEvent } from '../src/index.ts'
import { documentOf, setup } from './world.ts'

const heard = (live: LiveRun, type: RunEvent['type']): Promise<void> =>
  new Promise((resolve) => live.listen((event) => event.type === type && resolve()))

const pauseAt = (at: number): string =>
  `{ pause: { if: '$context.n == ${at}', listen: { to: { one: { with: { type: go } } } }, output: { as: $context } } }`

/** Counts in the context, and asks the context whether to go on. */
const loop = `  - loop:
      for: { each: i, in: '\${ [range(2000)] }' }
      while: $context.n < 1500
      do:
        - count: { set: '\${ {n: ($context.n + 1), i: $i} }', export: { as: '{n: .n}' } }
        - ${pauseAt(1_234)}
        - back: { set: '\${ $context + {i: $i} }' }
`

/** The same by `then`, in a list that goes round. */
const round = `  - count: { set: '\${ {n: ($context.n + 1)} }', export: { as: . } }
  - ${pauseAt(1_234)}
  - again: { switch: [ { more: { when: '$context.n < 1500', then: count } }, { done: { then: end } } ] }
`

test.each([
  ['a loop', loop, { n: 1_500, i: 1_499 }],
  ['a list that goes round', round, { n: 1_500 }],
])(
  '%s goes on from where it stood, and computes the same as without a restart',
  async (_what, tasks, output) => {
    await using world = await setup()
    const live = await world.nexus.run(world.nexus.check(documentOf(tasks)), { n: 0 })
    await heard(live, 'listen.begun')
    const nexus = await world.restart()
    await nexus.runs.signal(live.id, { type: 'go' })
    const resumed = await nexus.runs.resume(live.id)
    const again: string[] = []
    resumed.listen((event) => event.type === 'task.ended' && again.push(event.path))
    expect(await resumed.ended).toEqual({ status: 'completed', output })
    const record = await nexus.runs.get(live.id)
    const attempts = record.tasks.filter(({ name }) => name === 'count').map((task) => task.attempts)
    expect(attempts).toHaveLength(1_500)
    expect(Math.max(...attempts)).toBe(1)
  },
)

test(
  'a payload of many megabytes goes through the blob store, and is there once',
  { timeout: 60_000 },
  async () => {
    await using world = await setup()
    const tasks = `  - big: { set: { text: '\${ "0123456789abcdef" * 1250000 }' } }
  - same: { set: '\${ . }' }
  - short: { set: { length: '\${ .text | length }' } }
`
    const record = await world.run(tasks)
    expect(record.output).toEqual({ length: 20_000_000 })
    expect(record.tasks[0]?.output).toEqual(record.tasks[1]?.output)
  },
)
