import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { documentOf, setup } from './world.ts'

const manifest = `id: moon_executor
version: 1.0.0
type: executor
name: Moon
description: Works at full moon only.
entry_points: { main: main.js }
provides: [ { task: moon.work, input_schema: true, output_schema: true, idempotent: true } ]
`
const main = `export class Module {
  async unavailable(task) { return task + ' waits: the moon is not full.' }
  async execute() { return { success: true, outputData: 1, metadata: {} } }
}
`

test('what a module cannot do here and now is told before the run, at the task, also in a workflow that it runs', async () => {
  await using world = await setup()
  const folder = join(world.folder, 'modules/executors/moon_executor')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'manifest.yaml'), manifest)
  writeFileSync(join(folder, 'main.js'), main)
  const nexus = await world.restart({ modules: [join(world.folder, 'modules')], trust: [world.folder] })
  const tasks = '  - fine: { set: { x: 1 } }\n  - work: { call: moon.work }\n'
  const { problems } = await nexus.complete(nexus.check(documentOf(tasks)))
  expect(problems).toMatchObject([
    {
      code: 'unavailable_capability',
      message: '`moon.work` cannot be done here: moon.work waits: the moon is not full.',
      start: { line: 5 },
    },
  ])
  writeFileSync(join(world.folder, 'inner.yaml'), documentOf(tasks, '', 'inner'))
  const outer = '  - sub: { run: { workflow: { namespace: test, name: inner, version: latest } } }\n'
  await expect(nexus.run(nexus.check(documentOf(outer)), {})).rejects.toMatchObject({
    message: expect.stringMatching(/inner\.yaml:5.*the moon is not full/),
  })
})

test('a task can ask whether a capability can be used, and why not', async () => {
  await using world = await setup()
  const folder = join(world.folder, 'modules/executors/moon_executor')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'manifest.yaml'), manifest)
  writeFileSync(join(folder, 'main.js'), main)
  await world.restart({ modules: [join(world.folder, 'modules')], trust: [world.folder] })
  const ask = async (task: string) =>
    (await world.run(`  - ask: { call: service_router.available, with: { task: ${task} } }\n`)).output
  expect(await ask('moon.work')).toEqual({
    available: false,
    why: 'moon.work waits: the moon is not full.',
  })
  expect(await ask('http')).toEqual({ available: true })
  expect(await ask('nothing')).toEqual({ available: false, why: 'No module provides "nothing".' })
})
