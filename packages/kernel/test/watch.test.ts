/**
 * What is looked at before and after a change is live: recorded tasks that are done again, and errors that undo it.
 */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeWorld, outputOf, task, type ModuleOptions, type World } from './world.ts'

const doing = (version: string, execute: string, manifest = ''): ModuleOptions => ({
  version,
  manifest,
  files: {
    'main.js': `import { BaseModule, ModuleResult, TaskFault } from '@nexus/sdk'
export class Module extends BaseModule {
  async execute(context) { ${execute} }
}
`,
  },
})

const beside = (world: World, id: string, options: ModuleOptions): string =>
  world.module(id, { ...options, source: join(world.folder, `beside-${options.version}-${id}`) })

const says = (version: string): ModuleOptions => doing(version, `return ModuleResult.ok('${version}')`)
const throws = (version: string): ModuleOptions => doing(version, `throw new Error('oh no')`)

test('a version whose tasks end by errors of its own is taken back, and the receipt says why', async () => {
  const world = makeWorld()
  world.module('talker', says('1.0.0'))
  const kernel = await world.open()
  await kernel.change({ folders: [beside(world, 'talker', throws('1.1.0'))] })
  for (let count = 0; count < 5; count++)
    await kernel
      .route('talker')
      ?.invoke(task(null))
      .catch(() => {})
  await expect.poll(() => kernel.generation.number).toBe(1)
  expect(await outputOf(kernel, 'talker')).toBe('1.0.0')
  expect(kernel.receipts().at(-1)?.because).toBe(
    'talker 1.1.0 was taken back: 5 of its first 5 tasks ended by an error of its own: Module "talker" 1.1.0 failed: Error: oh no.',
  )
})

test('only that change is taken back where another came after it', async () => {
  const world = makeWorld()
  world.module('talker', says('1.0.0'))
  world.module('other', says('1.0.0'))
  const kernel = await world.open()
  await kernel.change({ folders: [beside(world, 'talker', throws('1.1.0'))] })
  await kernel.change({ folders: [beside(world, 'other', says('1.1.0'))] })
  for (let count = 0; count < 5; count++)
    await kernel
      .route('talker')
      ?.invoke(task(null))
      .catch(() => {})
  await expect.poll(() => kernel.generation.number).toBe(4)
  expect([await outputOf(kernel, 'talker'), await outputOf(kernel, 'other')]).toEqual(['1.0.0', '1.1.0'])
})

test('faults that a module tells of the world do not count, and errors below the budget neither', async () => {
  const world = makeWorld()
  world.module('talker', says('1.0.0'))
  const kernel = await world.open()
  const faulting = doing(
    '1.1.0',
    `if (context.inputData === 'error') throw new Error('oh no'); throw TaskFault.of('communication', 'no answer')`,
  )
  await kernel.change({ folders: [beside(world, 'talker', faulting)] })
  const tasks = [...Array<string>(40).fill('fault'), ...Array<string>(7).fill('error')]
  for (const input of tasks)
    await kernel
      .route('talker')
      ?.invoke(task(input))
      .catch(() => {})
  await kernel.change({ config: { talker: { any: 1 } } })
  expect(kernel.generation.number).toBe(3)
})

test('without a watch, or after it, nothing is taken back', async () => {
  const world = makeWorld()
  world.module('talker', says('1.0.0'))
  const kernel = await world.open()
  await kernel.change({ folders: [beside(world, 'talker', throws('1.1.0'))], watch: false })
  for (let count = 0; count < 9; count++)
    await kernel
      .route('talker')
      ?.invoke(task(null))
      .catch(() => {})
  await kernel.change({ config: { talker: { any: 1 } } })
  expect(kernel.generation.number).toBe(3)
})

const doubles = (version: string, factor: number): ModuleOptions =>
  doing(
    version,
    `return ModuleResult.ok(context.inputData * ${factor})`,
    'provides: [{task: double, idempotent: true}]',
  )

test('recorded tasks are done again by what comes in, which must come out as before', async () => {
  const world = makeWorld()
  world.module('doubler', doubles('1.0.0', 2))
  const kernel = await world.open()
  await kernel.route('double')?.invoke(task(21, { metadata: { kind: 'double' } }))
  await expect(
    kernel.change({ folders: [beside(world, 'doubler', doubles('1.1.0', 3))], replay: 10 }),
  ).rejects.toThrow(
    'Of 1 recorded tasks 1 come out otherwise:\n  doubler 1.1.0, double of 21: it was 42, now it is 63',
  )
  expect(kernel.generation.number).toBe(1)
  const receipt = await kernel.change({
    folders: [beside(world, 'doubler', doubles('1.2.0', 2))],
    replay: 10,
  })
  expect(receipt.replayed).toBe(1)
})

test('what is not idempotent, or belongs to a run with secrets, is not recorded', async () => {
  const world = makeWorld()
  world.module('doubler', doubles('1.0.0', 2))
  world.module('talker', says('1.0.0'))
  const kernel = await world.open()
  await outputOf(kernel, 'talker', 1)
  await kernel.route('double')?.invoke({
    ...task(21, { metadata: { kind: 'double' } }),
    confidential: true,
  })
  const folders = [beside(world, 'doubler', doubles('1.1.0', 3)), beside(world, 'talker', says('1.1.0'))]
  expect((await kernel.change({ folders, replay: 10 })).replayed).toBe(0)
})

test('a cached result is given again after a restart', async () => {
  const world = makeWorld()
  const random = doing('1.0.0', 'return ModuleResult.ok(Math.random())', 'behavior: {cache_results: true}')
  world.module('dice', random)
  const first = await world.open()
  const value = await outputOf(first, 'dice', 1)
  await first.close()
  const second = await world.open()
  expect(await outputOf(second, 'dice', 1)).toBe(value)
  expect(await outputOf(second, 'dice', 2)).not.toBe(value)
})
