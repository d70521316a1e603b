/**
 * A version that does not start never takes the place of one that serves: at a rescan, and at a start.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatProblem, type Kernel } from '@nexus/kernel'
import { afterAll, expect, test } from 'vitest'
import { processHost } from '../src/hosts/process.ts'
import { findPython } from '../src/hosts/process/python.ts'
import { makeWorld, outputOf, type ModuleOptions } from './world.ts'

const shared = mkdtempSync(join(tmpdir(), 'nexus-refused-test-'))
afterAll(() => rmSync(shared, { recursive: true, force: true }))
const foundPython = await findPython()

/** Says which version it is, and logs each set-up. */
const saying = (
  version: string,
  more: { setup?: string; members?: string; manifest?: string } = {},
): ModuleOptions => ({
  version,
  manifest: more.manifest ?? '',
  files: {
    'main.js': `import { BaseModule, ModuleResult } from '@nexus/sdk'
export class Module extends BaseModule {
  async setup({ log }) { log.info('setup ${version}'); ${more.setup ?? ''} }
  ${more.members ?? ''}
  async execute(context) {
    if (context.inputData?.keep) await context.state.set('kept', context.inputData.keep)
    return ModuleResult.ok('${version}')
  }
}
`,
  },
})

const throws = `throw new Error('no port')`
const needs = (id: string, range: string): string => `dependencies: {modules: [{${id}: "${range}"}]}`

function problemsOf(kernel: Kernel, id: string): string {
  const info = kernel.modules().find((module) => module.id === id)
  return info?.problems.map(formatProblem).join('\n') ?? ''
}

const broken: readonly [string, ModuleOptions, string][] = [
  ['throws in its set-up', saying('1.1.0', { setup: throws }), 'failed in setup: Error: no port'],
  ['never gets ready', saying('1.1.0', { setup: 'await new Promise(() => {})' }), 'took longer than 50 ms'],
  [
    'does not do what it provides',
    saying('1.1.0', { members: 'canExecute() { return false }' }),
    'provides "talker", but its canExecute("talker") is not true',
  ],
  [
    'throws while it loads',
    { version: '1.1.0', files: { 'main.js': `throw new Error('no')` } },
    'failed in load',
  ],
  ['exports no module', { version: '1.1.0', files: { 'main.js': 'export const a = 1' } }, 'Module'],
]

test.each(broken)(
  'a version that %s leaves the one of before in service, and says why',
  async (_how, bad, why) => {
    const world = makeWorld()
    world.module('talker', saying('1.0.0'))
    const kernel = await world.open({ deadlines: { setupMsMax: 50 } })
    world.module('talker', bad)
    expect(await kernel.rescan()).toBeUndefined()
    expect([await outputOf(kernel, 'talker'), kernel.generation.number]).toEqual(['1.0.0', 1])
    expect(problemsOf(kernel, 'talker')).toContain(why)
    expect(world.logged.join('\n')).toContain('version 1.0.0 of before goes on')
    world.module('talker', saying('1.2.0'))
    expect((await kernel.rescan())?.changed).toMatchObject([{ id: 'talker', from: '1.0.0', to: '1.2.0' }])
    expect([await outputOf(kernel, 'talker'), problemsOf(kernel, 'talker')]).toEqual(['1.2.0', ''])
  },
)

test.skipIf('missing' in foundPython)(
  'a module of Python that does not parse any more leaves the version of before in service',
  async () => {
    const world = makeWorld()
    const saved = (text: string): ModuleOptions => ({ main: 'main.py', files: { 'main.py': text } })
    const head = 'from nexus.modules.base import BaseModule, ModuleResult\nclass Module(BaseModule):\n'
    world.module('talker', saved(`${head}    async def execute(self, context): return ModuleResult.ok(1)\n`))
    const host = processHost({ folder: shared, sparesMax: 0, bubblewrap: false })
    const kernel = await world.open({ hosts: [host] })
    world.module('talker', saved(`${head}    async def execute(self, context:\n`))
    expect(await kernel.rescan()).toBeUndefined()
    expect(await outputOf(kernel, 'talker')).toBe(1)
    expect(problemsOf(kernel, 'talker')).toContain('SyntaxError')
  },
)

test('what else has changed goes live, once, without the version that does not start', async () => {
  const world = makeWorld()
  world.module('talker', saying('1.0.0'))
  world.module('other', saying('3.0.0'))
  const kernel = await world.open()
  world.module('talker', saying('1.1.0', { setup: throws }))
  world.module('other', saying('3.1.0'))
  expect((await kernel.rescan())?.changed).toMatchObject([{ id: 'other', to: '3.1.0' }])
  expect([await outputOf(kernel, 'talker'), await outputOf(kernel, 'other')]).toEqual(['1.0.0', '3.1.0'])
  expect(world.logged.filter((line) => line === 'setup 3.1.0')).toHaveLength(1)
})

test('a module that needs the version that does not start stays where it was as well', async () => {
  const world = makeWorld()
  world.module('talker', saying('1.0.0'))
  world.module('needy', saying('1.0.0', { manifest: needs('talker', '^1.0.0') }))
  const kernel = await world.open()
  world.module('talker', saying('2.0.0', { setup: throws }))
  world.module('needy', saying('2.0.0', { manifest: needs('talker', '^2.0.0') }))
  expect(await kernel.rescan()).toBeUndefined()
  expect([await outputOf(kernel, 'talker'), await outputOf(kernel, 'needy')]).toEqual(['1.0.0', '1.0.0'])
  expect(problemsOf(kernel, 'talker')).toContain('no port')
  expect(problemsOf(kernel, 'needy')).toContain('talker')
})

test('a module that starts only with what it depends on is not what is refused', async () => {
  const world = makeWorld()
  const lazy = 'behavior: {auto_load: false}'
  world.module('below', saying('1.0.0', { manifest: lazy }))
  world.module('above', saying('1.0.0', { manifest: needs('below', '*') }))
  const kernel = await world.open()
  world.module('below', saying('1.1.0', { manifest: lazy, setup: throws }))
  world.module('above', saying('1.1.0', { manifest: needs('below', '*') }))
  expect((await kernel.rescan())?.changed).toMatchObject([{ id: 'above', to: '1.1.0' }])
  expect([await outputOf(kernel, 'above'), await outputOf(kernel, 'below')]).toEqual(['1.1.0', '1.0.0'])
})

test('a module that waits for its first use is tried before it takes the place of one that is in use', async () => {
  const world = makeWorld()
  const manifest = 'behavior: {auto_load: false}'
  world.module('talker', saying('1.0.0', { manifest }))
  const kernel = await world.open()
  expect(await outputOf(kernel, 'talker')).toBe('1.0.0')
  world.module('talker', saying('1.1.0', { manifest, setup: throws }))
  expect(await kernel.rescan()).toBeUndefined()
  expect(await outputOf(kernel, 'talker')).toBe('1.0.0')
})

test('the state that a major version would have begun with is dropped with it', async () => {
  const world = makeWorld()
  world.module('talker', saying('1.0.0'))
  const kernel = await world.open()
  await outputOf(kernel, 'talker', { keep: 'a' })
  world.module('talker', saying('2.0.0', { setup: throws }))
  await kernel.rescan()
  expect([...kernel.stateTexts()]).toEqual(['"a"'])
})

test('at a start the version that served before does so again, and the others begin', async () => {
  const world = makeWorld()
  world.module('talker', saying('1.0.0'))
  world.module('other', saying('3.0.0'))
  await (await world.open()).close()
  world.module('talker', saying('1.1.0', { setup: throws }))
  world.module('other', saying('3.1.0'))
  world.module('fresh', saying('5.0.0', { setup: throws }))
  const kernel = await world.open()
  expect([await outputOf(kernel, 'talker'), await outputOf(kernel, 'other')]).toEqual(['1.0.0', '3.1.0'])
  expect(kernel.route('fresh')).toBeUndefined()
  expect(problemsOf(kernel, 'talker')).toContain('no port')
  expect(problemsOf(kernel, 'fresh')).toContain('no port')
  expect(world.logged.filter((line) => line === 'setup 3.1.0')).toHaveLength(1)
  expect(world.logged.filter((line) => line === 'setup 5.0.0')).toHaveLength(1)
})

test('at a start a module that served before and does not start now is tried once, and left out', async () => {
  const world = makeWorld()
  Object.assign(globalThis, { busy: false })
  const talker = saying('1.0.0', { setup: `if (globalThis.busy) ${throws}` })
  world.module('talker', talker)
  world.module('other', saying('3.0.0'))
  await (await world.open()).close()
  Object.assign(globalThis, { busy: true })
  world.logged.length = 0
  const kernel = await world.open()
  expect(kernel.route('talker')).toBeUndefined()
  expect(await outputOf(kernel, 'other')).toBe('3.0.0')
  expect(world.logged.filter((line) => line === 'setup 1.0.0')).toHaveLength(1)
})

test('of two folders the farther one serves where the nearer one does not start', async () => {
  const world = makeWorld()
  const [far, near] = [join(world.folder, 'far'), join(world.folder, 'near')]
  world.module('talker', { ...saying('2.0.0'), source: far })
  world.module('talker', { ...saying('1.0.0', { setup: throws }), source: near })
  const kernel = await world.open({ sources: [far, near] })
  expect(await outputOf(kernel, 'talker')).toBe('2.0.0')
  expect(problemsOf(kernel, 'talker')).toContain('no port')
})
