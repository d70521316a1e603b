import { availableParallelism } from 'node:os'
import { expect, test } from 'vitest'
import { formatProblem } from '@nexus/kernel'
import { unmetRequirements } from '../src/requirements.ts'
import { makeWorld, outputOf } from './world.ts'

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
