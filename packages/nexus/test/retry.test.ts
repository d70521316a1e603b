import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { documentOf, setup } from './world.ts'

test('a retried run does what failed anew, and nothing that completed', async () => {
  await using world = await setup()
  const folder = mkdtempSync(join(tmpdir(), 'nexus-retry-'))
  const count = join(folder, 'count')
  const mended = join(folder, 'mended')
  const record = await world.run(
    `  - once: { run: { shell: { command: 'echo x >> ${count}' } } }\n  - outer: { do: [{ fails: { run: { shell: { command: 'cat ${mended}' } } } }] }\n`,
  )
  expect(record.status).toBe('faulted')
  writeFileSync(mended, 'well again')
  await (
    await world.nexus.runs.retry(record.id)
  ).ended
  const again = await world.nexus.runs.get(record.id)
  expect(again).toMatchObject({ id: record.id, status: 'completed', output: 'well again', error: null })
  expect(again.tasks.map(({ name, attempts, status }) => [name, attempts, status])).toEqual([
    ['once', 1, 'completed'],
    ['outer', 2, 'completed'],
    ['fails', 2, 'completed'],
  ])
  expect(readFileSync(count, 'utf8')).toBe('x\n')
  rmSync(folder, { recursive: true })
  expect(existsSync(folder)).toBe(false)
})

test('a retry that fails again can be retried again, also after a restart', async () => {
  await using world = await setup()
  const { id } = await world.run('  - a: { run: { shell: { command: exit 3 } } }\n')
  await (
    await world.nexus.runs.retry(id)
  ).ended
  const nexus = await world.restart()
  await (
    await nexus.runs.retry(id)
  ).ended
  const { status, tasks } = await nexus.runs.get(id)
  expect(status).toBe('faulted')
  expect(tasks).toMatchObject([{ attempts: 3 }])
})

test('a timeout begins anew when its task is retried', async () => {
  await using world = await setup()
  const tasks = '  - slow: { wait: { milliseconds: 400 }, timeout: { after: { milliseconds: 100 } } }\n'
  const live = await world.nexus.run(world.nexus.check(documentOf(tasks)), {})
  await live.ended
  const retried = await world.nexus.runs.retry(live.id)
  await retried.ended
  const {
    tasks: [slow],
  } = await world.nexus.runs.get(live.id)
  const tookMs = Date.parse(slow?.ended_at ?? '') - Date.parse(slow?.started_at ?? '')
  expect(slow).toMatchObject({ status: 'faulted', attempts: 2 })
  expect(tookMs).toBeGreaterThanOrEqual(199)
})

test('a run that completed, or is not there, is not retried', async () => {
  await using world = await setup()
  const { id } = await world.run('  - a: { set: { x: 1 } }\n')
  await expect(world.nexus.runs.retry(id)).rejects.toMatchObject({ code: 'not_retriable' })
  await expect(world.nexus.runs.retry('nobody')).rejects.toMatchObject({ code: 'run_not_found' })
})
