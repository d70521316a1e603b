import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { setup, workflow, type World } from './shell.ts'

function save(world: World, version: string, main: string): void {
  const folder = join(world.folder, 'modules/executors/teller')
  mkdirSync(folder, { recursive: true })
  const manifest = `id: teller\nversion: ${version}\ntype: executor\nname: Teller\ndescription: Says its version.
entry_points: {main: main.js}\nprovides: [{task: tell}]\n`
  writeFileSync(join(folder, 'main.js'), main)
  writeFileSync(join(folder, 'manifest.yaml'), manifest)
}

const saying = (word: string): string =>
  `export class Module { async execute() { return { success: true, outputData: '${word}', metadata: {} } } }\n`

test(
  'nexus dev swaps a module in whenever it is saved, and tells what is wrong with one',
  { timeout: 60_000 },
  async () => {
    using world = setup()
    const data = join(world.folder, 'data')
    save(world, '1.0.0', saying('one'))
    const shown = { text: '' }
    const devving = world
      .nexus('dev', join(world.folder, 'modules'), '--data', data, '--port', '0')
      .then((end) => {
        shown.text = end.out + end.err
        return end
      })
    const file = world.file('w.yaml', workflow('  - tell: { call: tell }\n'))
    const told = async (): Promise<unknown> => {
      const { out, err } = await world.nexus('run', file, '--data', data, '--json')
      if (out === '') throw new Error(err)
      return (JSON.parse(out) as { output: unknown }).output
    }
    const soon = { timeout: 20_000, interval: 50 }
    await vi.waitFor(async () => expect(await told()).toBe('one'), soon)
    save(world, '1.1.0', saying('two'))
    await vi.waitFor(async () => expect(await told()).toBe('two'), soon)
    save(world, '1.2.0', 'export class Module {')
    for (const _ of [1, 2, 3]) expect(await told()).toBe('two')
    save(world, '1.2.1', saying('three'))
    await vi.waitFor(async () => expect(await told()).toBe('three'), soon)
    save(world, '1.3.0', `export class Module { setup() { throw new Error('no port') } execute() {} }\n`)
    await vi.waitFor(() => expect(world.said()).toContain('no port'), soon)
    expect(await told()).toBe('three')
    save(world, '1.3.1', 'export class Module { execute() { process.exit(3) } }\n')
    await vi.waitFor(async () => await expect(told()).resolves.toBeNull(), soon)
    save(world, '1.3.2', saying('four'))
    await vi.waitFor(async () => expect(await told()).toBe('four'), soon)
    world.interrupt()
    expect((await devving).code).toBe(0)
    expect(shown.text).toMatch(/teller 1\.0\.0 → 1\.1\.0 serves after/)
    expect(shown.text).toMatch(/main\.js:\d+:\d+: /)
    expect(shown.text).not.toContain('gone')
  },
)
