/**
 * A person who runs a document is told when what they wrote in a module's folder is not what runs, and who would do a task
 * that nobody does.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { workflow } from './shell.ts'

const bin = fileURLToPath(new URL('../../packages/cli/bin/nexus.js', import.meta.url))

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

interface Workspace {
  /** The folder of the module of a user, which runs in a process of its own. */
  readonly module: string
  readonly save: (files: Readonly<Record<string, string>>) => void
  readonly nexus: (...args: readonly string[]) => Promise<Ended>
}

function setup(): Workspace {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-outdated-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const module = join(folder, 'modules/executors/teller')
  mkdirSync(module, { recursive: true })
  writeFileSync(join(folder, 'nexus.yaml'), '')
  writeFileSync(join(folder, 'w.yaml'), workflow('  - tell: { call: tell }\n'))
  return {
    module,
    save(files) {
      for (const [name, text] of Object.entries(files)) writeFileSync(join(module, name), text)
    },
    nexus: (...args) =>
      new Promise((resolve) => {
        const child = execFile(process.execPath, [bin, ...args], { cwd: folder }, (_error, out, err) =>
          resolve({ code: child.exitCode ?? -1, out, err }),
        )
      }),
  }
}

const manifest = (version: string): string => `id: teller
version: ${version}
type: executor
name: Teller
description: Says its version.
entry_points: { main: main.js }
provides: [{ task: tell }]
`
const saying = (word: string): string =>
  `export class Module { async execute() { return { success: true, outputData: '${word}', metadata: {} } } }\n`
const misspelt = manifest('1.1.0').replace('version', 'versoin')
const throwing = `export class Module { setup() { throw new Error('no port') } execute() {} }\n`

const broken: readonly [string, Readonly<Record<string, string>>, RegExp][] = [
  ['a syntax error', { 'main.js': 'export class Module {' }, /teller\/main\.js:1:\d+: /],
  ['a broken manifest', { 'manifest.yaml': misspelt }, /teller\/manifest\.yaml:2:1: .*versoin/],
  ['a set-up that throws', { 'main.js': throwing }, /failed in setup: Error: no port/],
]

test.each(broken)(
  'after %s nexus run says once which source is not what runs, why, and since when',
  { timeout: 60_000 },
  async (_what, files, why) => {
    const { module, save, nexus } = setup()
    save({ 'manifest.yaml': manifest('1.0.0'), 'main.js': saying('one') })
    expect((await nexus('run', 'w.yaml', '--json')).err).not.toContain('warning:')
    save(files)
    const { code, out, err } = await nexus('run', 'w.yaml', '--json')
    expect([code, (JSON.parse(out) as { output: unknown }).output]).toEqual([0, 'one'])
    expect(err.match(/is not what runs/g)).toHaveLength(1)
    expect(err).toContain(`What is in ${module} is not what runs: module "teller" 1.0.0 does, since 20`)
    expect(err).toMatch(why)
    expect(err.endsWith('\n')).toBe(true)
  },
)

test(
  'who would do a task, and why it does not run, is told before the run',
  { timeout: 60_000 },
  async () => {
    const { save, nexus } = setup()
    save({ 'manifest.yaml': manifest('1.0.0'), 'main.js': 'export class Module {' })
    const ran = await nexus('run', 'w.yaml')
    expect(ran.code).toBe(2)
    expect(ran.err).toMatch(
      /Nobody can do task `tell`: "tell" is provided by module "teller", which cannot be used: .*main\.js:1:\d+: /,
    )
    expect(ran.err).not.toContain('Did you mean')
    save({ 'main.js': saying('one'), 'manifest.yaml': misspelt })
    const { out, err } = await nexus('validate', 'w.yaml')
    expect(out + err).toContain('is provided by module "teller", which cannot be used')
  },
)
