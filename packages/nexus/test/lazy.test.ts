/** Who only checks documents starts no modules: their set-up may reach what it should reach once. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { documentOf, setup, version } from './world.ts'

const tell = '  - tell: { call: tell, with: { n: 1 } }\n'

test('a lazy Nexus knows what modules do, and starts them with their first task', async () => {
  await using world = await setup()
  version(world, '1.0.0')
  const nexus = await world.restart({ lazy: true, modules: [join(world.folder, 'v1.0.0')] })
  const loaded = (): readonly string[] =>
    nexus.modules
      .list()
      .filter(({ state, source }) => state === 'loaded' && source !== 'kernel')
      .map(({ id }) => id)
  const checked = await nexus.complete(nexus.check(documentOf(tell)))
  expect(checked.problems).toEqual([])
  expect(loaded()).toEqual([])
  const live = await nexus.run(checked, {})
  await live.ended
  expect(loaded()).toContain('teller')
})
