import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { documentOf, setup } from './world.ts'

test('a forked run shares the results up to a task, and goes on from there with another document', async () => {
  await using world = await setup()
  const folder = mkdtempSync(join(tmpdir(), 'nexus-fork-'))
  const done = join(folder, 'done')
  const effect = (name: string): string =>
    `  - ${name}: { run: { shell: { command: 'echo ${name} | tee -a ${done}' } }, export: { as: '{last: .}' } }\n`
  const first = await world.run(effect('a') + effect('b') + effect('c'))
  const changed = documentOf(
    `${effect('a') + effect('b')}  - d: { set: { seen: '\${ . }', context: '\${ $context.last }' } }\n`,
  )
  const live = await world.nexus.runs.fork(first.id, {
    path: '/do/1/b',
    workflow: world.nexus.check(changed),
  })
  await live.ended
  const forked = await world.nexus.runs.get(live.id)
  expect(forked).toMatchObject({ status: 'completed', output: { seen: 'b\n', context: 'b\n' } })
  expect(forked.id).not.toBe(first.id)
  expect(forked.tasks.map(({ name }) => name).toSorted()).toEqual(['a', 'b', 'd'])
  expect(readFileSync(done, 'utf8')).toBe('a\nb\nc\n')
  expect(await world.nexus.runs.get(first.id)).toEqual(first)
  rmSync(folder, { recursive: true })
})

test('a fork inside a branch computes what is around it anew', async () => {
  await using world = await setup()
  const tasks = `  - both: { fork: { branches: [{ x: { set: { v: 1 } } }, { y: { run: { shell: { command: echo y } } } }] } }\n  - last: { set: { n: '\${ length }' } }\n`
  const first = await world.run(tasks)
  const live = await world.nexus.runs.fork(first.id, { path: '/do/0/both/fork/branches/1/y' })
  expect(await live.ended).toEqual({ status: 'completed', output: { n: 2 } })
})

test('a task that did not complete is no place to fork from', async () => {
  await using world = await setup()
  const { id } = await world.run('  - a: { raise: { error: { type: x, status: 400 } } }\n')
  await expect(world.nexus.runs.fork(id, { path: '/do/0/a' })).rejects.toMatchObject({
    code: 'task_not_completed',
  })
  await expect(world.nexus.runs.fork('nobody', { path: '/do/0/a' })).rejects.toMatchObject({
    code: 'run_not_found',
  })
})
