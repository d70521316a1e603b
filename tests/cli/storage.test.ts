/**
 * What is wrong with a data directory or a file is said with its path, why, and what to do next: it is no bug in Nexus, and
 * shows no stack. Exit code 1 where storage fails, 2 where the command names the wrong thing.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, closeSync, mkdirSync, openSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setup, workflow, type World } from './shell.ts'

const command = join(import.meta.dirname, '../../packages/cli/bin/nexus.js')
const simple = workflow('  - a: { set: { x: 1 } }')
const isRoot = process.getuid?.() === 0

/** What no message to a person has: a stack, a bare errno, or the blame on us. */
const raw = /bug in Nexus|\n +at .*:\d+|errno|EACCES|EISDIR|ENOSPC|EROFS|unable to open/

async function refused(world: World, code: number, said: RegExp, ...args: string[]): Promise<void> {
  const ended = await world.nexus(...args)
  expect([args, ended.code, ended.err]).toEqual([args, code, expect.stringMatching(said)])
  expect(ended.err).not.toMatch(raw)
}

function damage(file: string): void {
  for (const each of ['-wal', '-shm']) rmSync(`${file}${each}`, { force: true })
  const handle = openSync(file, 'r+')
  writeSync(handle, Buffer.alloc(3_000, 0xa5), 0, 3_000, 4_096)
  closeSync(handle)
}

test('a data directory that is a file, or has no name, is bad usage', async () => {
  using world = setup()
  const file = world.file('sample.yaml', simple)
  const other = world.file('other', '')
  const before = readdirSync('.')
  for (const args of [['run', file], ['runs', 'list'], ['modules', 'list'], ['start']]) {
    await refused(world, 2, /--data is empty/, ...args, '--data', '')
    await refused(world, 2, /names a file, and no folder/, ...args, '--data', other)
  }
  expect(readdirSync('.')).toEqual(before)
  await refused(world, 1, /other is a file, and no folder/, 'run', file, '--data', join(other, 'below'))
})

test('a damaged database of modules is named, with what to do', async () => {
  using world = setup()
  const file = world.file('sample.yaml', simple)
  const data = join(world.folder, 'data')
  await world.nexus('run', file, '--data', data)
  damage(join(data, 'modules.db'))
  await refused(world, 1, /modules\.db is damaged .* move it aside/, 'run', file, '--data', data)
  rmSync(join(data, 'modules.db'))
  expect(await world.nexus('run', file, '--data', data)).toMatchObject({ code: 0 })
})

test('a folder, and a file that is not there, are told in words', async () => {
  using world = setup()
  for (const args of [['validate'], ['run'], ['workflows', 'add']]) {
    await refused(world, 2, /it is a folder/, ...args, world.folder)
    await refused(world, 2, /there is no such file/, ...args, join(world.folder, 'no.yaml'))
  }
})

test.skipIf(!isRoot)('what belongs to another user is said, with whose it is', () => {
  using world = setup()
  const nobody = 65_534
  chmodSync(world.folder, 0o755)
  const file = world.file('sample.yaml', simple)
  const data = join(world.folder, 'data')
  mkdirSync(data, { mode: 0o700 })
  const asNobody = (...args: string[]): { status: number | null; stderr: string } =>
    spawnSync(process.execPath, [command, ...args], { uid: nobody, gid: nobody, encoding: 'utf8' })
  for (const args of [
    ['run', file],
    ['runs', 'list'],
  ]) {
    const { status, stderr } = asNobody(...args, '--data', data)
    expect([args, status, stderr]).toEqual([args, 1, expect.stringMatching(/data belongs to user 0.*65534/)])
    expect(stderr).not.toMatch(raw)
  }
  chmodSync(file, 0o600)
  const unread = asNobody('validate', file)
  expect(unread).toMatchObject({
    status: 2,
    stderr: expect.stringMatching(/sample\.yaml cannot be read: this user/),
  })
  expect(unread.stderr).not.toMatch(raw)
})

/** A file system of its own, where this process may mount one. */
function mounted(folder: string, options: string): boolean {
  mkdirSync(folder)
  return isRoot && spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).status === 0
}

test.runIf(isRoot)('a disk that is full while the databases are made is said to be', async (context) => {
  using world = setup()
  const file = world.file('sample.yaml', simple)
  for (const size of ['16k', '64k', '128k', '400k']) {
    const disk = join(world.folder, `disk${size}`)
    if (!mounted(disk, `size=${size}`)) return context.skip('this process may not mount a file system')
    try {
      await refused(world, 1, /There is no room left for .*disk/, 'run', file, '--data', join(disk, 'data'))
    } finally {
      execFileSync('umount', [disk])
    }
  }
})

test.runIf(isRoot)('a data directory that is read-only is said to be', async (context) => {
  using world = setup()
  const file = world.file('sample.yaml', simple)
  const disk = join(world.folder, 'disk')
  if (!mounted(disk, 'size=20m')) return context.skip('this process may not mount a file system')
  try {
    const data = join(disk, 'data')
    await world.nexus('run', file, '--data', data)
    execFileSync('mount', ['-o', 'remount,ro', disk])
    for (const args of [
      ['run', file],
      ['runs', 'list'],
      ['start', '--port', '0'],
    ])
      await refused(world, 1, /is on a file system that is read-only/, ...args, '--data', data)
  } finally {
    execFileSync('umount', [disk])
  }
})
