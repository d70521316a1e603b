import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { startServer } from './server_process.ts'
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

test('--yes agrees to a plan that is asked about, and so does a line that is piped in', async () => {
  using silent = setup()
  expect(await goal(silent, 'Say "hello"', '--approve', '--yes')).toMatchObject({ code: 0 })
  for (const [line, code] of [
    ['y\n', 0],
    ['YES', 0],
    ['n\n', 1],
    ['no\n', 1],
    ['\n', 1],
  ] as const) {
    using world = setup(line)
    const { code: ended, out, err } = await goal(world, 'Say "hello"', '--approve')
    expect([line, ended, err]).toEqual([line, code, expect.stringContaining('[y/N]')])
    expect(/^"?hello"?$/m.test(out)).toBe(code === 0)
    const json = await goal(world, 'Say "hello"', '--approve', '--json')
    expect(JSON.parse(json.out)).toMatchObject({ status: code === 0 ? 'completed' : 'faulted' })
  }
})

test('a plan that nobody can say yes to is refused at once, with what to do', async () => {
  using world = setup()
  const { code, err } = await goal(world, 'Say "hello"', '--approve')
  expect(code).toBe(2)
  expect(err).toMatch(/Nobody can answer: .*--yes.*nexus start --data \S+\/data/)
  const json = await goal(world, 'Say "hello"', '--approve', '--json')
  expect(json.code).toBe(2)
  const { out } = await world.nexus('runs', 'list', '--json', '--data', `${world.folder}/data`)
  expect(JSON.parse(out)).toMatchObject([{ status: 'cancelled' }, { status: 'cancelled' }])
})

test('where a server is up, the command that answers is told, and works as it is printed', async () => {
  using world = setup()
  await using _server = await startServer(world.folder)
  const waiting = goal(world, 'Say "hello"', '--approve')
  await expect.poll(() => world.said(), { timeout: 20_000 }).toMatch(/waits for: nexus .*\n/)
  const [, command = ''] = /waits for: nexus (.*)\n/.exec(world.said()) ?? []
  const args = execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n')
  expect(await world.nexus(...args)).toMatchObject({ code: 0, err: '' })
  expect(await waiting).toMatchObject({ code: 0, out: expect.stringContaining('hello') })
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
