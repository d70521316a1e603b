/** Input that somebody made to break things: a right answer or a fault, and soon. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Json, JsonObject } from '@nexus/sdk'
import { arrows, graphOf, set, shell, view } from './world.ts'

async function soon<Value>(work: () => Promise<Value>): Promise<Value> {
  const begin = performance.now()
  const value = await work()
  expect(performance.now() - begin).toBeLessThan(5_000)
  return value
}

test.each([
  ['an expression', set(`\${ ${'$tasks.a + '.repeat(90_000)} 1 }`)],
  ['an expression that never ends', set(`\${ ${'("\\('.repeat(200_000)} }`)],
  ['a command', shell(`cat ${'a"b\'c >> '.repeat(100_000)}`)],
  ['a command of one quote', shell(`"${'\\"'.repeat(500_000)}`)],
  ['a query', { call: 'query.sql', with: { connection: 'd', query: 'FROM ('.repeat(170_000) } }],
  [
    'a query of names',
    { call: 'query.sql', with: { connection: 'd', query: `FROM ${'a.'.repeat(500_000)}` } },
  ],
  ['a query of comments', { call: 'query.sql', with: { connection: 'd', query: '/*'.repeat(500_000) } }],
  [
    'a query that repeats a clause',
    { call: 'query.sql', with: { connection: 'd', query: 'from a, '.repeat(120_000) } },
  ],
  ['an export', shell('id', { export: { as: `\${ $context + {${'a: {'.repeat(200_000)} }` } })],
  [
    'an address',
    { call: 'http', with: { method: 'get', endpoint: `https://example.com/${'{'.repeat(1_000_000)}` } },
  ],
  ['a path', { call: 'files.read', with: { path: 'a'.repeat(1_000_000) } }],
])('a megabyte of %s takes no time', async (_what, task: JsonObject) => {
  const graph = await soon(() => graphOf({ tasks: [{ a: set(1) }, { b: task }] }))
  expect(graph.tasks).toHaveLength(2)
})

test('a value that is nested as deep as JSON may be is looked through', async () => {
  let deep: Json = '${ $tasks.a }'
  for (let level = 0; level < 900; level++) deep = [deep]
  expect(arrows(await graphOf({ tasks: [{ a: set(1) }, { b: set(deep) }] }))).toEqual(['a → b'])
})

test('any names at all come back as they were, and are told apart', async () => {
  const names = fc.uniqueArray(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 2, maxLength: 6 })
  await fc.assert(
    fc.asyncProperty(names, async (given) => {
      const safe = given.filter((name) => name !== '__proto__')
      const tasks = safe.map((name) => ({ [name]: set(1) }))
      const after = Object.fromEntries(safe.slice(1).map((name, at) => [name, [safe[at] ?? '']]))
      const graph = await graphOf({ tasks, after })
      expect(graph.critical_path).toEqual(safe)
      for (const format of ['mermaid', 'dot', 'tree']) {
        const lines = (await view({ tasks, after, format })).trimEnd().split('\n')
        const more = format === 'tree' ? 1 : format === 'dot' ? safe.length + 2 : safe.length
        expect(lines).toHaveLength(safe.length + more)
      }
    }),
    { numRuns: 50 },
  )
})

test('any JSON for a task is analysed or refused with a fault', async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue(), async (value) => {
      const outcome = await graphOf({
        tasks: [{ a: value as Json }, { b: { call: 'x', with: value as Json } }],
      }).catch((error: Error) => error)
      if (outcome instanceof Error) expect(outcome.name).toBe('TaskFault')
    }),
    { numRuns: 300 },
  )
})

test.each([
  ['looked up', (at: number) => `Retrieve thing ${at} of the list`],
  ['derived in one form', (at: number) => `Count the marbles of jar ${at} in the list`],
  ['derived and brought together', (at: number) => `Count both marbles of jar ${at} in the list`],
  ['all for a case', (at: number) => `Play outside if it is dry on day ${at}`],
  ['that share nothing', (at: number) => `Fetch "thing${at}"`],
])('ten thousand steps in words, %s, take no time', async (_, textOf) => {
  const tasks = Array.from({ length: 10_000 }, (_entry, at) => ({ name: `s${at}`, text: textOf(at) }))
  expect((await soon(() => graphOf({ tasks }))).tasks).toHaveLength(10_000)
})

test.each(['if ', 'the a-', '"', "' ", 'steps 1 and ', 'A1', '\u{10400} ', '$tasks.a', '$tasks["', '\n'])(
  'a megabyte of %j as a step takes no time',
  async (part) => {
    const text = `Find ${part.repeat(1_000_000 / part.length)}`
    const tasks = ['a', 'b', 'c'].map((name) => ({ name, text }))
    expect((await soon(() => graphOf({ tasks }))).tasks).toHaveLength(3)
  },
)
