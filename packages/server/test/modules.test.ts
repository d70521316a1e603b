import { operations, type LifecycleEvent, type Module } from '@nexus/api'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { documentOf, problemOf, setup, type World } from './world.ts'

const { modules } = operations

/** A version of a module in a folder of its own. */
function version(
  number: string,
  main = "execute() { return { success: true, outputData: 'x', metadata: {} } }",
  more = '',
  id = 'teller',
): string {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-module-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const module = join(folder, 'executors', id)
  mkdirSync(module, { recursive: true })
  const manifest = `id: ${id}\nversion: ${number}\ntype: executor\nname: Teller\ndescription: Says something.
entry_points: {main: main.js}\nprovides: [{task: ${id === 'teller' ? 'tell' : id}}]\n${more}`
  writeFileSync(join(module, 'manifest.yaml'), manifest)
  writeFileSync(join(module, 'main.js'), `export class Module { async ${main} }\n`)
  return module
}

test('a module is swapped in over HTTP, its receipt tells what happened, and there is a way back', async () => {
  await using world = await setup()
  const { client } = world
  const first = await client.call(modules.swap, { body: { folders: [version('1.0.0')] } })
  expect(first).toMatchObject({ changed: [{ id: 'teller', from: null, to: '1.0.0' }], runs: { pinned: 0 } })
  const second = await client.call(modules.swap, { body: { folders: [version('1.1.0')] } })
  expect(second.generation).toBe(first.generation + 1)
  const { generations } = await client.call(modules.generations)
  expect(generations.filter(({ current }) => current).map(({ number }) => number)).toEqual([
    second.generation,
  ])
  const back = await client.call(modules.activate, { params: { number: String(first.generation) } })
  expect(back.changed).toMatchObject([{ id: 'teller', from: '1.1.0', to: '1.0.0' }])
  const { receipts } = await client.call(modules.receipts)
  expect(receipts.at(-1)?.generation).toBe(first.generation)
})

test('a change that cannot be is a conflict that says why, and changes nothing', async () => {
  await using world = await setup()
  const before = await world.client.call(modules.generations)
  const asked = (body: object): Promise<Response> =>
    world.ask('/modules/swap', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  const broken = version('1.0.0', "setup() { throw new Error('no luck') } async execute() {}")
  for (const [body, why] of [
    [{ folders: [broken] }, 'no luck'],
    [{ folders: ['/nowhere/at/all'] }, 'no module'],
    [{ remove: ['nobody'] }, 'nobody'],
    [{ config: { loop_orchestrator: { max_iterations: 'many' } } }, 'max_iterations'],
  ] as const) {
    expect(await problemOf(await asked(body))).toMatchObject({
      status: 409,
      detail: expect.stringContaining(why),
    })
  }
  for (const body of [{ folder: 'x' }, {}])
    expect(await problemOf(await asked(body))).toMatchObject({ status: 400 })
  expect(await world.client.call(modules.generations)).toEqual(before)
})

const says = (text: string): string =>
  `execute() { return { success: true, outputData: '${text}', metadata: {} } }`

/** A task that holds until its run is cancelled. */
const holds =
  'execute(context) { await new Promise((done) => context.signal.addEventListener("abort", done)); throw context.signal.reason }'

const run = async ({ client }: World, tasks: string): Promise<string> =>
  (await client.call(operations.runs.start, { body: { workflow_text: documentOf(tasks) } })).id

const told = async (world: World): Promise<unknown> =>
  (await world.client.ended(await run(world, '  - tell: { call: tell }\n'))).output

const teller = ({ client }: World): Promise<Module> => client.call(modules.get, { params: { id: 'teller' } })

test('a module is swapped by its id: from a folder, or to a version that was here before', async () => {
  await using world = await setup()
  const swap = (source: string) =>
    world.client.call(modules.swapOne, { params: { id: 'teller' }, body: { source } })
  await swap(version('1.0.0', says('first')))
  const second = await swap(version('2.0.0', says('second')))
  expect(await told(world)).toBe('second')
  const back = await swap('1.0.0')
  expect(back.changed).toMatchObject([{ id: 'teller', from: '2.0.0', to: '1.0.0' }])
  expect(back.generation).toBe(second.generation + 1)
  expect(await told(world)).toBe('first')
  await swap((second.changed[0]?.artifact ?? '').slice(0, 12))
  await world.restart()
  expect(await told(world)).toBe('second')
})

test('a swap that names no version, no folder of the module or no whole path is a conflict that says so', async () => {
  await using world = await setup()
  const folder = version('1.0.0')
  await world.nexus.modules.change({ folders: [folder] })
  for (const [source, why] of [
    ['1.9.0', 'Module "teller" has no version 1.9.0 here. There were: 1.0.0.'],
    ['executors/teller', 'no whole path'],
    [version('1.0.0', undefined, '', 'other'), 'is that of a module "other", not of "teller"'],
    [join(folder, 'nothing/teller'), 'no module'],
  ] as const) {
    const refused = await problemOf(await world.post('/modules/teller/swap', { source }))
    expect(refused).toMatchObject({
      status: 409,
      code: 'module_failed',
      detail: expect.stringContaining(why),
    })
  }
  expect(await problemOf(await world.post('/modules/teller/swap', {}))).toMatchObject({ status: 400 })
  const unknown = await problemOf(await world.post('/modules/nobody/swap', { source: '1.0.0' }))
  expect(unknown.detail).toContain('It has never been here')
})

test('a configuration is put in the place of another while runs are in flight', async () => {
  await using world = await setup()
  const schema = 'config_schema: {type: object, properties: {word: {type: string, default: none}}}\n'
  const main = 'execute(context) { return { success: true, outputData: context.config.word, metadata: {} } }'
  await world.nexus.modules.change({ folders: [version('1.0.0', main, schema)] })
  expect(await told(world)).toBe('none')
  const put = (id: string, body: unknown): Promise<Response> =>
    world.ask(`/modules/${id}/config`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
  await world.client.call(modules.configure, { params: { id: 'teller' }, body: { word: 'hello' } })
  expect(await told(world)).toBe('hello')
  expect(await problemOf(await put('teller', { word: 5 }))).toMatchObject({
    status: 409,
    detail: expect.stringContaining('word'),
  })
  expect(await problemOf(await put('teller', 'hello'))).toMatchObject({ status: 400 })
  expect(await problemOf(await put('nobody', {}))).toMatchObject({ status: 404 })
  await world.restart()
  expect(await told(world)).toBe('hello')
})

test('versions side by side are listed, with what they have under way and which runs see them', async () => {
  await using world = await setup()
  await world.nexus.modules.change({ folders: [version('1.0.0', holds)] })
  const id = await run(world, '  - tell: { call: tell }\n')
  await expect.poll(async () => (await teller(world)).in_flight).toBe(1)
  await world.nexus.modules.change({ folders: [version('2.0.0')] })
  const { versions, in_flight, version: now, host } = await teller(world)
  expect([now, in_flight, host]).toEqual(['2.0.0', 0, 'process'])
  const [first, second] = versions
  expect(first).toMatchObject({ version: '1.0.0', current: false, loaded: true, in_flight: 1, runs: 1 })
  expect(second).toMatchObject({ version: '2.0.0', current: true, loaded: true, in_flight: 0, runs: 0 })
  expect(first?.generations).toHaveLength(1)
  await world.nexus.runs.cancel(id)
  await world.nexus.modules.settled()
  expect((await teller(world)).versions).toHaveLength(1)
})

test('a module is unloaded once its task is over, and its next task starts it again', async () => {
  await using world = await setup()
  const main = holds.replace(
    'execute(context) {',
    "execute(context) { if (context.inputData?.go) return { success: true, outputData: 'here', metadata: {} };",
  )
  await world.nexus.modules.change({ folders: [version('1.0.0', main)] })
  const id = await run(world, '  - tell: { call: tell }\n')
  await expect.poll(async () => (await teller(world)).in_flight).toBe(1)
  const unloading = world.client.call(modules.unload, { params: { id: 'teller' } })
  await expect.poll(async () => (await teller(world)).state).toBe('available')
  const next = await run(world, '  - tell: { call: tell, with: { go: true } }\n')
  expect(await world.client.ended(next)).toMatchObject({ output: 'here' })
  await world.nexus.runs.cancel(id)
  expect(await unloading).toMatchObject({ id: 'teller', state: 'loaded' })
  expect(await world.client.call(modules.unload, { params: { id: 'teller' } })).toMatchObject({
    state: 'available',
    in_flight: 0,
  })
  expect(await world.client.call(modules.load, { params: { id: 'teller' } })).toMatchObject({
    state: 'loaded',
  })
  expect(await problemOf(await world.post('/modules/nobody/unload'))).toMatchObject({ status: 404 })
})

test('a module on which others depend that are loaded is not unloaded, and it is said which', async () => {
  await using world = await setup()
  await world.nexus.modules.change({ folders: [version('1.0.0')] })
  const needs = 'dependencies: {modules: [{teller: "^1.0.0"}]}\n'
  const listener = version('1.0.0', undefined, needs, 'listener')
  await world.nexus.modules.change({ folders: [listener] })
  const refused = await problemOf(await world.post('/modules/teller/unload'))
  expect(refused).toMatchObject({ status: 409, detail: expect.stringContaining('listener depends on it') })
  for (const id of ['listener', 'teller']) await world.client.call(modules.unload, { params: { id } })
  expect((await teller(world)).state).toBe('available')
})

test('what happens to modules is told beside what happens to runs', async () => {
  await using world = await setup()
  const reading = new AbortController()
  const events = world.client.followAll(reading.signal)
  const next = events.next() // asked for before anything happens
  await world.nexus.modules.change({ folders: [version('1.0.0', says('1'))] })
  await told(world)
  const second = await world.nexus.modules.change({
    folders: [version('1.1.0', 'execute() { process.exit(3) }')],
  })
  await world.nexus.modules.settled()
  await told(world)
  await expect(world.nexus.modules.change({ folders: ['/nowhere'] })).rejects.toThrow('no module')
  await world.nexus.modules.activate(second.before)
  await world.nexus.modules.unload('teller')
  const all: LifecycleEvent[] = []
  for (let read = await next; read.done !== true; read = await events.next()) {
    all.push(read.value)
    if (all.filter(({ type }) => type === 'nexus.modules.unloaded.v1').length === 2) break
  }
  reading.abort()
  const kinds = all.flatMap(({ type }) => /^nexus\.modules\.(\w+)\.v1$/.exec(type)?.[1] ?? [])
  const expected =
    'loaded staged committed drained loaded staged committed unloaded drained crashed refused loaded staged rolled_back unloaded'
  expect(kinds.join(' ')).toBe(expected)
  const crash = all.find(({ type }) => type.includes('crashed'))
  expect(crash).toMatchObject({ subject: 'teller', data: { detail: expect.stringContaining('exit code 3') } })
  expect(all.filter(({ type }) => type.includes('workflow.completed'))).toHaveLength(1)
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
})
