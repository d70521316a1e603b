/** Plans that say what they need: they wait until that fits beside what is in progress, and never in vain. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { JsonObject } from '@nexus/sdk'
import { expect, test } from 'vitest'
import type { LiveRun, NexusOptions } from '../src/index.ts'
import { documentOf, setup, type World } from './world.ts'

/** A world with 100 MB for all plans. */
async function tight(more: Partial<NexusOptions> = {}): Promise<World> {
  const world = await setup()
  await world.restart({ resources: { memoryMb: 100, cpuCores: 4 }, ...more })
  return world
}

const waiting = [
  { hears: { listen: { to: { one: { with: { type: 'go' } } } } } },
  { done: { set: { ok: true } } },
]
const plan = (name: string, list: readonly JsonObject[] = waiting): JsonObject => ({
  document: { dsl: '1.0.3', namespace: 'plans', name, version: '1.0.0' },
  do: [...list],
})
const running = (name: string, memory: JsonObject, more: JsonObject = {}): string =>
  `  - run: { call: workflow.run, with: ${JSON.stringify({ workflow: plan(name), needs: { memory_mb: memory }, ...more })} }\n`

const begin = (world: World, tasks: string): Promise<LiveRun> =>
  world.nexus.run(world.nexus.check(documentOf(tasks)), {})
const statusesOf = async (world: World): Promise<Record<string, string>> => {
  const runs = await world.nexus.runs.list()
  return Object.fromEntries(
    runs
      .filter(({ workflow }) => workflow.namespace === 'plans')
      .map(({ workflow, status }) => [workflow.name, status]),
  )
}
/** Sent to that plan alone, which may listen later. */
const go = async ({ nexus }: World, name: string): Promise<void> => {
  const runs = await nexus.runs.list()
  await nexus.runs.signal(runs.find(({ workflow }) => workflow.name === name)?.id ?? '', { type: 'go' })
}
const isOn = (world: World, name: string) =>
  expect.poll(() => statusesOf(world)).toMatchObject({ [name]: expect.stringMatching(/running|waiting/) })

test('a plan waits until what it needs fits beside what is in progress, which an event tells', async () => {
  await using world = await tight()
  const hearing = await begin(
    world,
    `  - hears: { listen: { to: { one: { with: { type: io.nexus.run.queued.v1 } } } } }\n`,
  )
  const first = await begin(world, running('first', { one: 60 }))
  await isOn(world, 'first')
  const second = await begin(world, running('second', { two: 60 }))
  await expect.poll(() => statusesOf(world)).toMatchObject({ second: 'pending' })
  expect(await hearing.ended).toMatchObject({
    output: [{ by: second.id, reason: expect.stringContaining('120 MB of memory, and there are 100 MB') }],
  })
  // The same module is there once; but nobody goes before whoever waits.
  const third = await begin(world, running('third', { one: 60 }))
  await expect.poll(() => statusesOf(world)).toMatchObject({ third: 'pending' })
  await go(world, 'first')
  expect(await first.ended).toMatchObject({ status: 'completed', output: { status: 'completed' } })
  await isOn(world, 'second')
  await go(world, 'second')
  await second.ended
  await isOn(world, 'third')
  await go(world, 'third')
  expect(await third.ended).toMatchObject({ status: 'completed' })
})

test('what can never fit is refused, and what is no need is told', async () => {
  await using world = await tight()
  const large = await world.run(running('large', { one: 70, two: 40 }))
  expect(large.error?.detail).toContain('110 MB of memory, and there are 100 MB. It can never run here.')
  const wrong = await world.run(running('wrong', { one: 'much' }))
  expect(wrong.error?.detail).toContain('`needs` of `workflow.run` is')
  const cores = { needs: { memory_mb: {}, cpu_cores: 9 } }
  expect((await world.run(running('wide', {}, cores))).error?.detail).toContain('ask for 9 processors')
})

test('a plan within a plan does not wait for the one that waits for it', async () => {
  await using world = await tight()
  const inner = {
    workflow: plan('inner', [{ done: { set: { ok: true } } }]),
    needs: { memory_mb: { two: 60 } },
  }
  const outer = plan('outer', [{ within: { call: 'workflow.run', with: inner } }])
  const record = await world.run(
    `  - run: { call: workflow.run, with: ${JSON.stringify({ workflow: outer, needs: { memory_mb: { one: 60 } } })} }\n`,
  )
  expect(record).toMatchObject({ status: 'completed' })
})

test('a plan that waits still does after a restart, and one that is cancelled makes room', async () => {
  await using world = await tight()
  const first = await begin(world, running('first', { one: 60 }))
  await isOn(world, 'first')
  const second = await begin(world, running('second', { two: 60 }))
  const third = await begin(world, running('third', { two: 60 }))
  await expect.poll(() => statusesOf(world)).toMatchObject({ second: 'pending', third: 'pending' })
  const nexus = await world.restart({ resources: { memoryMb: 100 } })
  const runs = await nexus.start()
  expect(await statusesOf(world)).toMatchObject({ second: 'pending', third: 'pending' })
  await nexus.runs.cancel(second.id)
  await nexus.runs.cancel(first.id)
  expect(await statusesOf(world)).toMatchObject({ first: 'cancelled', second: 'cancelled' })
  await isOn(world, 'third')
  await go(world, 'third')
  expect(await runs.find(({ id }) => id === third.id)?.ended).toMatchObject({ status: 'completed' })
})

test('a goal says what its plan needs', async () => {
  await using world = await setup()
  const folder = join(world.folder, 'modules', 'executors', 'glutton')
  mkdirSync(folder, { recursive: true })
  const manifest = `id: glutton\nversion: 1.0.0\ntype: executor\nname: Glutton\ndescription: Of a test.
entry_points: {main: main.js}\nrequirements: {memory_mb: 500}\nprovides: [{task: eat}]\n`
  writeFileSync(join(folder, 'manifest.yaml'), manifest)
  const done = `export class Module { async execute() { return { success: true, outputData: 1, metadata: {} } } }\n`
  writeFileSync(join(folder, 'main.js'), done)
  const planner = join(world.folder, 'modules', 'analyzers', 'planner')
  mkdirSync(planner, { recursive: true })
  writeFileSync(
    join(planner, 'manifest.yaml'),
    `id: planner\nversion: 1.0.0\ntype: analyzer\nname: Planner\ndescription: Of a test.
entry_points: {main: main.js}\nbehavior: {priority: high}\nprovides: [{task: goal.plan}]\n`,
  )
  const given = JSON.stringify({ planner: 'test', workflow: plan('eating', [{ eat: { call: 'eat' } }]) })
  writeFileSync(
    join(planner, 'main.js'),
    `export class Module { async execute() { return { success: true, outputData: ${given}, metadata: {} } } }\n`,
  )
  const modules = { modules: [join(world.folder, 'modules')], trust: [world.folder] }
  await world.restart({ ...modules, resources: { memoryMb: 400 } })
  const goal = '  - goal: { call: nexus.goal, with: { goal: eat } }\n'
  expect((await world.run(goal)).error?.detail).toContain('500 MB of memory, and there are 400 MB.')
  await world.restart({ ...modules, resources: { memoryMb: 600 } })
  expect(await world.run(goal)).toMatchObject({ status: 'completed', output: 1 })
})
