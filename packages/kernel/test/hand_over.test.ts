/**
 * What one version hands over to the next: what it keeps and what it holds in memory, also where one of them fails.
 */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeWorld, outputOf, task, type ModuleOptions, type World } from './world.ts'

/** Counts in its state and in its memory; the input `keep` says what it keeps. */
const counting = (version: string, members = ''): ModuleOptions => ({
  version,
  files: {
    'main.js': `import { BaseModule, ModuleResult } from '@nexus/sdk'
export class Module extends BaseModule {
  seen = 0
  ${members}
  async execute(context) {
    if (context.inputData?.keep) await context.state.set('kept', context.inputData.keep)
    return ModuleResult.ok([await context.state.get('kept') ?? null, ++this.seen])
  }
}
`,
  },
})

const migrating = `async migrate({ state, memory }, { from, to }) {
    return { state: { kept: [state.kept ?? null, from, to] }, memory }
  }`
const remembering = `async snapshot() { return this.seen }
  async restore(seen) { this.seen = seen }`

const beside = (world: World, options: ModuleOptions): string =>
  world.module('counter', { ...options, source: join(world.folder, `beside-${options.version}`) })

test('a minor version finds the state, and memory where both versions hand it over', async () => {
  const world = makeWorld()
  world.module('counter', counting('1.0.0', remembering))
  const kernel = await world.open()
  await outputOf(kernel, 'counter', { keep: 'a' })
  await kernel.change({ folders: [beside(world, counting('1.1.0', remembering))] })
  expect(await outputOf(kernel, 'counter')).toEqual(['a', 2])
  await kernel.change({ folders: [beside(world, counting('1.2.0'))] })
  expect(await outputOf(kernel, 'counter')).toEqual(['a', 1])
})

test('another configuration keeps memory as well', async () => {
  const world = makeWorld()
  world.module('counter', counting('1.0.0', remembering))
  const kernel = await world.open()
  await outputOf(kernel, 'counter')
  await kernel.change({ config: { counter: { size: 2 } } })
  expect(await outputOf(kernel, 'counter')).toEqual([null, 2])
})

test('state is migrated once, and whoever goes back finds it as it was', async () => {
  const world = makeWorld()
  world.module('counter', counting('1.0.0'))
  const kernel = await world.open()
  await outputOf(kernel, 'counter', { keep: 'a' })
  await kernel.change({ folders: [beside(world, counting('1.1.0', migrating))] })
  expect(await outputOf(kernel, 'counter')).toEqual([['a', '1.0.0', '1.1.0'], 1])
  await outputOf(kernel, 'counter', { keep: 'b' })
  await kernel.activate(1)
  expect(await outputOf(kernel, 'counter')).toEqual(['a', 2])
  await kernel.activate(2)
  expect(await outputOf(kernel, 'counter')).toEqual(['b', 3])
  await kernel.close()
  const again = await world.open()
  expect(await outputOf(again, 'counter')).toEqual(['b', 1])
})

test('a run that stays on a major version keeps its state apart from that of the next', async () => {
  const world = makeWorld()
  world.module('counter', counting('1.0.0'))
  const kernel = await world.open()
  await outputOf(kernel, 'counter', { keep: 'a' })
  const held = kernel.hold('run', 1)
  await kernel.change({ folders: [beside(world, counting('2.0.0', migrating))] })
  const old = async (input = {}) => (await held.find('counter')?.invoke(task(input)))?.outputData
  expect(await old({ keep: 'old' })).toEqual(['old', 2])
  expect(await outputOf(kernel, 'counter')).toEqual([['a', '1.0.0', '2.0.0'], 1])
  await outputOf(kernel, 'counter', { keep: 'new' })
  expect(await old()).toEqual(['old', 3])
  held.release()
})

test('tasks that come while a version hands over wait, and go to the next one', async () => {
  const world = makeWorld()
  const slow = `async snapshot() { globalThis.asked(); await globalThis.going; return this.seen }`
  world.module('counter', counting('1.0.0', slow))
  const kernel = await world.open()
  const asked = Promise.withResolvers<void>()
  const going = Promise.withResolvers<void>()
  Object.assign(globalThis, { asked: asked.resolve, going: going.promise })
  await outputOf(kernel, 'counter')
  const route = kernel.route('counter')
  const changing = kernel.change({
    folders: [beside(world, counting('1.1.0', 'async restore(seen) { this.seen = seen * 10 }'))],
  })
  await asked.promise
  const waiting = route?.invoke(task(null))
  going.resolve()
  await changing
  expect((await waiting)?.outputData).toEqual([null, 11])
})

test('a migration that fails changes nothing, and tasks go on', async () => {
  const world = makeWorld()
  world.module('counter', counting('1.0.0', remembering))
  const kernel = await world.open()
  await outputOf(kernel, 'counter', { keep: 'a' })
  const broken = counting('1.1.0', `async migrate() { throw new Error('cannot read it') }\n${remembering}`)
  await expect(kernel.change({ folders: [beside(world, broken)] })).rejects.toThrow(
    /"counter" 1\.1\.0 failed in migrate: Error: cannot read it/,
  )
  expect(await outputOf(kernel, 'counter')).toEqual(['a', 2])
  expect(kernel.generation.number).toBe(1)
})

test('a source whose migration fails at a start leaves the version of before where it is', async () => {
  const world = makeWorld()
  world.module('counter', counting('1.0.0'))
  const first = await world.open()
  await outputOf(first, 'counter', { keep: 'a' })
  await first.close()
  world.module('counter', counting('1.1.0', `async migrate() { throw new Error('cannot read it') }`))
  const second = await world.open()
  expect(await outputOf(second, 'counter')).toEqual(['a', 1])
  expect(world.logged.join('\n')).toContain('version 1.0.0 of before goes on')
  await second.close()
  world.module('counter', counting('1.2.0', migrating))
  const third = await world.open()
  expect(await outputOf(third, 'counter')).toEqual([['a', '1.0.0', '1.2.0'], 1])
})
