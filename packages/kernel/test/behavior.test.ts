import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { formatProblem } from '@nexus/kernel'
import { unmetRequirements } from '../src/requirements.ts'
import { echo, makeWorld, manifestText, outputOf } from './world.ts'

const counting = {
  'main.js': `import { BaseModule, ModuleResult, TaskFault } from '@nexus/sdk'
let count = 0
export class Module extends BaseModule {
  async execute({ inputData }) {
    count++
    if (inputData === 'fail') throw TaskFault.of('runtime', 'no ' + count)
    return ModuleResult.ok(count)
  }
}
`,
}

test('a module that caches its results does the same input once, and a fault every time', async () => {
  const world = makeWorld()
  world.module('counter', { files: counting, manifest: 'behavior: {cache_results: true}' })
  const kernel = await world.open()
  expect(await outputOf(kernel, 'counter', { a: 1 })).toBe(1)
  expect(await outputOf(kernel, 'counter', { a: 1 })).toBe(1)
  expect(await outputOf(kernel, 'counter', { a: 2 })).toBe(2)
  await expect(outputOf(kernel, 'counter', 'fail')).rejects.toThrow('no 3')
  await expect(outputOf(kernel, 'counter', 'fail')).rejects.toThrow('no 4')
})

test('a module that does not say so does everything every time', async () => {
  const world = makeWorld()
  world.module('counter', { files: counting })
  const kernel = await world.open()
  expect([await outputOf(kernel, 'counter', 1), await outputOf(kernel, 'counter', 1)]).toEqual([1, 2])
})

test('a module that needs more cores than there are does not start, and says so', async () => {
  const world = makeWorld()
  world.module('hungry', { manifest: `requirements: {cpu_cores: ${availableParallelism() + 1}}` })
  const kernel = await world.open()
  expect(kernel.route('hungry')).toBeUndefined()
  expect(kernel.modules()[0]?.problems.map(formatProblem).join()).toMatch(
    /manifest\.yaml:\d+:\d+.*needs \d+ CPU cores/,
  )
})

test('a GPU is needed only by who says so', () => {
  const manifest = { id: 'm', requirements: { gpu: true } } as unknown as Parameters<
    typeof unmetRequirements
  >[0]
  const told = (hasGpu: boolean): number =>
    unmetRequirements(manifest, () => ({ message: 'x' }) as never, { cpuCores: 1, hasGpu }).length
  expect([told(true), told(false)]).toEqual([0, 1])
})

test('the functions of entry_points.setup and teardown run around those of the module', async () => {
  const world = makeWorld()
  const told: string[] = []
  Object.assign(globalThis, { told })
  const main = `import { BaseModule, ModuleResult } from '@nexus/sdk'
export class Module extends BaseModule {
  async setup() { told.push('own setup') }
  async execute() { return ModuleResult.ok(told.length) }
  async teardown() { told.push('own teardown') }
}
`
  const folder = world.module('hooked', {
    files: {
      'main.js': main,
      'setup.js': `export async function setup({ config }) { told.push('setup ' + typeof config) }\n`,
      'cleanup.js': `export const teardown = () => told.push('teardown')\n`,
    },
  })
  writeFileSync(
    join(folder, 'manifest.yaml'),
    manifestText('hooked').replace('main.js}', 'main.js, setup: setup.js, teardown: cleanup.js}'),
  )
  const kernel = await world.open()
  expect(await outputOf(kernel, 'hooked')).toBe(2)
  await kernel.close()
  expect(told).toEqual(['setup object', 'own setup', 'own teardown', 'teardown'])
})

test('an entry point that lacks its function is told with its place', async () => {
  const world = makeWorld()
  const folder = world.module('hooked', {
    files: { 'main.js': echo, 'setup.js': 'export const other = 1\n' },
  })
  writeFileSync(
    join(folder, 'manifest.yaml'),
    manifestText('hooked').replace('main.js}', 'main.js, setup: setup.js}'),
  )
  const kernel = await world.open()
  expect(kernel.modules()[0]?.problems.map(formatProblem).join()).toMatch(/setup/)
})
