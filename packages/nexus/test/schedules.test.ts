import { systemClock, type Clock } from '@nexus/sdk'
import { expect, test, vi } from 'vitest'
import type { Nexus, RunRecord } from '../src/index.ts'
import { documentOf, setup } from './world.ts'

const echo = "  - echo: { set: '${ {got: .} }' }\n"

const scheduled = (schedule: string, tasks = echo): string => documentOf(tasks, `schedule: ${schedule}`)

const deploy = (nexus: Nexus, document: string) => nexus.workflows.deploy(nexus.check(document))

/** The runs, oldest first, once there are so many that have completed. */
async function completedRuns(nexus: Nexus, count: number): Promise<readonly RunRecord[]> {
  return vi.waitFor(
    async () => {
      const runs = await nexus.runs.list({ statuses: ['completed'] })
      expect(runs.length).toBeGreaterThanOrEqual(count)
      return Promise.all(runs.toReversed().map(({ id }) => nexus.runs.get(id)))
    },
    { timeout: 10_000, interval: 5 },
  )
}

/** A clock that is so much ahead of the system's. */
const ahead = (byMs: number): Clock => ({ ...systemClock, now: () => systemClock.now() + byMs })

const hourMs = 3_600_000

test('a workflow runs every so often, also after a restart, until it is removed', async () => {
  await using world = await setup()
  await world.nexus.start()
  await deploy(world.nexus, scheduled('{ every: { milliseconds: 20 } }'))
  await completedRuns(world.nexus, 3)
  const nexus = await world.restart()
  const before = (await nexus.runs.list()).length
  await nexus.start()
  await completedRuns(nexus, before + 2)
  await nexus.workflows.remove('test/sample:1.0.0')
  await nexus.idle()
  const after = (await nexus.runs.list()).length
  await systemClock.sleep(60)
  expect((await nexus.runs.list()).length).toBe(after)
  expect(nexus.workflows.list()).toEqual([])
})

test('a workflow runs at the times of a cron expression', async () => {
  await using world = await setup()
  await world.nexus.start()
  const { nextAt, deployedAt } = await deploy(world.nexus, scheduled("{ cron: '* * * * * *' }"))
  const [run] = await completedRuns(world.nexus, 1)
  const startedAt = Date.parse(run?.started_at ?? '')
  expect(startedAt % 1000).toBeLessThan(500)
  expect(startedAt).toBeGreaterThanOrEqual(deployedAt)
  expect(nextAt).toBeUndefined()
  expect(world.nexus.workflows.list()[0]?.nextAt).toBeGreaterThan(startedAt)
})

test('a workflow runs again so long after it has ended, never beside itself', async () => {
  await using world = await setup()
  await world.nexus.start()
  const tasks = '  - takes: { wait: { milliseconds: 30 } }\n'
  await deploy(world.nexus, scheduled('{ after: { milliseconds: 40 } }', tasks))
  const [first, second, third] = await completedRuns(world.nexus, 3)
  const gapMs = (a?: RunRecord, b?: RunRecord): number =>
    Date.parse(b?.started_at ?? '') - Date.parse(a?.ended_at ?? '')
  expect(gapMs(first, second)).toBeGreaterThanOrEqual(39)
  expect(gapMs(second, third)).toBeGreaterThanOrEqual(39)
})

test('a run of "after" that a restart interrupted is gone on with before the next begins', async () => {
  await using world = await setup()
  await world.nexus.start()
  await deploy(
    world.nexus,
    scheduled('{ after: { milliseconds: 10 } }', '  - takes: { wait: { milliseconds: 300 } }\n'),
  )
  await vi.waitFor(() => expect(world.nexus.runs.inProgress).toBe(1), { interval: 5 })
  const nexus = await world.restart()
  await nexus.start()
  const [first] = await completedRuns(nexus, 1)
  const all = await nexus.runs.list()
  expect(all.at(-1)?.id).toBe(first?.id)
  expect(all.length).toBeLessThanOrEqual(2)
})

test('an event begins a run with what it carries, also one that was accepted while nobody was up', async () => {
  await using world = await setup()
  await world.nexus.events.publish({ type: 'order', data: 'before' })
  await deploy(world.nexus, scheduled('{ on: { one: { with: { type: order } } } }'))
  await world.nexus.events.publish({ type: 'order', data: 1 })
  await world.nexus.events.publish({ type: 'other', data: 'no' })
  const nexus = await world.restart()
  await nexus.start()
  await nexus.events.publish({ type: 'order', data: 2 })
  const runs = await completedRuns(nexus, 2)
  expect(runs.map(({ output }) => output)).toEqual([{ got: [1] }, { got: [2] }])
  const again = await world.restart()
  await again.start()
  await again.events.publish({ type: 'order', data: 3 })
  expect((await completedRuns(again, 3)).map(({ output }) => output)).toEqual([
    { got: [1] },
    { got: [2] },
    { got: [3] },
  ])
})

test('events that belong together begin a run together, in whatever order they come, also over a restart', async () => {
  await using world = await setup()
  const filter = (type: string): string =>
    `{ with: { type: ${type} }, correlate: { order: { from: '.data.order' } } }`
  await deploy(
    world.nexus,
    scheduled(`{ on: { all: [ ${filter('paid')}, ${filter('packed')} ] }, read: envelope }`),
  )
  await world.nexus.start()
  const publish = (nexus: Nexus, type: string, order: number) =>
    nexus.events.publish({ type, data: { order } })
  await publish(world.nexus, 'paid', 1)
  await publish(world.nexus, 'paid', 2)
  await publish(world.nexus, 'packed', 2)
  await completedRuns(world.nexus, 1)
  const nexus = await world.restart()
  await nexus.start()
  await publish(nexus, 'packed', 3)
  await publish(nexus, 'packed', 1)
  await publish(nexus, 'paid', 3)
  const runs = await completedRuns(nexus, 3)
  const orders = runs.map(({ input }) =>
    (input as { type: string; data: { order: number } }[]).map(({ type, data }) => `${type} ${data.order}`),
  )
  expect(orders).toEqual([
    ['paid 2', 'packed 2'],
    ['paid 1', 'packed 1'],
    ['packed 3', 'paid 3'],
  ])
})

test('one run makes up for the times that passed while nobody was up', async () => {
  await using world = await setup()
  await deploy(world.nexus, scheduled('{ every: { hours: 1 } }'))
  const nexus = await world.restart({ clock: ahead(10.5 * hourMs) })
  await nexus.start()
  await completedRuns(nexus, 1)
  const next = nexus.workflows.list()[0]?.nextAt ?? 0
  expect(next - (nexus.workflows.list()[0]?.deployedAt ?? 0)).toBe(11 * hourMs)
  expect((await nexus.runs.list()).length).toBe(1)
})

test('none does where that is asked for', async () => {
  await using world = await setup()
  await deploy(world.nexus, scheduled('{ every: { hours: 1 } }'))
  const nexus = await world.restart({ clock: ahead(10.5 * hourMs), missedFirings: 'skip' })
  await nexus.start()
  await vi.waitFor(() => expect(nexus.workflows.list()[0]?.nextAt).toBeDefined(), { interval: 5 })
  const [deployed] = nexus.workflows.list()
  expect((deployed?.nextAt ?? 0) - (deployed?.deployedAt ?? 0)).toBe(11 * hourMs)
  expect(await nexus.runs.list()).toEqual([])
})

test('another document of the same name and version takes the place of the first, the same one changes nothing', async () => {
  await using world = await setup()
  const { deployedAt } = await deploy(world.nexus, scheduled('{ on: { one: { with: { type: a } } } }'))
  expect((await deploy(world.nexus, scheduled('{ on: { one: { with: { type: a } } } }'))).deployedAt).toBe(
    deployedAt,
  )
  await world.nexus.start()
  await deploy(world.nexus, scheduled('{ on: { one: { with: { type: b } } } }'))
  await world.nexus.events.publish({ type: 'a' })
  await world.nexus.events.publish({ type: 'b', data: 'b' })
  const runs = await completedRuns(world.nexus, 1)
  expect(runs.map(({ output }) => output)).toEqual([{ got: ['b'] }])
})

test('a workflow that is deployed is found by those that run it', async () => {
  await using world = await setup()
  await world.nexus.workflows.deploy(
    world.nexus.check(documentOf('  - x: { set: { v: 9 } }\n', '', 'inner', '2.0.0')),
  )
  const record = await world.run(
    '  - sub: { run: { workflow: { namespace: test, name: inner, version: latest } } }\n',
  )
  expect(record.output).toEqual({ v: 9 })
  await expect(world.nexus.workflows.remove('test/inner:9.9.9')).rejects.toMatchObject({
    code: 'workflow_not_found',
    message: expect.stringContaining('test/inner:2.0.0'),
  })
})
