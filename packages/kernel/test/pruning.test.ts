/**
 * What is forgotten at a start, and what is kept because somebody may come back to it.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { RunControl } from '@nexus/kernel'
import { expect, test } from 'vitest'
import { generationsKept } from '../src/pruning.ts'
import { makeWorld, outputOf, task, type World } from './world.ts'

const nobody: RunControl = { began: async () => [], move: async () => {}, cancel: async () => {} }

/** A module whose artifact is its own for each version. */
const saying = (world: World, version: string): string =>
  world.module('talker', {
    version,
    source: join(world.folder, `beside-${version}`),
    files: {
      'main.js': `import { BaseModule, ModuleResult } from '@nexus/sdk'
export class Module extends BaseModule {
  async execute() { return ModuleResult.ok('${version}') }
}
`,
    },
  })

const artifactsIn = (world: World): number =>
  readdirSync(join(world.data, 'artifacts')).filter((name) => name.endsWith('.cjs')).length

async function changeManyTimes(world: World, times: number): Promise<void> {
  world.module('talker', { version: '1.0.0' })
  const kernel = await world.open({ runs: nobody })
  for (let patch = 1; patch <= times; patch++)
    await kernel.change({ folders: [saying(world, `1.0.${patch}`)] })
  await kernel.close()
}

test('generations long past are forgotten at a start, with their artifacts, and the newest can be gone back to', async () => {
  const world = makeWorld()
  await changeManyTimes(world, generationsKept + 5)
  expect(artifactsIn(world)).toBe(generationsKept + 6)
  const kernel = await world.open({ runs: nobody })
  const numbers = kernel.generations().map(({ number }) => number)
  expect([numbers.length, numbers[0]]).toEqual([generationsKept, 7])
  // The one that the source still offers is kept besides.
  expect(artifactsIn(world)).toBe(generationsKept + 1)
  await kernel.activate(7)
  expect(await outputOf(kernel, 'talker')).toBe('1.0.6')
  await expect(kernel.activate(6)).rejects.toThrow('There is no generation 6.')
  await kernel.close()
  const again = await world.open({ runs: nobody })
  expect(await outputOf(again, 'talker')).toBe('1.0.6')
})

test('what an unfinished run began under is kept, with all that came after it', async () => {
  const world = makeWorld()
  await changeManyTimes(world, generationsKept + 5)
  const kernel = await world.open({ runs: { ...nobody, began: async () => [2] } })
  expect(kernel.generations()[0]?.number).toBe(2)
  const held = kernel.hold('run', 2)
  expect((await held.find('talker')?.invoke(task(null)))?.outputData).toBe(`1.0.${generationsKept + 5}`)
  held.release()
})
