import { expect, test } from 'vitest'
import { setup } from './world.ts'

const loose = 'evaluate: { mode: loose }'

test('in loose mode any text may be an expression, and one that is none stays as it is', async () => {
  await using world = await setup()
  const tasks = `  - a:
      set:
        bare: .n + 1
        wrapped: '\${ .n * 2 }'
        words: see you at ten
        fails: .n | error
        deep: [ { twice: [.n, .n] }, 'length' ]
`
  const { output } = await world.run(tasks, { input: { n: 20 }, head: loose })
  expect(output).toEqual({
    bare: 21,
    wrapped: 40,
    words: 'see you at ten',
    fails: '.n | error',
    deep: [{ twice: [20, 20] }, 1],
  })
})

test('in loose mode calls take bare expressions too', async () => {
  await using world = await setup()
  const tasks = '  - call: { call: twice, with: { of: .ms } }\n'
  const head = `${loose}\nuse: { functions: { twice: { set: { result: .of * 2 } } } }`
  const { output, error } = await world.run(tasks, { input: { ms: 4 }, head })
  expect(error).toBeNull()
  expect(output).toEqual({ result: 8 })
})

test('in strict mode a bare expression is a text', async () => {
  await using world = await setup()
  expect((await world.run('  - a: { set: { bare: .n + 1 } }\n', { input: { n: 1 } })).output).toEqual({
    bare: '.n + 1',
  })
})
