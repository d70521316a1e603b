import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { makeWorld, type World } from './world.ts'

interface Opened {
  readonly esbuild: boolean
  readonly openMs: number
  readonly outputs: readonly number[]
  readonly handles: readonly string[]
}

/** Opens a kernel in a process of its own, which has to end by itself. */
async function openOnce(world: World): Promise<Opened> {
  const program = join(import.meta.dirname, 'programs/open_once.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [program, world.source, world.data])
  return JSON.parse(stdout) as Opened
}

test('a cold start builds with esbuild, a warm one does not import it, and both leave no handle behind', async () => {
  const world = makeWorld()
  for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) world.module(id)
  const cold = await openOnce(world)
  expect(cold).toMatchObject({ esbuild: true, outputs: [1, 1, 1, 1, 1, 1], handles: [] })
  const warm = await openOnce(world)
  expect(warm).toMatchObject({ esbuild: false, outputs: [1, 1, 1, 1, 1, 1], handles: [] })
})

test('closing one kernel leaves another in the same process able to build', async () => {
  const world = makeWorld()
  world.module('a')
  const first = await world.open()
  const other = makeWorld()
  other.module('b')
  const [second] = await Promise.all([other.open(), first.close()])
  const third = makeWorld()
  third.module('c')
  expect((await third.open()).route('c')).toBeDefined()
  expect(second.route('b')).toBeDefined()
})
