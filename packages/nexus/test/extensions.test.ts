import { expect, test } from 'vitest'
import { setup } from './world.ts'

const extensions = (text: string): string => `use:\n  extensions:\n${text}`

test('an extension runs its tasks before and after those that it extends, and not around its own', async () => {
  await using world = await setup()
  const record = await world.run(
    "  - a: { set: { x: 1 } }\n  - b: { do: [{ c: { set: { y: '${ .x + 1 }' } } }] }\n",
    {
      head: extensions(`    - log:
        extend: set
        before: [{ say: { set: { about: '\${ $task.reference }' } } }]
        after: [{ said: { set: { seen: '\${ . }' } } }]`),
    },
  )
  expect(record).toMatchObject({ status: 'completed', output: { y: 2 } })
  expect(record.tasks.map(({ path, output }) => [path, output])).toEqual([
    ['/do/0/a', { x: 1 }],
    ['/do/0/a/extension/log/before/0/say', { about: '/do/0/a' }],
    ['/do/0/a/extension/log/after/0/said', { seen: { x: 1 } }],
    ['/do/1/b', { y: 2 }],
    ['/do/1/b/do/0/c', { y: 2 }],
    ['/do/1/b/do/0/c/extension/log/before/0/say', { about: '/do/1/b/do/0/c' }],
    ['/do/1/b/do/0/c/extension/log/after/0/said', { seen: { y: 2 } }],
  ])
})

test('an extension that is left by exit stands in for the task, where its condition holds', async () => {
  await using world = await setup()
  const call = (url: string): string => `{ call: http, with: { method: get, endpoint: '${url}' } }`
  const head = extensions(`    - mock:
        extend: call
        when: ($task.with.endpoint | startswith("https://mocked.example"))
        before: [{ answer: { set: { mocked: true }, then: exit } }]`)
  const mocked = await world.run(`  - a: ${call('https://mocked.example/x')}\n`, { head })
  expect(mocked).toMatchObject({ status: 'completed', output: { mocked: true } })
  const real = await world.run(`  - a: ${call('http://127.0.0.1:1/x')}\n`, { head })
  expect(real.status).toBe('faulted')
})
