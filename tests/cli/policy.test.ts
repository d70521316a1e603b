/**
 * What nexus.yaml allows, as the command of a person takes it.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setup, workflow, type World } from './shell.ts'

const nexusBin = join(import.meta.dirname, '../../packages/cli/bin/nexus.js')

function run({ folder }: World, file: string): { code: number | null; out: string; err: string } {
  const args = [nexusBin, 'run', file, '--data', join(folder, 'data')]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' })
  return { code: status, out: stdout, err: stderr }
}

test('a program that nexus.yaml denies is not run, and a run that needs it does not begin', () => {
  using world = setup()
  world.file('nexus.yaml', 'policy: { programs: { deny: [sh, env] } }\n')
  const shell = run(world, world.file('a.yaml', workflow('  - a: { run: { shell: { command: echo } } }\n')))
  expect(shell).toMatchObject({
    code: 2,
    err: expect.stringMatching(/`run.shell` cannot be done here: .*denies "sh"/),
  })
  const env = run(
    world,
    world.file('b.yaml', workflow('  - b: { call: run.command, with: { program: env } }\n')),
  )
  expect(env).toMatchObject({ code: 1, out: expect.stringMatching(/denies "env"/) })
  const echo = run(
    world,
    world.file(
      'c.yaml',
      workflow('  - c: { call: run.command, with: { program: echo, arguments: [hi] } }\n'),
    ),
  )
  expect(echo.code).toBe(0)
})

test('a policy that is not understood is told with its place, and nothing runs', () => {
  using world = setup()
  world.file('nexus.yaml', 'policy:\n  programs:\n    denny: [sh]\n')
  const { code, err } = run(world, world.file('a.yaml', workflow('  - a: { set: { x: 1 } }\n')))
  expect({ code, err }).toMatchObject({
    code: 2,
    err: expect.stringMatching(/nexus\.yaml:3:5: Unknown key "denny"/),
  })
})
