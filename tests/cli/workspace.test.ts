/** The nexus command in a workspace: a folder with a nexus.yaml, a nexus.lock and modules of its own. */
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { workflow } from './shell.ts'

const bin = fileURLToPath(new URL('../../packages/cli/bin/nexus.js', import.meta.url))

interface Ended {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

interface Workspace {
  readonly folder: string
  write(path: string, text: string): void
  /** A module of its own that says its word. */
  module(version: string, word: string, place?: string): void
  /** Runs the command there; `until` interrupts it once that was said on standard error. */
  nexus(args: readonly string[], until?: string): Promise<Ended>
}

function setup(): Workspace {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-workspace-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  return {
    folder,
    write,
    module(version, word, place = 'modules/executors/teller') {
      write(`${place}/main.js`, saying(word))
      const manifest = `id: teller\nversion: ${version}\ntype: executor\nname: Teller\ndescription: Says a word.\n`
      write(`${place}/manifest.yaml`, `${manifest}entry_points: {main: main.js}\nprovides: [{task: tell}]\n`)
    },
    nexus(args, until) {
      const child = spawn(process.execPath, [bin, ...args], { cwd: folder })
      const said = { out: '', err: '' }
      let interrupted = false
      child.stdout.on('data', (data: Buffer) => (said.out += data.toString()))
      child.stderr.on('data', (data: Buffer) => {
        said.err += data.toString()
        if (interrupted || until === undefined || !said.err.includes(until)) return
        interrupted = child.kill('SIGINT') // a second one would end it at once
      })
      return new Promise((resolve) => child.on('close', (code) => resolve({ code, ...said })))
    },
  }
}

const saying = (word: string): string =>
  `export class Module { async execute() { return { success: true, outputData: '${word}', metadata: {} } } }\n`

const slow = { timeout: 120_000 }

test(
  'a lock is written at the first start, holds against the folder, and is written anew when asked',
  slow,
  async () => {
    const world = setup()
    world.module('1.0.0', 'one')
    world.write('nexus.yaml', 'modules: {teller: ^1.0.0}\nserver: {port: 0}\n')
    world.write('w.yaml', workflow('  - tell: { call: tell }\n'))
    const lock = (): string => readFileSync(join(world.folder, 'nexus.lock'), 'utf8')
    const first = await world.nexus(['start'], 'It serves')
    expect(first).toMatchObject({ code: 0, err: expect.stringContaining('Wrote nexus.lock') })
    expect(lock()).toMatch(
      /teller:\n {4}version: 1\.0\.0\n {4}source: modules\n {4}digest: sha256:[0-9a-f]{64}\n/,
    )
    expect((await world.nexus(['start', '--frozen'], 'It serves')).code).toBe(0)

    world.module('1.1.0', 'two')
    const held = await world.nexus(['run', 'w.yaml', '--json'])
    expect(JSON.parse(held.out)).toMatchObject({ output: 'one' })
    const warned = await world.nexus(['start'], 'It serves')
    expect(warned.err).toMatch(
      /warning: nexus\.lock has "teller" 1\.0\.0 .*, but .*teller has 1\.1\.0.*What is locked serves\./,
    )
    const frozen = await world.nexus(['start', '--frozen'], 'It serves')
    expect(frozen).toMatchObject({ code: 2, err: expect.stringContaining('nexus modules lock') })

    const updated = await world.nexus(['modules', 'update', 'teller'])
    expect(updated.out).toContain('teller 1.0.0 → 1.1.0')
    expect((await world.nexus(['modules', 'lock'])).out).toContain('holds as it is')
    expect(JSON.parse((await world.nexus(['run', 'w.yaml', '--json'])).out)).toMatchObject({ output: 'two' })
  },
)

test('nexus dev follows the folder and writes the lock down', slow, async () => {
  const world = setup()
  world.module('1.0.0', 'one')
  world.write('nexus.yaml', 'modules: {teller: ^1.0.0}\nserver: {port: 0}\n')
  await world.nexus(['modules', 'lock'])
  world.module('1.1.0', 'two')
  const ended = await world.nexus(['dev'], 'Watching')
  expect(ended.err).toContain('Wrote nexus.lock')
  expect(readFileSync(join(world.folder, 'nexus.lock'), 'utf8')).toContain('version: 1.1.0')
})

test(
  'a module is taken from its path, and the list says where each is from and what was passed over',
  slow,
  async () => {
    const world = setup()
    world.module('1.0.0', 'one')
    world.module('2.0.0', 'two', 'lib/teller')
    world.write(
      'nexus.yaml',
      'modules: {teller: {path: lib/teller}}\nconfig: {teller: {}}\nworkflows: [flows]\n',
    )
    world.write('w.yaml', workflow('  - tell: { call: tell }\n'))
    expect(JSON.parse((await world.nexus(['run', 'w.yaml', '--json'])).out)).toMatchObject({ output: 'two' })
    // To run is not to install.
    expect(existsSync(join(world.folder, 'nexus.lock'))).toBe(false)
    const { out } = await world.nexus(['modules', 'list'])
    expect(out).toMatch(/teller +2\.0\.0 +executor +loaded +lib\/teller +tell/)
    expect(out).toContain('Not teller 1.0.0 from modules: nexus.yaml takes it from lib/teller.')
  },
)

test(
  'what nexus.yaml asks for and nobody has is refused with its place, and so is what is wrong with it',
  slow,
  async () => {
    const world = setup()
    world.module('1.0.0', 'one')
    world.write('w.yaml', workflow('  - tell: { call: tell }\n'))
    world.write('nexus.yaml', 'modules:\n  teller: ^2.0.0\n')
    const run = await world.nexus(['run', 'w.yaml'])
    expect(run).toMatchObject({
      code: 2,
      err: expect.stringContaining(
        'nexus.yaml:2:3: Because nexus.yaml asks for "teller" ^2.0.0, which no version matches',
      ),
    })
    world.write('nexus.yaml', 'modules:\n  teller: ^1.0.0\nservre: {}\n')
    for (const args of [['validate', 'w.yaml'], ['start'], ['modules', 'list']]) {
      expect(await world.nexus(args, 'It serves')).toMatchObject({
        code: 2,
        err: expect.stringMatching(/nexus\.yaml:3:1: Unknown key "servre"\. Did you mean "server"\?/),
      })
    }
  },
)

test('the schema of nexus.yaml is printed, and without one nothing is locked', slow, async () => {
  const world = setup()
  const { out } = await world.nexus(['schema', 'workspace'])
  expect(JSON.parse(out)).toMatchObject({ $id: 'urn:nexus:workspace:1', additionalProperties: false })
  expect(await world.nexus(['modules', 'lock'])).toMatchObject({
    code: 2,
    err: expect.stringContaining('There is no nexus.yaml in'),
  })
})
