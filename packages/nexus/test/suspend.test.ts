import type { LiveRun, RunEvent } from '../src/index.ts'
import { expect, test } from 'vitest'
import { documentOf, setup } from './world.ts'

const until = (live: LiveRun, type: RunEvent['type']): Promise<void> =>
  new Promise((resolve) => live.listen((event) => event.type === type && resolve()))

const waiting = `  - first: { set: { v: 1 } }
  - approve: { listen: { to: { one: { with: { type: go } } } } }
  - last: { set: { got: '\${ .[0] }' } }
`

test('a suspended run stops where it is, stays so over a restart, and goes on when it is resumed', async () => {
  await using world = await setup()
  const live = await world.nexus.run(world.nexus.check(documentOf(waiting)), {})
  await until(live, 'listen.begun')
  await world.nexus.runs.suspend(live.id)
  await expect(live.ended).rejects.toMatchObject({ name: 'Suspending' })
  const nexus = await world.restart()
  expect(await nexus.runs.get(live.id)).toMatchObject({ status: 'suspended', ended_at: null })
  await nexus.runs.signal(live.id, { type: 'go', data: 5 })
  const resumed = await nexus.runs.resume(live.id)
  expect(await resumed.ended).toEqual({ status: 'completed', output: { got: 5 } })
})

test('the lifecycle events tell that a run and its tasks were suspended and resumed', async () => {
  await using world = await setup()
  const live = await world.nexus.run(world.nexus.check(documentOf(waiting)), {})
  await until(live, 'listen.begun')
  await world.nexus.runs.suspend(live.id)
  await world.nexus.runs.signal(live.id, { type: 'go', data: 5 })
  await (
    await world.nexus.runs.resume(live.id)
  ).ended
  const { events } = await world.nexus.runs.get(live.id)
  const about = ({ type, subject }: { type: string; subject: string }): string =>
    `${type.replace('io.serverlessworkflow.', '').replace('.v1', '')} ${subject}`
  expect(events.map(about).filter((line) => !/first|last/.test(line))).toEqual([
    'workflow.started /',
    'task.created /do/1/approve',
    'task.started /do/1/approve',
    'task.suspended /do/1/approve',
    'workflow.suspended /',
    'workflow.resumed /',
    'task.resumed /do/1/approve',
    'task.completed /do/1/approve',
    'workflow.completed /',
  ])
})

test('a run that nobody goes on with now is suspended too; one that has ended is not', async () => {
  await using world = await setup()
  const live = await world.nexus.run(world.nexus.check(documentOf(waiting)), {})
  await until(live, 'listen.begun')
  const nexus = await world.restart()
  await nexus.runs.suspend(live.id)
  expect(await nexus.runs.get(live.id)).toMatchObject({ status: 'suspended' })
  await nexus.runs.cancel(live.id)
  await expect(nexus.runs.suspend(live.id)).rejects.toMatchObject({ code: 'run_ended' })
})
