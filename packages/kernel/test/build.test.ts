import { cpSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { formatProblem, type Kernel } from '@nexus/kernel'
import { expect, test } from 'vitest'
import { echo, makeWorld, outputOf, task, type World } from './world.ts'

const typescript = {
  'main.ts': `import { BaseModule, ModuleResult, type ModuleContext } from '@nexus/sdk'
import { double } from './arithmetic/double.ts'
import { name } from 'small-package'

export class Module extends BaseModule {
  override async execute(context: ModuleContext): Promise<ModuleResult> {
    return ModuleResult.ok([double(Number(context.inputData)), name])
  }
}
`,
  'arithmetic/double.ts': 'export const double = (value: number): number => value * 2\n',
  'node_modules/small-package/package.json':
    '{"name":"small-package","version":"1.0.0","type":"module","exports":"./index.js"}',
  'node_modules/small-package/index.js': 'export const name = "small"\n',
}

function artifactOf(kernel: Kernel, id: string): string | undefined {
  return kernel.generation.modules.get(id)?.artifact
}

function problemsOf(kernel: Kernel): string[] {
  return kernel.modules().flatMap(({ problems }) => problems.map(formatProblem))
}

function executing(body: string, before = ''): string {
  return `import { BaseModule, ModuleResult } from '@nexus/sdk'
${before}
export class Module extends BaseModule {
  async execute(context) { ${body} }
}
`
}

function damage(world: World, cache: string, change: (text: string) => string): void {
  const file = join(world.data, 'artifacts', cache)
  const text = readFileSync(file, 'utf8')
  expect(change(text)).not.toBe(text)
  writeFileSync(file, change(text))
}

test('a module in TypeScript runs with its helper files and an ESM-only package bundled', async () => {
  const world = makeWorld()
  world.module('typed', { main: 'main.ts', files: typescript })
  const kernel = await world.open()
  expect(await outputOf(kernel, 'typed', 21)).toEqual([42, 'small'])
})

test('the same sources give the same artifact, wherever the module and the data are', async () => {
  const digests = await Promise.all(
    [makeWorld(), makeWorld()].map(async (world, index) => {
      const source = join(world.folder, 'deeper/'.repeat(index), 'modules')
      world.module('typed', { source, main: 'main.ts', files: typescript })
      return artifactOf(await world.open({ sources: [source] }), 'typed')
    }),
  )
  expect(digests[0]).toMatch(/^[0-9a-f]{64}$/)
  expect(digests[1]).toBe(digests[0])
})

test('an artifact is a file named by the digest of its bytes, and nothing else is left behind', async () => {
  const world = makeWorld()
  world.module('typed', { main: 'main.ts', files: typescript })
  const digest = artifactOf(await world.open(), 'typed')
  expect(readdirSync(join(world.data, 'artifacts')).sort()).toEqual([
    `${digest}.cjs`,
    'builds.cache',
    'manifests.cache',
  ])
})

test('a module that changed by one byte of a helper file is built again', async () => {
  const world = makeWorld()
  const folder = world.module('typed', { main: 'main.ts', files: typescript })
  const before = artifactOf(await world.open(), 'typed')
  writeFileSync(join(folder, 'arithmetic/double.ts'), typescript['arithmetic/double.ts'].replace('2', '3'))
  const kernel = await world.open()
  expect(artifactOf(kernel, 'typed')).not.toBe(before)
  expect(await outputOf(kernel, 'typed', 21)).toEqual([63, 'small'])
})

test('a change of the same size that keeps the time of the file is seen while its times prove nothing', async () => {
  const world = makeWorld()
  const folder = world.module('typed', { main: 'main.ts', files: typescript })
  const file = join(folder, 'arithmetic/double.ts')
  const now = new Date()
  utimesSync(file, now, now)
  const before = artifactOf(await world.open(), 'typed')
  writeFileSync(file, typescript['arithmetic/double.ts'].replace('2', '3'))
  utimesSync(file, now, now)
  expect(artifactOf(await world.open(), 'typed')).not.toBe(before)
})

test('a corrupt artifact is built again', async () => {
  const world = makeWorld()
  world.module('typed', { main: 'main.ts', files: typescript })
  const digest = artifactOf(await world.open(), 'typed')
  const file = join(world.data, 'artifacts', `${digest}.cjs`)
  writeFileSync(file, `${readFileSync(file, 'utf8')};throw new Error('tampered')`)
  const kernel = await world.open()
  expect(artifactOf(kernel, 'typed')).toBe(digest)
  expect(await outputOf(kernel, 'typed', 1)).toEqual([2, 'small'])
})

test('damaged caches only mean building again, never another artifact or manifest', async () => {
  const world = makeWorld()
  world.module('a', { files: { 'main.js': executing('return ModuleResult.ok("from a")') } })
  world.module('b', { files: { 'main.js': executing('return ModuleResult.ok("from b")') } })
  const first = await world.open()
  const [a = '', b = ''] = ['a', 'b'].map((id) => artifactOf(first, id))
  damage(world, 'builds.cache', (text) => text.replace(`"artifact":"${a}"`, `"artifact":"${b}"`))
  damage(world, 'manifests.cache', (text) => text.replace('"version":"1.0.0"', '"version":"9.9.9"'))
  const second = await world.open()
  expect(await outputOf(second, 'a')).toBe('from a')
  expect(second.modules().map(({ version }) => version)).toEqual(['1.0.0', '1.0.0'])
})

test('a data folder that cannot be written to is told, with what to do', async () => {
  const world = makeWorld()
  world.write({ 'data/artifacts': 'a file, not a folder' })
  await expect(world.open()).rejects.toThrow(/Cannot keep artifacts in ".*data\/artifacts": .+ Make room/)
})

test('a source that does not parse is told with its line and column', async () => {
  const world = makeWorld()
  const folder = world.module('broken', {
    main: 'main.ts',
    files: { 'main.ts': 'export class Module {\n  execute( {\n}\n' },
  })
  world.module('good')
  const kernel = await world.open()
  expect(problemsOf(kernel)).toEqual([expect.stringMatching(new RegExp(`^${folder}/main\\.ts:4:1: .+\\.$`))])
  expect(await outputOf(kernel, 'good', 1)).toBe(1)
})

test('an import that is not found is told with its line and column', async () => {
  const world = makeWorld()
  const folder = world.module('broken', { files: { 'main.js': `${echo}\nimport './gone.js'\n` } })
  expect(problemsOf(await world.open())).toEqual([`${folder}/main.js:6:8: Could not resolve "./gone.js".`])
})

test('a file of a neighbour is not bundled', async () => {
  const world = makeWorld()
  world.module('neighbour', { files: { 'main.js': echo, 'secret.js': 'export const a = 1' } })
  const folder = world.module('curious', {
    files: { 'main.js': `import { a } from '../neighbour/secret.js'\n${echo}\nconsole.log(a)` },
  })
  expect(problemsOf(await world.open())).toEqual([
    expect.stringContaining(
      `${folder}/main.js:1:20: "../neighbour/secret.js" is outside of the module's folder`,
    ),
  ])
})

test('an exception in a task has the line of the source in its stack', async () => {
  const world = makeWorld()
  const folder = world.module('failing', {
    main: 'main.ts',
    files: {
      'main.ts': `import { BaseModule, type ModuleContext } from '@nexus/sdk'\nimport { fail } from './fail.ts'\ninterface Unused { a: 1 }\nexport class Module extends BaseModule {\n  async execute(_context: ModuleContext): Promise<never> {\n    return fail()\n  }\n}\n`,
      'fail.ts': `interface Gone { b: string }\nexport function fail(): never {\n  throw new Error('here')\n}\n`,
    },
  })
  const kernel = await world.open()
  const thrown: unknown = await kernel
    .route('failing')
    ?.invoke(task(null))
    .catch((error: unknown) => error)
  const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : undefined
  expect(cause?.stack).toContain(`${folder}/fail.ts:3:9`)
  expect(cause?.stack).toContain(`${folder}/main.ts:6:12`)
})

test('a module finds its own files through import.meta, __dirname and createRequire', async () => {
  const world = makeWorld()
  const body = `const own = createRequire(import.meta.url)
    return ModuleResult.ok([import.meta.dirname, import.meta.filename, import.meta.url, __dirname,
      readFileSync(new URL('words.txt', import.meta.url), 'utf8'), own('./data.json').a])`
  const before = `import { readFileSync } from 'node:fs'\nimport { createRequire } from 'node:module'`
  const files = { 'main.js': executing(body, before), 'words.txt': 'hello', 'data.json': '{"a":1}' }
  const folder = world.module('finder', { files })
  const main = join(folder, 'main.js')
  expect(await outputOf(await world.open(), 'finder')).toEqual([
    folder,
    main,
    `file://${main}`,
    folder,
    'hello',
    1,
  ])
})

test('packages under dependencies.npm are taken from the module, statically and by import()', async () => {
  const world = makeWorld()
  const body = `const later = await import('shared-package/more'); const os = await import('node:os')
    return ModuleResult.ok([where, later.where, typeof os.cpus])`
  world.module('sharing', {
    manifest: 'dependencies: {npm: [{shared-package: "^1.0.0"}]}',
    files: {
      'main.js': executing(body, `import { where } from 'shared-package'`),
      'node_modules/shared-package/package.json':
        '{"name":"shared-package","version":"1.0.0","type":"module","exports":{".":"./a.js","./more":"./b.js"}}',
      'node_modules/shared-package/a.js': 'export const where = import.meta.url.slice(-31)\n',
      'node_modules/shared-package/b.js':
        'export const where = await Promise.resolve(import.meta.url.slice(-31))\n',
    },
  })
  expect(await outputOf(await world.open(), 'sharing')).toEqual([
    expect.stringContaining('shared-package/a.js'),
    expect.stringContaining('shared-package/b.js'),
    'function',
  ])
})

test('the default import of a package outside is its default export, in ESM and in CommonJS', async () => {
  const world = makeWorld()
  const before = `import modern, { named } from 'modern'\nimport old, { kind } from 'old'`
  world.module('importing', {
    manifest: 'dependencies: {npm: [{modern: "1"}, {old: "1"}]}',
    files: {
      'package.json': '{"type":"module"}',
      'main.js': executing('return ModuleResult.ok([modern(), named, old(), kind])', before),
      'node_modules/modern/package.json':
        '{"name":"modern","version":"1.0.0","type":"module","exports":"./a.js"}',
      'node_modules/modern/a.js': 'export default () => "esm"\nexport const named = "n"\n',
      'node_modules/old/package.json': '{"name":"old","version":"1.0.0","main":"a.js"}',
      'node_modules/old/a.js': 'module.exports = () => "cjs"\nmodule.exports.kind = "k"\n',
    },
  })
  expect(await outputOf(await world.open(), 'importing')).toEqual(['esm', 'n', 'cjs', 'k'])
})

test("a module's SDK is the host's, imported statically or by import()", async () => {
  const world = makeWorld()
  const body = `const later = await import('@nexus/sdk'); const { runProgram } = await import('@nexus/sdk/process')
    return ModuleResult.ok(later.ModuleResult === ModuleResult)`
  world.module('importing', { files: { 'main.js': executing(body) } })
  expect(await outputOf(await world.open(), 'importing')).toBe(true)
})

test('a copy of a module shares the artifact, which is stored once', async () => {
  const world = makeWorld()
  const folder = world.module('one')
  const other = makeWorld()
  cpSync(folder, join(other.source, 'executors/one'), { recursive: true })
  const first = await world.open()
  const second = await other.open({ data: world.data })
  expect(artifactOf(second, 'one')).toBe(artifactOf(first, 'one'))
})

test('an artifact whose sources are gone is not taken from the cache', async () => {
  const world = makeWorld()
  const folder = world.module('typed', { main: 'main.ts', files: typescript })
  await world.open()
  rmSync(join(folder, 'arithmetic'), { recursive: true })
  expect(problemsOf(await world.open())).toEqual([
    expect.stringContaining('Could not resolve "./arithmetic/double.ts"'),
  ])
})
