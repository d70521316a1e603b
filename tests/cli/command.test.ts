/**
 * The command as people and programs use it: what it prints, how it ends, what it leaves.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { setup, workflow, type World } from './shell.ts'

const sample = workflow(`  - greet: { set: { greeting: '\${ "Hello, \\(.name)!" }' } }
  - never: { if: .greeting == "", set: { x: 1 } }
  - both:
      fork:
        branches:
          - loud: { run: { shell: { command: "tr a-z A-Z", stdin: '\${ .greeting }' } } }
          - long: { set: { length: '\${ .greeting | length }' } }
`)

const dataOf = (world: World): string[] => ['--data', join(world.folder, 'data')]

test('--json prints exactly one document, the run with its tasks and events', async () => {
  using world = setup()
  const { code, out, err } = await world.nexus(
    'run',
    world.file('a.yaml', sample),
    '--json',
    '--input',
    '{"name": "Ada"}',
    ...dataOf(world),
  )
  const record = JSON.parse(out)
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(record).toMatchObject({
    status: 'completed',
    workflow: { namespace: 'test', name: 'sample', version: '1.0.0' },
    input: { name: 'Ada' },
    output: ['HELLO, ADA!', { length: 11 }],
    error: null,
  })
  expect(Object.keys(record)).toEqual([
    'id',
    'status',
    'workflow',
    'input',
    'output',
    'error',
    'parent',
    'priority',
    'started_at',
    'ended_at',
    'tasks',
    'events',
  ])
  expect(record.tasks.map((task: { path: string }) => task.path).toSorted()).toEqual([
    '/do/0/greet',
    '/do/2/both',
    '/do/2/both/fork/branches/0/loud',
    '/do/2/both/fork/branches/1/long',
  ])
  expect(record.tasks.find((task: { name: string }) => task.name === 'loud')).toMatchObject({
    kind: 'run.shell',
    module: 'command_executor',
    version: '1.0.0',
    status: 'completed',
    attempts: 1,
    output: 'HELLO, ADA!',
  })
})

test('every transition of a run is one lifecycle event, in order', async () => {
  using world = setup()
  const { out } = await world.nexus(
    'run',
    world.file('a.yaml', sample),
    '--json',
    '--input',
    '{"name": "Ada"}',
    ...dataOf(world),
  )
  const { events } = JSON.parse(out)
  const short = events.map(
    ({ type, subject }: { type: string; subject: string }) =>
      `${type.split('.').slice(2, 4).join(' ')} ${subject}`,
  )
  expect(short.slice(0, 5)).toEqual([
    'workflow started /',
    'task created /do/0/greet',
    'task started /do/0/greet',
    'task completed /do/0/greet',
    'task created /do/1/never',
  ])
  expect(short.at(-1)).toBe('workflow completed /')
  expect(new Set(short).size).toBe(short.length)
  expect(new Set(events.map(({ id }: { id: string }) => id)).size).toBe(events.length)
})

test('for people there is a line a task with its state, and the output', async () => {
  using world = setup()
  const { out } = await world.nexus(
    'run',
    world.file('a.yaml', sample),
    '--input',
    '{"name": "Ada"}',
    ...dataOf(world),
  )
  expect(out).toMatch(/✓ greet +set +completed +\d+ ms/)
  expect(out).toMatch(/✓ {3}loud +run\.shell +completed/)
  expect(out).not.toContain('never')
  expect(out).toContain('HELLO, ADA!')
})

test('a run can be looked at again, and is listed', async () => {
  using world = setup()
  const { out } = await world.nexus(
    'run',
    world.file('a.yaml', sample),
    '--json',
    '--input',
    '{"name": "Ada"}',
    ...dataOf(world),
  )
  const record = JSON.parse(out)
  expect(JSON.parse((await world.nexus('runs', 'show', record.id, '--json', ...dataOf(world))).out)).toEqual(
    record,
  )
  expect((await world.nexus('runs', 'show', record.id, ...dataOf(world))).out).toContain(
    '/do/2/both/fork/branches/0/loud',
  )
  expect((await world.nexus('runs', 'list', ...dataOf(world))).out).toContain(record.id)
})

test('input comes from a file, from standard input, or as it is', async () => {
  const fromInput = setup('{"name": "Grace"}')
  using world = fromInput
  const file = world.file('a.yaml', workflow("  - greet: { set: { greeting: '${ .name }' } }\n"))
  const input = world.file('in.json', '{"name": "Ada"}')
  for (const [option, name] of [
    [`@${input}`, 'Ada'],
    ['-', 'Grace'],
    ['{"name":"Lin"}', 'Lin'],
  ] as const) {
    const { out } = await world.nexus('run', file, '--json', '--input', option, ...dataOf(world))
    expect(JSON.parse(out).output).toEqual({ greeting: name })
  }
})

test('validate says that a document is valid, without running it', async () => {
  using world = setup()
  const { code, out } = await world.nexus('validate', world.file('a.yaml', sample))
  expect(code).toBe(0)
  expect(out).toContain('is valid')
  expect(
    JSON.parse((await world.nexus('validate', world.file('a.yaml', sample), '--json')).out),
  ).toMatchObject({ valid: true, problems: [] })
})

test('help and version are everywhere', async () => {
  using world = setup()
  for (const words of [
    [],
    ['run'],
    ['validate'],
    ['runs'],
    ['runs', 'resume'],
    ['modules'],
    ['modules', 'show'],
  ]) {
    expect(await world.nexus(...words, '--help')).toMatchObject({
      code: 0,
      out: expect.stringContaining('Usage: nexus'),
    })
    expect(await world.nexus(...words, '--version')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    })
  }
})

test('Ctrl-C cancels the run, ends its children, and is exit code 130', async () => {
  using world = setup()
  const marker = join(world.folder, 'pid')
  const file = world.file(
    'a.yaml',
    workflow(`  - sleepy: { run: { shell: { command: 'echo $$ > ${marker}; sleep 600 & wait' } } }\n`),
  )
  const ended = world.nexus('run', file, '--json', ...dataOf(world))
  while (!existsSync(marker) || readFileSync(marker, 'utf8') === '') await sleep(20)
  world.interrupt()
  const { code, out } = await ended
  expect(code).toBe(130)
  expect(JSON.parse(out)).toMatchObject({ status: 'cancelled', tasks: [{ status: 'cancelled' }] })
  expect(() => process.kill(Number(readFileSync(marker, 'utf8')), 0)).toThrow(/ESRCH/)
})

test('a run that was left unfinished can be cancelled, and then is not resumed', async () => {
  using world = setup()
  const file = world.file('a.yaml', workflow('  - wait: { wait: { seconds: 600 } }\n'))
  const child = spawn(process.execPath, [nexusBin, 'run', file, ...dataOf(world)], { stdio: 'ignore' })
  const [id] = await untilListed(world, 'running')
  child.kill('SIGKILL')
  await once(child, 'close')
  const { code, out } = await world.nexus('runs', 'cancel', id ?? '', ...dataOf(world))
  expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('is cancelled') })
  expect((await world.nexus('runs', 'resume', ...dataOf(world))).out).toContain('No unfinished runs')
})

test('a second process on the same data is told who holds it, and may still look', async () => {
  using world = setup()
  const file = world.file('a.yaml', workflow('  - wait: { wait: { seconds: 600 } }\n'))
  const child = spawn(process.execPath, [nexusBin, 'run', file, ...dataOf(world)], { stdio: 'ignore' })
  await untilListed(world, 'running')
  const { code, err } = await world.nexus('run', file, ...dataOf(world))
  expect(code).toBe(2)
  expect(err).toContain(`process ${child.pid}`)
  child.kill('SIGINT')
  const [exitCode] = await once(child, 'close')
  expect(exitCode).toBe(130)
})

const nexusBin = join(import.meta.dirname, '../../packages/cli/bin/nexus.js')

/** Runs of that status, as soon as there are any. */
async function untilListed(world: World, status: string): Promise<readonly string[]> {
  for (;;) {
    const { out } = await world.nexus('runs', 'list', '--json', ...dataOf(world))
    const runs = JSON.parse(out) as { id: string; status: string }[]
    const ids = runs.filter((run) => run.status === status).map(({ id }) => id)
    if (ids.length > 0) return ids
    await sleep(50)
  }
}

test('a command says nothing of what Node thinks of how modules are loaded, and still warns of the rest', async () => {
  using world = setup()
  const gone = createServer().listen(0, '127.0.0.1')
  await once(gone, 'listening')
  const { port } = gone.address() as AddressInfo
  gone.close()
  const file = world.file(
    'sample.yaml',
    workflow(`  - a: { call: http, with: { method: get, endpoint: 'http://127.0.0.1:${port}/' } }`),
  )
  const command = join(import.meta.dirname, '../../packages/cli/bin/nexus.js')
  const warner = world.file('warn.mjs', "process.emitWarning('old', 'DeprecationWarning')")
  const args = ['--import', warner, command, 'run', file, '--data', join(world.folder, 'data')]
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(status).toBe(1)
  expect(stderr).toContain('DeprecationWarning: old')
  expect(stderr).not.toContain('ExperimentalWarning')
})
