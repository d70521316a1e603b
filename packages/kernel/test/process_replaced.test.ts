/**
 * A module whose process has ended, or does not answer any more, is replaced like any other: by a change, by what the
 * sources have, by its own version with another configuration, by the version before.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Kernel } from '@nexus/kernel'
import { Cancelled, type Json } from '@nexus/sdk'
import { afterAll, describe, expect, test } from 'vitest'
import { processHost } from '../src/hosts/process.ts'
import { findPython } from '../src/hosts/process/python.ts'
import { logInto, makeWorld, outputOf, task, type ModuleOptions, type World } from './world.ts'

const shared = mkdtempSync(join(tmpdir(), 'nexus-replaced-test-'))
afterAll(() => rmSync(shared, { recursive: true, force: true }))
const foundPython = await findPython()

/** Says its version, what it keeps and what it remembers; the input says how it ends. */
const javascript = (version: string): ModuleOptions => ({
  version,
  files: {
    'main.js': `import { BaseModule, ModuleResult } from '@nexus/sdk'
export class Module extends BaseModule {
  seen = 0
  async snapshot() { return this.seen }
  async restore(seen) { this.seen = seen }
  async execute(context) {
    const input = context.inputData
    if (input === 'exit') process.exit(3)
    if (input === 'spin') { context.log.info('spins'); for (;;); }
    if (input === 'grow') { const all = []; for (;;) all.push(new Array(1e6).fill(all.length)) }
    if (input === 'keep') await context.state.set('kept', 'a')
    return ModuleResult.ok(['${version}', await context.state.get('kept') ?? null, ++this.seen])
  }
}
`,
  },
})

const python = (version: string): ModuleOptions => ({
  version,
  main: 'main.py',
  files: {
    'main.py': `import os
from nexus.modules.base import BaseModule, ModuleResult

class Module(BaseModule):
    seen = 0

    async def snapshot(self):
        return self.seen

    def restore(self, seen):
        self.seen = seen

    async def execute(self, context):
        input = context.input_data
        if input == "exit":
            os._exit(3)
        if input == "spin":
            context.log.info("spins")
            while True:
                pass
        if input == "grow":
            os.kill(os.getpid(), 9)
        if input == "keep":
            await context.state.set("kept", "a")
        self.seen += 1
        return ModuleResult.ok(["${version}", await context.state.get("kept"), self.seen])
`,
  },
})

describe.each([
  ['Node', javascript, false],
  ['Python', python, 'missing' in foundPython],
])('a module of %s', (_name, saying, isMissing) => {
  const run = test.skipIf(isMissing)

  const manifest = 'requirements: {memory_mb: 64}'
  const open = async (change = (text: string): string => text): Promise<{ world: World; kernel: Kernel }> => {
    const world = makeWorld()
    const { files = {}, ...first } = saying('1.0.0')
    const changed = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, change(text)]))
    world.module('subject', { ...first, files: changed, manifest })
    const host = processHost({ folder: shared, sparesMax: 0, bubblewrap: false, graceMsMax: 100 })
    const kernel = await world.open({ hosts: [host] })
    return { world, kernel }
  }
  const beside = (world: World, version: string): string =>
    world.module('subject', { ...saying(version), source: join(world.folder, `beside-${version}`) })

  const endings: readonly [string, (kernel: Kernel) => Promise<void>][] = [
    ['that ended itself', (kernel) => failing(kernel, 'exit')],
    ['that ran out of memory or was killed', (kernel) => failing(kernel, 'grow')],
    ['that was ended in an endless loop', (kernel) => cancelled(kernel)],
  ]

  run.each(endings)('%s is replaced at once, without its memory and with its state', async (_how, end) => {
    const { world, kernel } = await open()
    expect(await outputOf(kernel, 'subject', 'keep')).toEqual(['1.0.0', 'a', 1])
    await end(kernel)
    await kernel.change({ folders: [beside(world, '1.1.0')] })
    expect(await outputOf(kernel, 'subject')).toEqual(['1.1.0', 'a', 1])
    await end(kernel)
    await kernel.activate(1)
    expect(await outputOf(kernel, 'subject')).toEqual(['1.0.0', 'a', 1])
    await end(kernel)
    world.module('subject', { ...saying('1.2.0'), manifest })
    expect((await kernel.rescan())?.changed).toMatchObject([{ id: 'subject', to: '1.2.0' }])
    expect(await outputOf(kernel, 'subject')).toEqual(['1.2.0', 'a', 1])
    await end(kernel)
    await kernel.change({ config: { subject: { size: 2 } } })
    expect(await outputOf(kernel, 'subject')).toEqual(['1.2.0', 'a', 1])
    await end(kernel)
    await kernel.unload('subject')
    await kernel.load('subject')
    expect(await outputOf(kernel, 'subject')).toEqual(['1.2.0', 'a', 1])
  })

  run('that has nothing in memory to hand over is replaced while it is in an endless loop', async () => {
    const { world, kernel } = await open((text) => text.replace('snapshot', 'nothing'))
    const abort = new AbortController()
    const { over } = await spin(kernel, abort.signal)
    await kernel.change({ folders: [beside(world, '1.1.0')] })
    expect(await outputOf(kernel, 'subject')).toEqual(['1.1.0', null, 1])
    abort.abort(new Cancelled())
    await expect(over).rejects.toBeInstanceOf(Cancelled)
  })
})

async function failing(kernel: Kernel, input: Json): Promise<void> {
  await expect(outputOf(kernel, 'subject', input)).rejects.toThrow(/its process/)
}

async function cancelled(kernel: Kernel): Promise<void> {
  const abort = new AbortController()
  const spinning = await spin(kernel, abort.signal)
  abort.abort(new Cancelled())
  await expect(spinning.over).rejects.toBeInstanceOf(Cancelled)
}

/** Resolves once the module is in its endless loop. */
async function spin(kernel: Kernel, signal: AbortSignal): Promise<{ over: Promise<unknown> }> {
  const spins = Promise.withResolvers<void>()
  const log = { ...logInto([]), info: () => spins.resolve() }
  const over = Promise.resolve(kernel.route('subject')?.invoke({ ...task('spin', { signal }), log }))
  over.catch(() => undefined)
  await spins.promise
  return { over }
}
