import { openNexus } from '@nexus/nexus'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startServer } from './server_process.ts'
import { setup, workflow } from './shell.ts'

const approval = workflow(`  - approve:
      listen:
        to:
          one:
            with: { type: approved }`)

/** Leaves a run behind that waits for its approval, as a process does that ends. */
async function leaveWaiting(data: string): Promise<string> {
  const nexus = await openNexus({ data })
  const run = await nexus.run(nexus.check(approval), {})
  const begun = Promise.withResolvers<void>()
  run.listen((event) => event.type === 'listen.begun' && begun.resolve())
  await begun.promise
  await nexus.close()
  return run.id
}

test('a run that waits for an approval is sent it, and completes when it goes on', async () => {
  using world = setup('{"by": "Ada"}')
  const data = join(world.folder, 'data')
  const id = await leaveWaiting(data)
  const args = ['--type', 'approved', '--payload', '-', '--source', '/desk', '--data', data]
  const sent = await world.nexus('runs', 'signal', id, ...args, '--json')
  expect(sent).toMatchObject({ code: 0, err: '' })
  expect(JSON.parse(sent.out)).toMatchObject({ type: 'approved', source: '/desk', data: { by: 'Ada' } })
  const resumed = await world.nexus('runs', 'resume', id, '--data', data, '--json')
  expect(resumed.code).toBe(0)
  expect(JSON.parse(resumed.out)).toMatchObject({ status: 'completed', output: [{ by: 'Ada' }] })
})

test('for people a signal says what to do next', async () => {
  using world = setup()
  const data = join(world.folder, 'data')
  const id = await leaveWaiting(data)
  const sent = await world.nexus('runs', 'signal', id, '--type', 'approved', '--data', data)
  expect(sent).toMatchObject({ code: 0, out: expect.stringContaining(`nexus runs resume ${id}`) })
})

test('a signal that cannot be sent is exit code 2 with the reason', async () => {
  using world = setup()
  const data = join(world.folder, 'data')
  const id = await leaveWaiting(data)
  const signal = (...args: string[]) => world.nexus('runs', 'signal', ...args, '--data', data)
  for (const [args, said] of [
    [[id], /--type/],
    [[id, '--type', 'approved', '--payload', './data'], /not JSON.*--payload/],
    [['nobody', '--type', 'approved'], /no run "nobody"/],
    [[id, '--type', 'approved', '--source', 'a b'], /`source`/],
  ] as const) {
    expect(await signal(...args)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(said) })
  }
  const asData = await world.nexus('runs', 'signal', id, '--type', 'approved', '--data', '{"by": "Ada"}')
  expect(asData).toMatchObject({ code: 2, err: expect.stringMatching(/given by --payload/) })
  const holder = await openNexus({ data })
  const held = await signal(id, '--type', 'approved')
  expect(held).toMatchObject({ code: 2, err: expect.stringMatching(/is held by/) })
  await holder.close()
})

test('a run that would wait for an event that nobody can send is refused, and goes where a server is up', async () => {
  using world = setup()
  const data = join(world.folder, 'data')
  const file = world.file('approval.yaml', approval)
  const refused = await world.nexus('run', file, '--data', data)
  expect(refused).toMatchObject({
    code: 2,
    out: '',
    err: expect.stringMatching(/listens .*nexus start --data \S+/),
  })
  expect(JSON.parse((await world.nexus('runs', 'list', '--json', '--data', data)).out)).toEqual([])
  await using server = await startServer(world.folder)
  const running = world.nexus('run', file, '--data', data, '--json')
  await server.says(/sample (\S+)\n/)
  const id = /sample (\S+)\n/.exec(server.said())?.[1] ?? ''
  expect(await world.nexus('runs', 'signal', id, '--type', 'approved', '--data', data)).toMatchObject({
    code: 0,
  })
  expect(await running).toMatchObject({ code: 0 })
})

test('a run that answers itself, or listens only for a while, runs without a server', async () => {
  using world = setup()
  const listening = '{ listen: { to: { one: { with: { type: go } } } } }'
  const emitting = "{ emit: { event: { with: { type: go, source: 'https://example.com' } } } }"
  const timed = listening.replace(/ }$/, ', timeout: { after: PT0.05S } }')
  const pause = '{ wait: PT0.05S }'
  for (const [tasks, code] of [
    [
      `  - a: { fork: { branches: [{ b: ${listening} }, { c: { do: [{ d: ${pause} }, { e: ${emitting} }] } }] } }`,
      0,
    ],
    [`  - a: ${timed}`, 1],
    [`  - a: { fork: { compete: true, branches: [{ b: ${listening} }, { c: ${pause} }] } }`, 0],
  ] as const) {
    const file = world.file('listens.yaml', workflow(tasks))
    const ended = await world.nexus('run', file, '--data', join(world.folder, 'data'))
    expect([tasks, ended.code, ended.err]).toEqual([tasks, code, ''])
  }
})
