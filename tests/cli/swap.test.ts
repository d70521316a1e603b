import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setup, workflow, type World } from './shell.ts'

function version(world: World, number: string): string {
  const folder = join(world.folder, `v${number}/executors/teller`)
  mkdirSync(folder, { recursive: true })
  const manifest = `id: teller\nversion: ${number}\ntype: executor\nname: Teller\ndescription: Says its version.
entry_points: {main: main.js}\nprovides: [{task: tell}]
config_schema: {type: object, properties: {word: {type: string, default: said}}}\n`
  const result = `{ success: true, outputData: '${number}', metadata: {} }`
  writeFileSync(join(folder, 'manifest.yaml'), manifest)
  writeFileSync(join(folder, 'main.js'), `export class Module { async execute() { return ${result} } }\n`)
  return folder
}

test('modules are swapped, listed by generation, gone back to and removed', async () => {
  using world = setup()
  const data = join(world.folder, 'data')
  const modules = (...args: string[]) => world.nexus('modules', ...args, '--data', data)
  const file = world.file('w.yaml', workflow('  - tell: { call: tell }\n'))
  const told = async (): Promise<unknown> =>
    (JSON.parse((await world.nexus('run', file, '--data', data, '--json')).out) as { output: unknown }).output
  expect(await modules('swap', version(world, '1.0.0'))).toMatchObject({ code: 0, err: '' })
  const swapped = await modules('swap', version(world, '1.1.0'))
  expect(swapped.out).toMatch(
    /Generation 3 serves after .*: teller 1\.0\.0 → 1\.1\.0\n.*Back: nexus modules activate 2/,
  )
  expect(await told()).toBe('1.1.0')
  expect((await modules('generations')).out).toMatch(/▸ 3 .*teller 1\.0\.0 → 1\.1\.0/)
  expect(await modules('activate', '2')).toMatchObject({ code: 0 })
  expect(await told()).toBe('1.0.0')
  expect((await modules('holders', 'teller')).out).toContain('No run in flight sees teller')
  expect(await modules('remove', 'teller')).toMatchObject({ code: 0 })
  expect((await world.nexus('run', file, '--data', data)).err).toContain('No module provides `tell`')
  expect(await modules('activate', '99')).toMatchObject({
    code: 2,
    err: expect.stringContaining('There are: 1'),
  })
  expect(await modules('swap', join(world.folder, 'nowhere'))).toMatchObject({
    code: 2,
    err: expect.stringContaining('no module'),
  })
})

test('modules go back to versions of before, are configured, started and stopped by their ids', async () => {
  using world = setup()
  const data = join(world.folder, 'data')
  const modules = (...args: string[]) => world.nexus('modules', ...args, '--data', data)
  await modules('swap', version(world, '1.0.0'))
  await modules('swap', version(world, '1.1.0'))
  const back = await modules('swap', 'teller@1.0.0')
  expect(back).toMatchObject({ code: 0, out: expect.stringContaining('teller 1.1.0 → 1.0.0') })
  const unknown = await modules('swap', 'teller@3.0.0')
  expect(unknown).toMatchObject({ code: 2, err: expect.stringContaining('There were: 1.0.0, 1.1.0.') })
  expect(await modules('config', 'teller', '{"word": "spoken"}')).toMatchObject({ code: 0 })
  expect((await modules('config', 'teller', '{"word": 5}')).err).toContain('word')
  expect((await modules('config', 'teller', '[]')).err).toContain('A configuration is an object')
  expect((await modules('load', 'teller')).out).toContain('teller 1.0.0 is loaded. It ends with this command')
  expect(JSON.parse((await modules('unload', 'teller', '--json')).out)).toMatchObject({ state: 'available' })
  expect(await modules('unload', 'nobody')).toMatchObject({ code: 2, err: expect.stringContaining('nobody') })
})
