/** The golden set: each goal is planned, its plan is run, and what comes of it is what the set says. */
import { afterAll, expect, test } from 'vitest'
import { connectives, goldenSet } from './golden_set.ts'
import { setup } from './world.ts'

/** `npm run goals` runs them all; here are the first sets, every third of the later ones, and nothing that is missed so far. */
const goals = goldenSet().filter(({ missed, context }, at) => missed !== true && (!context || at % 3 === 0))
const world = await setup()
afterAll(() => world[Symbol.asyncDispose]())

test('the set is what it is said to be', () => {
  expect(goals.length).toBeGreaterThanOrEqual(120)
  expect(goals.filter(({ goal }) => connectives(goal) >= 2).length).toBeGreaterThanOrEqual(goals.length / 2)
  expect(goals.filter(({ refused }) => refused !== undefined).length).toBeGreaterThanOrEqual(20)
})

test.for(goals.map((goal) => [goal.goal, goal] as const))('%s', async ([, goal]) => {
  const verdict = await world.judge(goal)
  expect(verdict.why).toBeUndefined()
  expect(verdict.kind).toBe(goal.refused ? 'refused' : 'right')
})

/** The same table work in jq, where nothing queries files. */
const overFiles = goals.filter(
  ({ goal, context, refused, faults }) => goal.includes('.csv') && !context && !refused && !faults,
)

test.for(overFiles.map((goal) => [goal.goal, goal] as const))('without query.sql: %s', async ([, goal]) => {
  const verdict = await world.judge({ ...goal, without: [...(goal.without ?? []), 'query.sql'] })
  expect(verdict.why).toBeUndefined()
})
