import { expect, test } from 'vitest'
import { setup } from './world.ts'

const refused = {
  status: 400,
  type: expect.stringMatching(/\/errors\/expression$/),
  detail: expect.stringContaining('nested deeper than 1000 levels'),
}

for (const [what, task] of [
  ['sets', "set: { v: '${ reduce range(5000) as $n (null; [.]) }' }"],
  ['sets, over and over', "for: { in: '${ [range(1200)] }' }, do: [{ wrap: { set: { v: '${ . }' } } }]"],
  ['transforms', "set: { v: 1 }, output: { as: 'reduce range(5000) as $n (null; [.])' }"],
] as const) {
  test(`data that a task ${what} beyond any sensible depth is a fault of its expression`, async () => {
    await using world = await setup()
    const { error, status } = await world.run(`  - a: { ${task} }\n`)
    expect({ status, error }).toMatchObject({ status: 'faulted', error: refused })
  })
}
