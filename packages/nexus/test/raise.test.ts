import { expect, test } from 'vitest'
import { setup } from './world.ts'

const raise = (members: string): string => `  - a: { raise: { error: { ${members} } } }\n`

test('the texts of a raised error are texts, whatever their expressions give', async () => {
  await using world = await setup()
  const told = "type: 'errors:odd', status: 418, title: '${ .n }', detail: '${ . }', instance: '${ null }'"
  const { error } = await world.run(raise(told), { input: { n: 5 } })
  expect(error).toEqual({
    type: 'errors:odd',
    status: 418,
    title: '5',
    detail: '{"n":5}',
    instance: '/do/0/a',
  })
})

test('an error without a type is none, and faults as an expression that failed', async () => {
  await using world = await setup()
  const { error } = await world.run(raise("type: '${ .kind }', status: 418"))
  expect(error).toMatchObject({ status: 400, detail: expect.stringContaining('null') })
  expect(error?.type).toMatch(/\/errors\/expression$/)
})
