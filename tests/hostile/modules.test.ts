/**
 * Modules that do what no module should, against one server in a process of its own: each is an error that names the
 * module, and the server goes on.
 */
import { Client, operations, ProblemError, type Run } from '@nexus/api'
import { systemClock } from '@nexus/sdk'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

interface Server {
  readonly folder: string
  readonly child: ChildProcess
  readonly client: Client
  said(): string
}

let server: Server

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-hostile-'))
  linkOut(folder)
  const program = join(import.meta.dirname, 'server.ts')
  const child = spawn(process.execPath, [program, join(folder, 'data'), join(folder, 'source')], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string]
  const client = new Client({ url: line.trim(), clock: systemClock })
  server = { folder, child, client, said: () => said }
  await swapIn(write('good', { execute: 'return ok(input)' }))
})

/** It has gone on through all of it, and ends as it should. */
afterAll(async () => {
  const ended = once(server.child, 'close')
  server.child.kill('SIGTERM')
  expect(await ended).toEqual([0, null])
  rmSync(server.folder, { recursive: true, force: true })
})

/** A source whose module is a link to what lies outside of it. */
function linkOut(folder: string): void {
  const outside = join(folder, 'outside', 'linked')
  for (const each of [outside, join(folder, 'source', 'executors')]) mkdirSync(each, { recursive: true })
  writeFileSync(join(outside, 'manifest.yaml'), manifestOf('linked'))
  writeFileSync(join(outside, 'main.js'), 'export class Module { async execute() {} }')
  symlinkSync(outside, join(folder, 'source', 'executors', 'linked'))
}

interface Written {
  /** In place of the usual manifest. */
  readonly manifest?: string
  readonly file?: string
  readonly code?: string
  readonly setup?: string
  readonly execute?: string
  readonly teardown?: string
}

/** Writes a module and gives its folder. */
function write(id: string, { file = 'main.js', ...written }: Written): string {
  const folder = join(server.folder, 'modules', 'executors', id)
  mkdirSync(folder, { recursive: true })
  const { setup = '', execute = 'return ok(input)', teardown = '' } = written
  const usual = `const ok = (outputData) => ({ success: true, outputData, metadata: {} })
export class Module {
  async setup() { ${setup} }
  async execute(context) { const input = context.inputData; ${execute} }
  async teardown() { ${teardown} }
}\n`
  writeFileSync(join(folder, 'manifest.yaml'), written.manifest ?? manifestOf(id, file))
  writeFileSync(join(folder, file), written.code ?? usual)
  return folder
}

const manifestOf = (id: string, file = 'main.js', more = ''): string =>
  `id: ${id}\nversion: 1.0.0\ntype: executor\nname: ${id}\ndescription: Hostile.\nentry_points: {main: ${file}}\nprovides: [{task: ${id}}]\n${more}`

const swapIn = (folder: string): Promise<unknown> =>
  server.client.call(operations.modules.swap, { body: { folders: [folder] } })

/** Runs one task of a module; cancelled after a second where it is to be. */
async function runTask(task: string, more: object = {}): Promise<Run> {
  const document = {
    document: { dsl: '1.0.3', namespace: 'test', name: 'hostile', version: '1.0.0' },
    do: [{ it: { call: task, with: { n: 1 }, ...more } }],
  }
  const body = { workflow_text: JSON.stringify(document) }
  return server.client.ended((await server.client.call(operations.runs.start, { body })).id)
}

async function stillServes(): Promise<void> {
  expect(await runTask('good')).toMatchObject({ status: 'completed', output: { n: 1 } })
}

describe('a module that cannot be is refused by its name, and nothing changes', () => {
  const cases: readonly (readonly [what: string, id: string, written: Written, says: RegExp])[] = [
    [
      'with two ids',
      'twofold',
      { manifest: `id: other\n${manifestOf('twofold')}` },
      /twofold.*manifest\.yaml:2:1: .*keys must be unique/,
    ],
    [
      'with a range that is none',
      'ranged',
      { manifest: manifestOf('ranged', 'main.js', 'dependencies: {modules: [{good: "about two"}]}\n') },
      /ranged.*manifest\.yaml:8:\d+.*semver range/,
    ],
    [
      'in TypeScript that does not parse',
      'garbled',
      { file: 'main.ts', code: 'export class {{\n' },
      /garbled.*main\.ts:1:\d+/,
    ],
    [
      'in Python that does not parse',
      'slithering',
      { file: 'main.py', code: 'class Module(:\n' },
      /slithering[^]*main\.py/,
    ],
    ['without a class', 'classless', { code: 'export const x = 1\n' }, /"classless"[^]*class named "Module"/],
    ['whose set-up throws', 'thrower', { setup: "throw new Error('no luck')" }, /"thrower"[^]*no luck/],
    ['whose set-up never answers', 'silent', { setup: 'await new Promise(() => {})' }, /"silent"[^]*3000 ms/],
    ['whose set-up spins', 'spinner', { setup: 'for (;;);' }, /"spinner"[^]*3000 ms/],
    ['whose set-up exits', 'leaver', { setup: 'process.exit(3)' }, /"leaver"[^]*exit code 3/],
    ['that exits while it is loaded', 'bolter', { code: 'process.exit(4)' }, /"bolter"[^]*exit code 4/],
  ]
  test.each(cases)('%s', async (_what, id, written, says) => {
    const before = await server.client.call(operations.modules.generations)
    const refused: unknown = await swapIn(write(id, written)).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(ProblemError)
    expect(refused).toMatchObject({ problem: { status: 409, code: 'module_failed' } })
    expect((refused as ProblemError).problem.detail).toMatch(says)
    expect(await server.client.call(operations.modules.generations)).toEqual(before)
    await stillServes()
  })

  test('whose folder, manifest or entry is a link out of where it lies', async () => {
    const { state, problems } = await server.client.call(operations.modules.get, { params: { id: 'linked' } })
    expect([state, problems[0]?.message]).toEqual([
      'faulty',
      expect.stringMatching(/linked" is a link out of/),
    ])
    await expect(server.client.call(operations.modules.load, { params: { id: 'linked' } })).rejects.toThrow(
      /"linked" cannot be loaded[^]*link out of/,
    )
    const real = write('real', {})
    for (const file of ['manifest.yaml', 'main.js']) {
      const other = write('other', {})
      rmSync(join(other, file))
      symlinkSync(join(real, file), join(other, file))
      await expect(swapIn(other)).rejects.toThrow(/other.* is a link out of/)
    }
    await stillServes()
  })
})

describe('a task of a module faults with the name of the module', () => {
  const cases: readonly (readonly [what: string, id: string, execute: string, says: RegExp])[] = [
    ['that returns a function', 'functional', 'return ok(() => 1)', /functional[^]*function/],
    ['that returns no result', 'empty', 'return undefined', /empty/],
    ['that returns 500 MB', 'bulky', "return ok('x'.repeat(500 << 20))", /bulky/],
    ['that returns a circle', 'round', 'const o = {}; o.o = o; return ok(o)', /round/],
    ['that exits', 'quitter', 'process.exit(5)', /quitter[^]*exit code 5/],
    ['that throws what is no error', 'odd', 'throw null', /odd/],
    [
      'that runs out of memory',
      'hungry',
      'const all = []; for (;;) all.push(new Array(1e6).fill(1))',
      /hungry/,
    ],
  ]
  test.each(cases)('%s', { timeout: 60_000 }, async (_what, id, execute, says) => {
    await swapIn(write(id, { execute }))
    const run = await runTask(id)
    expect(run.status).toBe('faulted')
    expect(run.error?.detail).toMatch(says)
    expect(run.error?.instance).toBe('/do/0/it')
    await stillServes()
  })

  test.each([
    ['that never answers', 'mute', 'await new Promise((done) => setTimeout(done, 1e6))'],
    ['that spins', 'busy', 'for (;;);'],
  ])('%s, once its timeout is over', async (_what, id, execute) => {
    await swapIn(write(id, { execute: `if (input.n === 1) { ${execute} } return ok(input)` }))
    const run = await runTask(id, { timeout: { after: { milliseconds: 500 } } })
    expect(run).toMatchObject({ status: 'faulted', error: { status: 408, instance: '/do/0/it' } })
    expect(run.tasks).toMatchObject([{ module: id, status: 'faulted' }])
    expect(await runTask(id, { with: { n: 2 } })).toMatchObject({ status: 'completed' })
    await stillServes()
  })
})

test('a module that floods its log is cut, and its task goes on', async () => {
  const flood =
    "for (let i = 0; i < 50_000; i++) { console.log('flood ' + i); context.log.info('flood ' + i) } return ok(input)"
  await swapIn(write('noisy', { execute: flood }))
  expect(await runTask('noisy')).toMatchObject({ status: 'completed' })
  await expect.poll(() => server.said()).toMatch(/\d+ lines were not kept: it logs more than/)
  expect(server.said().match(/flood/g)?.length).toBeLessThan(20_000)
  await stillServes()
})

test.each([
  ['exits', 'slammer', 'process.exit(6)', /slammer[^]*exit code 6/],
  ['throws', 'sulker', "throw new Error('not leaving')", /sulker[^]*not leaving/],
  ['never answers', 'clinger', 'await new Promise((done) => setTimeout(done, 1e6))', /clinger[^]*1000 ms/],
])('a module whose teardown %s is told by its name, and is gone', async (_what, id, teardown, says) => {
  await swapIn(write(id, { teardown }))
  expect(await runTask(id)).toMatchObject({ status: 'completed' })
  const told = server.said().length
  const { state } = await server.client.call(operations.modules.unload, { params: { id } })
  expect(state).toBe('available')
  await expect.poll(() => server.said().slice(told)).toMatch(says)
  expect(await runTask(id)).toMatchObject({ status: 'completed' }) // it starts again
  await stillServes()
})
