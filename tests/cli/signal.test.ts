import { openNexus } from '@nexus/nexus'
import { join } from 'node:path'
import { expect, test } from 'vitest'
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
  const args = ['--type', 'approved', '--data', '-', '--source', '/desk', '--data-folder', data]
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
  const sent = await world.nexus('runs', 'signal', id, '--type', 'approved', '--data-folder', data)
  expect(sent).toMatchObject({ code: 0, out: expect.stringContaining(`nexus runs resume ${id}`) })
})

test('a signal that cannot be sent is exit code 2 with the reason', async () => {
  using world = setup()
  const data = join(world.folder, 'data')
  const id = await leaveWaiting(data)
  const signal = (...args: string[]) => world.nexus('runs', 'signal', ...args, '--data-folder', data)
  for (const [args, said] of [
    [[id], /--type/],
    [[id, '--type', 'approved', '--data', './data'], /not JSON.*--data-folder/],
    [['nobody', '--type', 'approved'], /no run "nobody"/],
    [[id, '--type', 'approved', '--source', 'a b'], /`source`/],
  ] as const) {
    expect(await signal(...args)).toMatchObject({ code: 2, out: '', err: expect.stringMatching(said) })
  }
  const holder = await openNexus({ data })
  const held = await signal(id, '--type', 'approved')
  expect(held).toMatchObject({ code: 2, err: expect.stringMatching(/is held by/) })
  await holder.close()
})
