/**
 * `nexus runs blob`: large output of a task, as it was written.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setup, workflow, type World } from './shell.ts'

const flood = workflow(
  '  - flood: { call: run.command, with: { program: seq, arguments: [1000], output: { max_bytes: 10, overflow: blob } } }\n',
)

async function written(world: World): Promise<{ blob: string; data: string[] }> {
  const data = ['--data', join(world.folder, 'data')]
  const { out } = await world.nexus('run', world.file('a.yaml', flood), '--json', ...data)
  return { blob: (JSON.parse(out) as { output: { blob: string } }).output.blob, data }
}

const whole = Array.from({ length: 1_000 }, (_, index) => `${index + 1}\n`).join('')

test('a blob is printed as it is, by its name or its digits alone', async () => {
  using world = setup()
  const { blob, data } = await written(world)
  for (const name of [blob, blob.slice('sha256:'.length)])
    expect(await world.nexus('runs', 'blob', name, ...data)).toEqual({ code: 0, out: whole, err: '' })
})

test('--out puts it into a file, whole or not at all', async () => {
  using world = setup()
  const { blob, data } = await written(world)
  const file = join(world.folder, 'out.txt')
  expect(await world.nexus('runs', 'blob', blob, '--out', file, ...data)).toEqual({
    code: 0,
    out: '',
    err: '',
  })
  expect(readFileSync(file, 'utf8')).toBe(whole)
  const digest = blob.slice('sha256:'.length)
  writeFileSync(join(world.folder, 'data', 'blobs', digest.slice(0, 2), digest), 'something else')
  const damaged = await world.nexus('runs', 'blob', blob, '--out', join(world.folder, 'other.txt'), ...data)
  expect(damaged).toMatchObject({ code: 1, err: expect.stringMatching(/its content has changed/) })
  expect(readdirSync(world.folder).filter((name) => name.startsWith('other'))).toEqual([])
})

test('a blob that is not there, and what names none, are said', async () => {
  using world = setup()
  const data = ['--data', join(world.folder, 'data')]
  const missing = await world.nexus('runs', 'blob', `sha256:${'0'.repeat(64)}`, ...data)
  expect(missing).toMatchObject({ code: 2, err: expect.stringMatching(/There is no blob sha256:0/) })
  const none = await world.nexus('runs', 'blob', '../nexus.db', ...data)
  expect(none).toMatchObject({ code: 2, err: expect.stringMatching(/names no blob/) })
})
