/**
 * What Nexus provides itself: what can be asked for here, what ran, whether a document is valid; documents that tasks
 * make; and tasks that one module hands on to another.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '@nexus/sdk'
import { expect, test } from 'vitest'
import type { RunRecord } from '../src/index.ts'
import { setup, type World } from './world.ts'

const outputOf = ({ output }: RunRecord): JsonObject => output as JsonObject

function module(world: World, id: string, execute: string, task = 'say', priority = 'normal'): void {
  const folder = join(world.folder, 'modules', 'executors', id)
  mkdirSync(folder, { recursive: true })
  const manifest = `id: ${id}\nversion: 1.0.0\ntype: executor\nname: ${id}\ndescription: Of a test.
entry_points: {main: main.js}\nbehavior: {priority: ${priority}}\nprovides: [{task: ${task}}]\n`
  writeFileSync(join(folder, 'manifest.yaml'), manifest)
  const main = `import { BaseModule, ModuleResult } from '@nexus/sdk'
export class Module extends BaseModule { async execute(context) { const input = context.inputData; ${execute} } }\n`
  writeFileSync(join(folder, 'main.js'), main)
}

const withModules = (world: World) => {
  const modules = join(world.folder, 'modules')
  return world.restart({ modules: [modules], trust: [modules] })
}

test('service_router lists what can be asked for, who does it, and who else could', async () => {
  await using world = await setup()
  module(world, 'loud', 'return ModuleResult.ok("LOUD")', 'say', 'high')
  module(world, 'quiet', 'return ModuleResult.ok("quiet")')
  await withModules(world)
  const record = await world.run('  - list: { call: service_router.capabilities }\n')
  const { capabilities } = outputOf(record) as { capabilities: JsonObject[] }
  const find = (task: string) => capabilities.find((each) => each['task'] === task)
  expect(find('say')).toMatchObject({
    module: 'loud',
    version: '1.0.0',
    alternatives: ['quiet'],
    healthy: true,
  })
  expect(find('run.shell')).toMatchObject({ module: 'command_executor', input_schema: { type: 'object' } })
  expect(find('workflow.check')).toMatchObject({ module: 'task_manager', idempotent: true })
})

test('a task is asked of one module by its name', async () => {
  await using world = await setup()
  module(world, 'loud', 'return ModuleResult.ok("LOUD")', 'say', 'high')
  module(world, 'quiet', 'return ModuleResult.ok("quiet")')
  await withModules(world)
  expect((await world.run('  - a: { call: say }\n')).output).toBe('LOUD')
  expect((await world.run('  - a: { call: quiet/say }\n')).output).toBe('quiet')
  const { problems } = world.nexus.check(
    "document: {dsl: '1.0.3', namespace: a, name: b, version: 1.0.0}\ndo: [{a: {call: nobody/say}}]",
  )
  expect(problems.map(({ code }) => code)).toEqual(['unknown_capability'])
})

test('the module that a result names gets the task next, with the output as its input', async () => {
  await using world = await setup()
  module(
    world,
    'first',
    'return ModuleResult.ok({ n: input.n + 1 }, { nextModule: "second" })',
    'say',
    'high',
  )
  module(world, 'second', 'return ModuleResult.ok(input.n * 10)')
  await withModules(world)
  const { output, tasks } = await world.run('  - a: { call: say, with: { n: 1 } }\n')
  expect(output).toBe(20)
  expect(tasks).toHaveLength(1)
})

test('a task that is handed on without end, or to nobody, is a fault that says so', async () => {
  await using world = await setup()
  module(world, 'first', 'return ModuleResult.ok(1, { nextModule: input.to })', 'say', 'high')
  await withModules(world)
  const endless = await world.run('  - a: { call: say, with: { to: first } }\n')
  // Its own output, a number, names nobody.
  expect(endless.status).toBe('completed')
  const nobody = await world.run('  - a: { call: say, with: { to: missing } }\n')
  expect(nobody.error?.detail).toContain('"first" hands "say" on to the module "missing", which is not here')
  module(world, 'again', 'return ModuleResult.ok(input, { nextModule: "again" })', 'repeat')
  await withModules(world)
  const { error } = await world.run('  - a: { call: repeat }\n')
  expect(error?.detail).toContain('"repeat" was handed on from module to module 16 times')
})

test('task_manager lists runs, and how long tasks took', async () => {
  await using world = await setup()
  await world.run('  - a: { run: { shell: { command: echo hello } } }\n')
  await world.run('  - b: { raise: { error: { type: about:blank, status: 500 } } }\n')
  const listed = await world.run('  - list: { call: task_manager.runs, with: { status: faulted } }\n')
  expect(outputOf(listed)).toMatchObject({ runs: [{ workflow: 'sample', status: 'faulted' }] })
  const sampled = await world.run(
    '  - list: { call: task_manager.samples, with: { capabilities: [run.shell] } }\n',
  )
  expect(outputOf(sampled)).toMatchObject({
    samples: [{ capability: 'run.shell', module: 'command_executor', status: 'completed' }],
  })
  const wrong = await world.run('  - list: { call: task_manager.runs, with: { limit: "${ 0 }" } }\n')
  expect(wrong.error?.detail).toMatch(/no input for `task_manager.runs`.*\/limit: Expected a number >= 1/s)
})

test('workflow.check says what is wrong with a document, and where', async () => {
  await using world = await setup()
  const document = {
    document: { dsl: '1.0.3', namespace: 'a', name: 'b', version: '1.0.0' },
    do: [{ first: { call: 'no.such' } }],
  }
  const check = async (workflow: JsonObject) =>
    outputOf(await world.run(`  - check: { call: workflow.check, with: ${JSON.stringify({ workflow })} }\n`))
  expect(await check(document)).toMatchObject({
    valid: false,
    problems: [{ code: 'unknown_capability', pointer: '/do/0/first/call' }],
  })
  expect(await check({ ...document, do: [{ first: { set: { a: 1 } } }] })).toEqual({
    valid: true,
    problems: [],
  })
})

const plan = (tasks: string): string =>
  `{"document":{"dsl":"1.0.3","namespace":"plans","name":"plan","version":"1.0.0"},"do":[${tasks}]}`

test('a document that a task made runs as a run of its own, which keeps it', async () => {
  await using world = await setup()
  const made = plan('{"double":{"set":{"n":"${ .n * 2 }"}}}')
  const record = await world.run(
    `  - make: { set: { workflow: '${made}', input: { n: 21 } } }\n  - run: { call: workflow.run, with: { workflow: '\${ .workflow }', input: '\${ .input }' } }\n`,
  )
  expect(record.output).toMatchObject({ status: 'completed', output: { n: 42 }, error: null })
  const { run } = outputOf(record) as { run: string }
  expect(record.tasks.find(({ kind }) => kind === 'workflow.run')?.child_run).toBe(run)
  expect(await world.nexus.runs.get(run)).toMatchObject({ status: 'completed', parent: record.id })
})

test('a document that is not valid is a fault with all that is wrong, and one that faults faults its task', async () => {
  await using world = await setup()
  const runs = (made: string): Promise<RunRecord> =>
    world.run(
      `  - make: { set: { workflow: '${made}' } }\n  - run: { call: workflow.run, with: { workflow: '\${ .workflow }', input: '\${ .input }' } }\n`,
    )
  const invalid = await runs(plan('{"a":{"call":"no.such"}}'))
  expect(invalid.error).toMatchObject({ type: expect.stringContaining('validation') })
  expect(invalid.error?.detail).toContain('no.such')
  const faulted = await runs(
    plan('{"a":{"raise":{"error":{"type":"about:blank","status":418,"detail":"no"}}}}'),
  )
  expect(faulted.error).toMatchObject({ status: 418, instance: '/do/1/run' })
})

test('task_manager lists runs of goals with their words, and tells of a run without its values', async () => {
  await using world = await setup()
  const document = `document: { dsl: '1.0.3', namespace: nexus, name: goal, version: '1.0.0' }\ndo: [{ a: { set: { secret: 1 } } }]\n`
  const live = await world.nexus.run(world.nexus.check(document), { goal: 'count to three' })
  await live.ended
  await world.run('  - a: { set: { n: 1 } }\n')
  const listed = await world.run('  - list: { call: task_manager.runs, with: { goals: true } }\n')
  expect(outputOf(listed)).toMatchObject({ runs: [{ id: live.id, goal: 'count to three' }] })
  const told = await world.run(
    `  - look: { call: task_manager.run, with: { id: ${live.id}, values: false } }\n`,
  )
  expect(outputOf(told)).toMatchObject({ id: live.id, tasks: [{ path: '/do/0/a', kind: 'set' }] })
  expect(JSON.stringify(told.output)).not.toContain('secret')
})

test('task_manager tells how much a task gave, and lists tasks that ended since a moment', async () => {
  await using world = await setup()
  await world.run('  - a: { run: { shell: { command: echo hello } } }\n')
  const samplesOf = async (more = ''): Promise<JsonObject[]> => {
    const call = `task_manager.samples, with: { capabilities: [run.shell]${more} }`
    return (outputOf(await world.run(`  - list: { call: ${call} }\n`)) as { samples: JsonObject[] }).samples
  }
  const samples = await samplesOf()
  expect(samples).toMatchObject([{ output_bytes: JSON.stringify('hello\n').length }])
  const at = JSON.stringify(samples[0]?.['at'])
  expect(await samplesOf(`, since: ${at}`)).toEqual([])
  expect(await samplesOf(`, since: '2020-01-01T00:00:00Z'`)).toEqual(samples)
})

test('samples are gone on with from a number of the log, and what a run shares of another counts once', async () => {
  await using world = await setup()
  const shell = (name: string): string => `  - ${name}: { run: { shell: { command: echo ${name} } } }\n`
  const first = await world.run(`${shell('a')}${shell('b')}`)
  const from = async (more: string): Promise<{ samples: JsonObject[]; last: number }> => {
    const call = `task_manager.samples, with: { capabilities: [run.shell]${more} }`
    return outputOf(await world.run(`  - list: { call: ${call} }\n`)) as never
  }
  const all = await from('')
  expect(all.samples).toHaveLength(2)
  const page = await from(', after: 0, limit: 1')
  expect(page.samples).toEqual([all.samples[1]])
  expect((await from(`, after: ${page.last}`)).samples).toEqual([all.samples[0]])
  const forked = await world.nexus.runs.fork(first.id, { path: '/do/0/a' })
  await forked.ended
  // The run that shares `/do/0/a` did `/do/1/b` anew.
  expect((await from('')).samples).toHaveLength(3)
  expect((await from(`, after: ${all.last}`)).samples).toHaveLength(1)
})
