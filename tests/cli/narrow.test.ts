/** On a narrow terminal every line stays one line; what goes into a file or a pipe is whole. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setup, workflow } from './shell.ts'

const long = 'the-name-of-a-task-that-goes-on-and-on-for-quite-a-while'
const text = workflow(`  - ${long}: { do: [{ within-${long}: { set: { x: 1 } } }] }
  - fails: { raise: { error: { type: https://example.com/e, status: 500, title: T, detail: "${'why '.repeat(40)}" } } }`)

/** What a reader sees of each line, once all of it is written. */
function linesOf(out: string): readonly string[] {
  const seen = out.replaceAll(/\u001B\[[0-9;]*m/g, '') // oxlint-disable-line no-control-regex
  return seen.split('\n').map((line) => line.split('\r\u001B[2K').at(-1) ?? '')
}

test.for([50, 60, 80])('at %i columns no line of a run, and of a list, is longer', async (columns) => {
  using world = setup('', { screen: columns })
  const data = ['--data', join(world.folder, 'data')]
  const run = await world.nexus('run', world.file('long.yaml', text), ...data)
  const live = linesOf(run.out.slice(0, run.out.indexOf('sample')))
  expect(live.filter((line) => line.length > columns)).toEqual([])
  expect(live.some((line) => line.includes('…'))).toBe(true)
  expect(live.some((line) => line.includes('why why'))).toBe(true)
  const { out: list } = await world.nexus('runs', 'list', ...data)
  expect(linesOf(list).filter((line) => line.length > columns)).toEqual([])
  expect(list).toContain('faulted')
  const { out: modules } = await world.nexus('modules', 'list', ...data)
  expect(linesOf(modules).filter((line) => line.length > columns && !line.startsWith('Not '))).toEqual([])
  const [id = ''] = /[-0-9a-f]{36}/.exec(list) ?? []
  expect(id).not.toBe('')
  const { out: shown } = await world.nexus('runs', 'show', id, ...data)
  const tasks = linesOf(shown.slice(0, shown.indexOf('sample')))
  expect(tasks.filter((line) => line.length > columns)).toEqual([])
})

test('into a pipe go whole names and every column', async () => {
  using world = setup()
  const data = ['--data', join(world.folder, 'data')]
  const run = await world.nexus('run', world.file('long.yaml', text), ...data)
  expect(run.out).toContain(`within-${long}`)
  const { out } = await world.nexus('runs', 'list', ...data)
  expect(out).toMatch(/^RUN +STATUS +WORKFLOW +STARTED +TOOK\n/)
})
