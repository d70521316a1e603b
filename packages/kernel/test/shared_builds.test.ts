/** Builds that an installation keeps for all its data directories. */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeWorld, outputOf } from './world.ts'

test('a new data directory takes what was built already, and builds what is damaged or has changed', async () => {
  const world = makeWorld()
  world.module('talker')
  const sharedBuilds = { folder: join(world.folder, 'shared'), sources: [world.source] }
  const openAt = (name: string) => world.open({ data: join(world.folder, name), sharedBuilds })
  const first = await openAt('first')
  const { artifact } = first.modules()[0] ?? {}
  const kept = join(sharedBuilds.folder, 'artifacts')
  expect(readdirSync(kept)).toContain(`${artifact}.cjs`)
  const second = await openAt('second')
  expect(second.modules()[0]?.artifact).toBe(artifact)
  expect(await outputOf(second, 'talker', 'hello')).toBe('hello')
  writeFileSync(join(kept, `${artifact}.cjs`), 'exports.Module = class { execute() { return "evil" } }')
  const third = await openAt('third')
  expect(await outputOf(third, 'talker', 'hello')).toBe('hello')
  world.module('talker', {
    files: {
      'main.js': 'export class Module { async execute() { return { success: true, outputData: 2 } } }',
    },
  })
  expect(await outputOf(await openAt('fourth'), 'talker', 'hello')).toBe(2)
})

test('modules from elsewhere are not kept there', async () => {
  const world = makeWorld()
  world.module('talker')
  const sharedBuilds = { folder: join(world.folder, 'shared'), sources: [join(world.folder, 'other')] }
  await world.open({ sharedBuilds })
  expect(readdirSync(join(sharedBuilds.folder, 'artifacts'))).toEqual([])
})
