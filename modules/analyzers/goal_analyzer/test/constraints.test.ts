/** Constraints that come with a goal: applied, left to whoever runs the plan, or refused by their names. */
import { expect, test } from 'vitest'
import { namesOf, setup } from './world.ts'

const goal = 'Read people.json, sort it by age and write it to out.json'

test('a time limit is a timeout of the whole, from the constraints and from the goal', async () => {
  const { plan } = await setup()
  const timeout = { after: { milliseconds: 600_000 } }
  expect((await plan(goal, { constraints: { timeout_ms: 600_000 } })).workflow).toMatchObject({ timeout })
  expect((await plan(goal, { constraints: ['within 10 minutes'] })).workflow).toMatchObject({ timeout })
  expect((await plan(`Within 10 minutes, ${goal}`)).workflow).toMatchObject({ timeout })
  expect((await plan(goal)).workflow).not.toHaveProperty('timeout')
})

test('a time limit behind a clause is for that clause, and the plan says so', async () => {
  const { plan } = await setup()
  const { workflow, assumptions } = await plan('Fetch https://example.com within 10 seconds, then count it')
  expect(workflow['do']).toMatchObject([
    { in_time: { timeout: { after: { milliseconds: 10_000 } }, do: [expect.anything()] } },
    {},
  ])
  expect(assumptions.join()).toContain('Fetch https://example.com within 10 seconds')
})

test('a number of steps is kept to', async () => {
  const { plan, refusal } = await setup()
  expect(namesOf(await plan(goal, { constraints: { max_steps: 3 } }))).toHaveLength(3)
  for (const constraints of [{ max_steps: 2 }, 'in at most 2 steps', ['with no more than two steps']])
    expect((await refusal(goal, { constraints })).message).toContain('more than 2 steps')
})

test('without network nothing that reaches it or may reach it is planned', async () => {
  const { plan, refusal } = await setup()
  const capabilities = [{ task: 'weather.today' }, { task: 'run.shell' }, { task: 'http' }, { task: 'do' }]
  for (const constraints of [{ network: false }, 'without network access', 'offline']) {
    await plan(goal, { constraints })
    for (const reaching of ['Fetch https://example.com', 'Run the command "curl x"', 'Call weather.today'])
      expect((await refusal(reaching, { constraints, capabilities })).message).toContain('network')
  }
})

test('a capability that is ruled out is not planned with', async () => {
  const { refusal } = await setup()
  expect((await refusal(goal, { constraints: { without: ['run.shell'] } })).message).toContain('rule out')
})

test('what nexus.goal keeps to by itself is left to it', async () => {
  const { plan } = await setup()
  const constraints = {
    max_retries: 2,
    max_replans: 1,
    depth: 1,
    budget: { usd: 1 },
    approve: true,
    expect: '.',
  }
  expect(namesOf(await plan(goal, { constraints }))).toHaveLength(3)
})

test.for([
  [{ max_step: 2 }, '“max_steps”'],
  [{ colour: 'red' }, '“colour”'],
  [{ max_steps: 0 }, '“max_steps”'],
  [{ network: 'no' }, '“network”'],
  [{ without: 'http' }, '“without”'],
  [{ timeout_ms: -1 }, '“timeout_ms”'],
  ['be quick', 'be quick'],
  [['without network', 'in blue'], 'in blue'],
  [['in at most 2 steps and quietly'], 'quietly'],
  [7, '7'],
] as const)('the constraint %j is refused by its name', async ([constraints, words]) => {
  const { refusal } = await setup()
  const given = JSON.parse(JSON.stringify(constraints))
  expect((await refusal(goal, { constraints: given })).message).toContain(words)
})

test('a budget in the goal is refused, and it is said where it belongs', async () => {
  const { refusal } = await setup()
  for (const words of ['with a budget of $5', 'for at most 5 USD', 'with a budget of 1000 tokens'])
    expect((await refusal(`Count sales.csv ${words}`)).message).toContain('constraint `budget`')
})
