/** What is refused, and how: with the words, their places, and the nearest thing that can be done. */
import { expect, test } from 'vitest'
import { setup } from './world.ts'

test('an unknown verb is named with its place, and the nearest one is shown', async () => {
  const { refusal } = await setup()
  const fault = await refusal('Read sales.csv and cuont the rows')
  expect(fault.error).toMatchObject({ type: expect.stringContaining('/validation'), status: 400 })
  expect(fault.message).toContain('“cuont” (characters 20–24)')
  expect(fault.message).toContain('“count”')
})

test('a word that nothing takes is never left out', async () => {
  const { refusal } = await setup()
  for (const goal of [
    'Count the rows of sales.csv sideways',
    'Read sales.csv quickly',
    'Sort sales.csv by amount and city backwards',
    'Summarise sales.csv for my boss',
  ]) {
    const word = goal.split(' ').findLast((one) => !['my', 'boss'].includes(one)) ?? ''
    expect((await refusal(goal)).message).toContain(word)
  }
})

test.for([
  ['a pronoun with nothing before it', 'Count it', '“it”'],
  ['a column that is not said', 'Sum sales.csv', 'which column'],
  ['a join without a column', 'Join a.csv and b.csv', 'by which column'],
  ['a database without a table', 'Read shop.db', 'which table'],
  ['a deletion of a file', 'Remove sales.csv', 'files are never deleted'],
  ['one thing in parallel', 'Read a.csv in parallel', 'Only one thing'],
  ['an append to JSON', 'Append the line "x" to a.json', 'JSON'],
  ['two things where one is meant', 'Read a.csv and b.csv, then sort both by x', 'More than one thing'],
  ['a number of times that is none', 'Fetch https://example.com, retrying up to 0 times', '1 to 1000'],
])('%s is refused', async ([, goal, words]) => {
  const { refusal } = await setup()
  expect((await refusal(goal ?? '')).message).toContain(words)
})

test('an empty goal, one of a megabyte and one with signs that nobody sees are refused', async () => {
  const { refusal } = await setup()
  expect((await refusal('')).message).toContain('empty')
  expect((await refusal(' \n\t ')).message).toContain('empty')
  expect((await refusal('…?!')).message).toContain('says nothing')
  expect((await refusal('x'.repeat(1_000_000))).message).toContain('at most 10000')
  expect((await refusal('Read sales.csv\u0000')).message).toContain('U+0000')
  expect((await refusal('Read \u202efdp.selas')).message).toContain('U+202E')
  expect((await refusal('count '.repeat(500))).message).toContain('400')
})

test('a capability that is not installed is named', async () => {
  const { refusal } = await setup()
  const capabilities = [{ task: 'run.shell' }]
  expect((await refusal('Fetch https://example.com', { capabilities })).message).toContain('`http`')
  expect(
    (await refusal('Call weathr.today with city "Rome"', { capabilities: [{ task: 'weather.today' }] }))
      .message,
  ).toContain('weather.today')
  const unhealthy = [{ task: 'http', healthy: false }]
  expect((await refusal('Fetch https://example.com', { capabilities: unhealthy })).message).toContain(
    '`http`',
  )
})

test('a capability is called by its name, and what it is given is checked against its schema', async () => {
  const { plan, refusal } = await setup()
  const input_schema = {
    type: 'object',
    required: ['city'],
    additionalProperties: false,
    properties: { city: { type: 'string' } },
  }
  const capabilities = [{ task: 'weather.today', input_schema }]
  const planned = await plan('Call weather.today with city "Rome"', { capabilities })
  expect(planned.workflow['do']).toMatchObject([
    { weather_today: { call: 'weather.today', with: { city: 'Rome' } } },
  ])
  expect((await refusal('Call weather.today with town "Rome"', { capabilities })).message).toContain(
    'takes no town',
  )
})

test('a plan of more steps than asked for is refused', async () => {
  const { refusal } = await setup()
  expect((await refusal('Read a.csv, sort it by x, then count it', { max_steps: 2 })).message).toContain(
    'max_steps',
  )
})

test('without capabilities in the input the kernel is asked', async () => {
  const { module, contextOf } = await setup()
  const input = { goal: 'Say "hello"' }
  const asked = {
    ...contextOf(input),
    inputData: input,
    call: async () => ({ capabilities: [{ task: 'run.shell' }] }),
  }
  expect(await module.analyze(asked)).toMatchObject({ planner: 'patterns' })
})

test.for([
  ['points behind an address', `Fetch http://${'.'.repeat(99_000)}x`],
  ['points in a name', `Read a${'.'.repeat(99_000)}b`],
  ['slashes in an address', `Fetch http://x/${'/'.repeat(99_000)}x`],
  ['digits', `Count ${'1'.repeat(99_000)}x`],
  ['thousands', `Count ${'1,000'.repeat(20_000)}x`],
  ['quotes that are not closed', `Say ${'"a" \''.repeat(20_000)}`],
  ['brackets', `Say ${'{['.repeat(49_000)}`],
  ['blanks', `Say${' '.repeat(99_000)}"a"`],
  ['underscores', `Read ${'_'.repeat(99_000)}.csv`],
])('a goal of a hundred thousand %s is answered soon', async ([, goal]) => {
  const { plan } = await setup({ goal_length_max: 100_000 })
  const before = process.cpuUsage()
  await plan(goal ?? '').catch((error: unknown) => error)
  expect(process.cpuUsage(before).user / 1000).toBeLessThan(1_000)
})
