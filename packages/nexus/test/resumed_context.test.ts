/**
 * A run that is closed in the middle and resumed decides as it did before, although the context has changed since.
 */
import { expect, test } from 'vitest'
import type { RunRecord } from '../src/index.ts'
import { documentOf, setup } from './world.ts'

const counting = `  - start: { set: { start: true }, export: { as: '{n: 0}' } }
  - count:
      for: { each: item, in: '[range(6)]' }
      while: $context.n == $index and $index < 4
      do:
        - step: { run: { shell: { command: echo step } }, export: { as: '{n: ($context.n + 1), items: ["a", "b", "c"]}' } }
  - each:
      input: { from: '{items: $context.items}' }
      call: nexus.map
      with:
        in: .items
        each: item
        concurrency: 1
        do:
          - work: { run: { shell: { command: 'echo "$ITEM"', environment: { ITEM: '\${ $item }' } } }, export: { as: '{n: 0, items: []}' } }
`

test('conditions and inputs that read the context come out the same after a restart at any event', async () => {
  await using world = await setup()
  const whole = await world.run(counting)
  expect(whole).toMatchObject({ status: 'completed' })
  for (let events = 1; events <= 26; events += 1) {
    const { nexus } = world
    const live = await nexus.run(nexus.check(documentOf(counting)), {})
    await heard(live, events)
    const again = await world.restart()
    const resumed = await again.runs.resume(live.id).catch(() => undefined)
    await resumed?.ended
    expect(doneIn(await again.runs.get(live.id))).toEqual(doneIn(whole))
  }
}, 60_000)

/** What ran, and what came of it. */
function doneIn({ output, tasks }: RunRecord): unknown {
  return { output, paths: tasks.map(({ path }) => path).toSorted() }
}

function heard(
  live: { listen(listener: () => void): () => void; ended: Promise<unknown> },
  count: number,
): Promise<unknown> {
  const enough = Promise.withResolvers<void>()
  let left = count
  live.listen(() => {
    if (--left <= 0) enough.resolve()
  })
  return Promise.race([enough.promise, live.ended])
}
