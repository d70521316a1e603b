import type { HeldModules } from '@nexus/kernel'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeWorld, outputOf, task, type ModuleOptions, type World } from './world.ts'

/** A module that says which version it is, and what is asked for besides. */
const saying = (version: string, more = ''): ModuleOptions => ({
  version,
  files: {
    'main.js': `import { BaseModule, ModuleResult } from '@nexus/sdk'
export class Module extends BaseModule {
  ${more}
  async execute(context) { return ModuleResult.ok('${version}') }
}
`,
  },
})

/** The same module in a folder outside of the sources. */
const beside = (world: World, id: string, options: ModuleOptions): string =>
  world.module(id, { ...options, source: join(world.folder, `beside-${options.version}-${id}`) })

test('a new version serves the next task, and what has left is drained, with a receipt', async () => {
  const world = makeWorld()
  world.module('talker', saying('1.0.0'))
  const kernel = await world.open()
  expect(await outputOf(kernel, 'talker')).toBe('1.0.0')
  const receipt = await kernel.change({ folders: [beside(world, 'talker', saying('1.1.0'))] })
  expect(await outputOf(kernel, 'talker')).toBe('1.1.0')
  expect(receipt).toMatchObject({
    generation: 2,
    before: 1,
    changed: [{ id: 'talker', from: '1.0.0', to: '1.1.0' }],
    runs: { followed: 0, pinned: 0 },
  })
  await kernel.settled()
  expect(kernel.receipts().at(-1)).toMatchObject({
    handles_left: 0,
    problems: [],
    ms: { drain: expect.any(Number) },
  })
  expect(kernel.generations().map(({ number }) => number)).toEqual([1, 2])
})

test('a task under way ends on the version that it began on', async () => {
  const world = makeWorld()
  const slow = `async execute(context) { globalThis.begun(); await globalThis.held; return ModuleResult.ok('old') }`
  world.module('talker', {
    ...saying('1.0.0'),
    files: {
      'main.js': `import { BaseModule, ModuleResult } from '@nexus/sdk'\nexport class Module extends BaseModule { ${slow} }\n`,
    },
  })
  const kernel = await world.open()
  const begun = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  Object.assign(globalThis, { begun: begun.resolve, held: held.promise })
  const underWay = kernel.route('talker')?.invoke(task(null))
  await begun.promise
  await kernel.change({ folders: [beside(world, 'talker', saying('1.0.1'))] })
  expect(await outputOf(kernel, 'talker')).toBe('1.0.1')
  held.resolve()
  expect((await underWay)?.outputData).toBe('old')
  await kernel.settled()
})

test('a change whose module does not start changes nothing', async () => {
  const world = makeWorld()
  world.module('talker', saying('1.0.0'))
  world.module('other', saying('1.0.0'))
  const kernel = await world.open()
  const throwing = beside(world, 'talker', saying('1.1.0', `async setup() { throw new Error('no luck') }`))
  const fine = beside(world, 'other', saying('1.1.0'))
  await expect(kernel.change({ folders: [fine, throwing] })).rejects.toThrow('no luck')
  expect([await outputOf(kernel, 'talker'), await outputOf(kernel, 'other')]).toEqual(['1.0.0', '1.0.0'])
  expect(kernel.generation.number).toBe(1)
  expect(kernel.receipts()).toHaveLength(1)
})

test('several modules change together', async () => {
  const world = makeWorld()
  world.module('talker', saying('1.0.0'))
  world.module('needy', { ...saying('1.0.0'), manifest: 'dependencies: {modules: [{talker: ^1.0.0}]}' })
  const kernel = await world.open()
  const talker = beside(world, 'talker', saying('2.0.0'))
  await expect(kernel.change({ folders: [talker] })).rejects.toThrow(/needy[\s\S]*talker/)
  const needy = beside(world, 'needy', {
    ...saying('2.0.0'),
    manifest: 'dependencies: {modules: [{talker: ^2.0.0}]}',
  })
  await kernel.change({ folders: [needy, talker] })
  expect([await outputOf(kernel, 'talker'), await outputOf(kernel, 'needy')]).toEqual(['2.0.0', '2.0.0'])
})

test('more permissions than before need consent', async () => {
  const world = makeWorld()
  world.module('talker', saying('1.0.0'))
  const kernel = await world.open()
  const greedy = beside(world, 'talker', {
    ...saying('1.1.0'),
    manifest: 'permissions: {network: ["example.com:443"]}',
  })
  await expect(kernel.change({ folders: [greedy] })).rejects.toThrow('talker 1.1.0: network: example.com:443')
  await kernel.change({ folders: [greedy], consent: true })
  expect(await outputOf(kernel, 'talker')).toBe('1.1.0')
})

test('going back is a flip, and a restart keeps what was gone back to', async () => {
  const world = makeWorld()
  world.module('talker', saying('1.0.0'))
  const first = await world.open()
  await first.change({ folders: [beside(world, 'talker', saying('1.1.0'))] })
  const { ms } = await first.activate(1)
  expect(await outputOf(first, 'talker')).toBe('1.0.0')
  expect(ms.flip).toBeLessThan(50)
  await first.close()
  const second = await world.open()
  expect(second.generation.number).toBe(1)
  expect(await outputOf(second, 'talker')).toBe('1.0.0')
  await second.activate(2)
  await second.close()
  expect(await outputOf(await world.open(), 'talker')).toBe('1.1.0')
})

test('what was swapped in stays over a restart until the sources have something newer', async () => {
  const world = makeWorld()
  world.module('talker', saying('1.0.0'))
  const first = await world.open()
  await first.change({
    folders: [beside(world, 'talker', saying('1.1.0')), beside(world, 'guest', saying('3.0.0'))],
  })
  await first.close()
  const second = await world.open()
  expect([await outputOf(second, 'talker'), await outputOf(second, 'guest')]).toEqual(['1.1.0', '3.0.0'])
  expect(second.generation.number).toBe(2)
  await second.close()
  world.module('talker', saying('1.2.0'))
  const third = await world.open()
  expect([await outputOf(third, 'talker'), await outputOf(third, 'guest')]).toEqual(['1.2.0', '3.0.0'])
})

test('a module that is taken out stays out over a restart', async () => {
  const world = makeWorld()
  world.module('talker', saying('1.0.0'))
  const first = await world.open()
  await first.change({ remove: ['talker'] })
  expect(first.route('talker')).toBeUndefined()
  await first.close()
  expect((await world.open()).route('talker')).toBeUndefined()
})

test('where the folder of a module is broken at a start, the version of before goes on', async () => {
  const world = makeWorld()
  world.module('talker', saying('1.0.0'))
  await (await world.open()).close()
  world.module('talker', { version: '1.1.0', files: { 'main.js': 'export class Module {' } })
  const kernel = await world.open()
  expect(await outputOf(kernel, 'talker')).toBe('1.0.0')
  expect(world.logged.join('\n')).toContain('version 1.0.0 of before goes on')
})

test('a run follows a minor version and keeps a major one, also after a restart', async () => {
  const world = makeWorld()
  world.module('talker', saying('1.0.0'))
  const first = await world.open()
  const held = first.hold('r1', first.generation.number)
  const said = async (modules: HeldModules): Promise<unknown> =>
    (await modules.find('talker')?.invoke(task(null)))?.outputData
  await first.change({ folders: [beside(world, 'talker', saying('1.1.0'))] })
  expect(await said(held)).toBe('1.1.0')
  const { runs } = await first.change({ folders: [beside(world, 'talker', saying('2.0.0'))] })
  expect(runs).toEqual({ followed: 0, pinned: 1 })
  expect(await said(held)).toBe('1.1.0')
  expect(await outputOf(first, 'talker')).toBe('2.0.0')
  expect(first.holders('talker')).toMatchObject([{ run: 'r1', version: '1.1.0' }])
  await first.close()
  const second = await world.open()
  expect(await said(second.hold('r1', 1))).toBe('1.1.0')
  expect(await said(second.hold('r2', 3))).toBe('2.0.0')
})

test('whoever changes a module may say that runs go over, or stay', async () => {
  const world = makeWorld()
  world.module('talker', saying('1.0.0'))
  const kernel = await world.open()
  const held = kernel.hold('r1', 1)
  const said = async (): Promise<unknown> => (await held.find('talker')?.invoke(task(null)))?.outputData
  await kernel.change({ folders: [beside(world, 'talker', saying('2.0.0'))], runs: 'follow' })
  expect(await said()).toBe('2.0.0')
  await kernel.change({ folders: [beside(world, 'talker', saying('2.1.0'))], runs: 'pin' })
  expect(await said()).toBe('2.0.0')
})

test('what a run holds is torn down once it lets go', async () => {
  const world = makeWorld()
  world.module('talker', saying('1.0.0', `async teardown() { globalThis.tornDown() }`))
  const kernel = await world.open()
  const torn = Promise.withResolvers<void>()
  Object.assign(globalThis, { tornDown: torn.resolve })
  const held = kernel.hold('r1', 1)
  await kernel.change({ folders: [beside(world, 'talker', saying('2.0.0'))] })
  const settled = kernel.settled()
  let done = false
  void settled.then(() => (done = true))
  await new Promise((resolve) => setImmediate(resolve))
  expect(done).toBe(false)
  held.release()
  await torn.promise
  await settled
})

test('a new configuration is a change like any other, and a wrong one changes nothing', async () => {
  const world = makeWorld()
  const manifest = 'config_schema: {type: object, properties: {word: {type: string, default: a}}}'
  const files = {
    'main.js': `import { BaseModule, ModuleResult } from '@nexus/sdk'
export class Module extends BaseModule { async execute() { return ModuleResult.ok(this.config.word) } }
`,
  }
  world.module('talker', { manifest, files })
  const kernel = await world.open()
  await kernel.change({ config: { talker: { word: 'b' } } })
  expect(await outputOf(kernel, 'talker')).toBe('b')
  await expect(kernel.change({ config: { talker: { word: 7 } } })).rejects.toThrow(/word/)
  await expect(kernel.change({ config: { nobody: {} } })).rejects.toThrow(/nobody/)
  expect(await outputOf(kernel, 'talker')).toBe('b')
  await kernel.close()
  expect(await outputOf(await world.open(), 'talker')).toBe('b')
})

test('what a module keeps is there for its next version, and after a restart', async () => {
  const world = makeWorld()
  const counting = (version: string): ModuleOptions => ({
    version,
    files: {
      'main.js': `import { BaseModule, ModuleResult } from '@nexus/sdk'
export class Module extends BaseModule {
  async execute(context) {
    const count = ((await context.state.get('count')) ?? 0) + 1
    await context.state.set('count', count)
    return ModuleResult.ok(count)
  }
}
`,
    },
  })
  world.module('counter', counting('1.0.0'))
  const first = await world.open()
  expect([await outputOf(first, 'counter'), await outputOf(first, 'counter')]).toEqual([1, 2])
  await first.change({ folders: [beside(world, 'counter', counting('2.0.0'))] })
  expect(await outputOf(first, 'counter')).toBe(3)
  await first.close()
  expect(await outputOf(await world.open(), 'counter')).toBe(4)
})

test('modules that come in together start each after what it depends on, however they are named', async () => {
  const world = makeWorld()
  const kernel = await world.open()
  const above = beside(world, 'above', {
    ...saying('1.0.0'),
    manifest: 'dependencies: {modules: [{below: ^1.0.0}]}',
  })
  await kernel.change({ folders: [above, beside(world, 'below', saying('1.0.0'))] })
  expect(await outputOf(kernel, 'above')).toBe('1.0.0')
})

test('a version that is being staged is not let go of when a run ends meanwhile', async () => {
  const world = makeWorld()
  world.module('talker', saying('1.0.0'))
  const kernel = await world.open()
  const run = kernel.hold('r', 1)
  const begun = Promise.withResolvers<void>()
  const held = Promise.withResolvers<void>()
  Object.assign(globalThis, { begun: begun.resolve, held: held.promise })
  const slow = saying('1.1.0', 'async setup() { globalThis.begun(); await globalThis.held }')
  const changing = kernel.change({ folders: [beside(world, 'talker', slow)] })
  await begun.promise
  run.release()
  held.resolve()
  await changing
  await kernel.load('talker') // it is up: one that was stopped refuses
  expect(await outputOf(kernel, 'talker')).toBe('1.1.0')
  expect(await kernel.route('talker')?.unavailable()).toBeUndefined()
})
