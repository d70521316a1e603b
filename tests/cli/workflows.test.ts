import { readRuns } from '@nexus/nexus'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { setup, workflow, type World } from './shell.ts'

const scheduled = workflow('  - say: { set: { said: hello } }', 'schedule: { every: { milliseconds: 20 } }')

const withData = (world: World) => {
  const data = join(world.folder, 'data')
  return { data, nexus: (...args: string[]) => world.nexus(...args, '--data', data) }
}

test('a workflow is deployed, listed, shown and removed', async () => {
  using world = setup()
  const { nexus } = withData(world)
  const file = world.file('w.yaml', scheduled)
  expect(await nexus('workflows', 'add', file)).toMatchObject({
    code: 0,
    err: '',
    out: expect.stringContaining('test/sample:1.0.0 is deployed. Its schedule begins with: nexus start'),
  })
  expect((await nexus('workflows', 'list')).out).toMatch(/test\/sample:1\.0\.0 +every 20 milliseconds/)
  expect((await nexus('workflows', 'show', 'test/sample:1.0.0')).out).toBe(scheduled)
  expect(JSON.parse((await nexus('workflows', 'list', '--json')).out)).toMatchObject([
    { key: 'test/sample:1.0.0', schedule: { every: { milliseconds: 20 } } },
  ])
  expect(await nexus('workflows', 'remove', 'test/sample:1.0.0')).toMatchObject({ code: 0 })
  expect((await nexus('workflows', 'list')).out).toContain('No workflows are deployed')
})

test('what is not deployed is exit code 2 and says what is', async () => {
  using world = setup()
  const { nexus } = withData(world)
  await nexus('workflows', 'add', world.file('w.yaml', scheduled))
  for (const command of ['show', 'remove']) {
    expect(await nexus('workflows', command, 'test/other:1.0.0')).toMatchObject({
      code: 2,
      err: expect.stringContaining('test/sample:1.0.0'),
    })
  }
  const bad = world.file('bad.yaml', workflow('  - x: { nothing: 1 }'))
  expect(await nexus('workflows', 'add', bad)).toMatchObject({
    code: 2,
    err: expect.stringMatching(/bad\.yaml:4/),
  })
})

test('nexus start runs what is scheduled and goes on with what was left, until it is told to end', async () => {
  using world = setup()
  const { data, nexus } = withData(world)
  await nexus('workflows', 'add', world.file('w.yaml', scheduled))
  const started = nexus('start', '--port', '0')
  await vi.waitFor(
    async () => expect((await readRuns(data)?.list({ statuses: ['completed'] }))?.length).toBeGreaterThan(2),
    { timeout: 10_000, interval: 20 },
  )
  world.interrupt()
  const { code, out, err } = await started
  expect(code).toBe(0)
  expect(err).toMatch(/Nexus is up on .*: 0 runs under way, 1 schedule\. Ctrl-C ends it\./)
  expect(out).toMatch(/sample [-0-9a-f]{36} completed/)
})

test('a run of a workflow finds those that it runs beside it', async () => {
  using world = setup()
  const { nexus } = withData(world)
  world.file(
    'inner.yaml',
    workflow('  - x: { set: { v: "${ .n + 1 }" } }').replace('name: sample', 'name: inner'),
  )
  const outer = world.file(
    'outer.yaml',
    workflow(
      '  - sub: { run: { workflow: { namespace: test, name: inner, version: latest, input: { n: 1 } } } }',
    ),
  )
  const { code, out } = await nexus('run', outer, '--json')
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ output: { v: 2 } })
  expect((await nexus('runs', 'list')).out.trim().split('\n')).toHaveLength(2)
  expect((await nexus('runs', 'list', '--all')).out.trim().split('\n')).toHaveLength(3)
})

test('a scheduled workflow that is run by hand runs once, and says how its schedule begins', async () => {
  using world = setup()
  const { nexus } = withData(world)
  const { code, err } = await nexus('run', world.file('w.yaml', scheduled))
  expect({ code, err }).toEqual({
    code: 0,
    err: expect.stringMatching(/runs it once.*workflows add.*nexus start/),
  })
})
