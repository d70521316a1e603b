import { expect, test } from 'vitest'
import { documentOf, setup } from './world.ts'

const timeout = { status: 408, type: expect.stringMatching(/\/errors\/timeout$/) }

test('a task that takes longer than its timeout faults, and what it ran is cancelled', async () => {
  await using world = await setup()
  const record = await world.run(
    '  - outer:\n      timeout: { after: { milliseconds: 50 } }\n      do:\n        - slow: { wait: { seconds: 600 } }\n',
  )
  expect(record.error).toMatchObject({ ...timeout, instance: '/do/0/outer' })
  expect(record.tasks.map(({ name, status }) => [name, status])).toEqual([
    ['outer', 'faulted'],
    ['slow', 'cancelled'],
  ])
})

test('a task that ends in time is not touched by its timeout', async () => {
  await using world = await setup()
  const record = await world.run('  - quick: { set: { x: 1 }, timeout: { after: PT1H } }\n')
  expect(record).toMatchObject({ status: 'completed', output: { x: 1 } })
})

test('a shell command that does not end in time is gone', async () => {
  await using world = await setup()
  const record = await world.run(
    '  - slow: { run: { shell: { command: sleep 600 } }, timeout: { after: { milliseconds: 80 } } }\n',
  )
  expect(record.error).toMatchObject(timeout)
})

test('a workflow that takes longer than its timeout faults', async () => {
  await using world = await setup()
  const record = await world.run('  - slow: { wait: { seconds: 600 } }\n', {
    head: 'timeout: { after: { milliseconds: 50 } }',
  })
  expect(record.error).toMatchObject({ ...timeout, detail: expect.stringContaining('workflow "sample"') })
})

test('a timeout by its name in use.timeouts is that timeout', async () => {
  await using world = await setup()
  const record = await world.run('  - slow: { wait: { seconds: 600 }, timeout: brief }\n', {
    head: 'use: { timeouts: { brief: { after: { milliseconds: 30 } } } }',
  })
  expect(record.error).toMatchObject(timeout)
})

test('a timeout goes on over a restart, and does not begin anew', async () => {
  await using world = await setup()
  const tasks = '  - slow: { wait: { seconds: 600 }, timeout: { after: { milliseconds: 300 } } }\n'
  const { nexus } = world
  const live = await nexus.run(nexus.check(documentOf(tasks)), {})
  const begun = Promise.withResolvers<void>()
  live.listen((event) => {
    if (event.type === 'timer.set' && event.path.endsWith('/timeout')) begun.resolve()
  })
  await begun.promise
  const again = await world.restart()
  const resumed = await again.runs.resume(live.id)
  await resumed.ended
  const { error, started_at, ended_at } = await again.runs.get(live.id)
  expect(error).toMatchObject(timeout)
  expect(Date.parse(ended_at ?? '') - Date.parse(started_at ?? '')).toBeLessThan(5_000)
})
