import { expect, test } from 'vitest'
import { setup, type World } from './shell.ts'

const goal = (world: World, ...args: string[]) =>
  world.nexus('goal', ...args, '--data', `${world.folder}/data`)

test('a goal shows its plan, its tasks and its answer', async () => {
  using world = setup()
  const { code, out } = await goal(world, 'Say "hello"')
  expect(code).toBe(0)
  expect(out).toMatch(/^Plan \(by patterns\)\n└─ /)
  expect(out.trimEnd()).toMatch(/goal completed in .*\n"?hello"?$/)
})

test('--json prints the run with the plan and nothing else', async () => {
  using world = setup()
  const { code, out } = await goal(world, 'Say "hello"', '--json')
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    status: 'completed',
    output: 'hello',
    plan: { planner: 'patterns', workflow: { do: expect.any(Array) } },
  })
})

test('--plan runs nothing and says what the plan needs', async () => {
  using world = setup()
  const { code, out } = await goal(world, '--plan', 'Run the command "touch made.txt"')
  expect(code).toBe(0)
  expect(out).toContain('Reaches\n')
  expect(out).toMatch(/run +touch/)
  expect(out).toContain('time    not known')
  expect(out).toContain('dsl: 1.0.3')
})

test('--yes agrees to a plan that is asked about, and without a person it is said how to', async () => {
  using world = setup()
  expect(await goal(world, 'Say "hello"', '--approve', '--yes')).toMatchObject({ code: 0 })
  const waiting = goal(world, 'Say "hello"', '--approve')
  const told = expect.poll(() => world.said(), { timeout: 20_000 })
  await told.toContain('--data \'{"approve": true}\'')
  world.interrupt()
  expect(await waiting).toMatchObject({ code: 130 })
})

test('words that are not understood, no words, and constraints that are none are told', async () => {
  using world = setup()
  const unclear = await goal(world, 'Juggle flamingos')
  expect(unclear).toMatchObject({ code: 1, out: expect.stringContaining('“Juggle”') })
  expect(await goal(world, '  ')).toMatchObject({
    code: 2,
    err: expect.stringContaining('The goal is empty'),
  })
  expect(await goal(world, 'Say "a"', '--constraints', '[1]')).toMatchObject({ code: 2 })
  expect(await goal(world, 'Say "a"', '--max-steps', 'many')).toMatchObject({ code: 2 })
})
