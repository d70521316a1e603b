/** Runs are named by their ids or by beginnings of them, and every verb of theirs answers in JSON. */
import { openNexus } from '@nexus/nexus'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setup, workflow, type World } from './shell.ts'

const simple = workflow('  - a: { set: { x: 1 } }\n  - b: { set: { y: 1 } }')
const waiting = workflow('  - w: { listen: { to: { one: { with: { type: go } } } } }')

async function run(world: World, data: string): Promise<string> {
  const { out } = await world.nexus('run', world.file('simple.yaml', simple), '--json', '--data', data)
  return (JSON.parse(out) as { id: string }).id
}

async function leaveWaiting(data: string): Promise<string> {
  const nexus = await openNexus({ data })
  const live = await nexus.run(nexus.check(waiting), {})
  const begun = Promise.withResolvers<void>()
  live.listen((event) => event.type === 'listen.begun' && begun.resolve())
  await begun.promise
  await nexus.close()
  return live.id
}

test('the beginning of an id is enough for every verb, and an ambiguous one is told with what it may be', async () => {
  using world = setup()
  const data = join(world.folder, 'data')
  const [first, second] = [await run(world, data), await run(world, data)]
  const length = Array.from(first).findIndex((sign, at) => sign !== second[at]) + 1
  const start = first.slice(0, Math.max(6, length))
  const nexus = (...args: string[]) => world.nexus('runs', ...args, '--data', data, '--json')
  expect(JSON.parse((await nexus('show', start)).out)).toMatchObject({ id: first })
  expect(JSON.parse((await nexus('show', start.toUpperCase())).out)).toMatchObject({ id: first })
  expect(await nexus('fork', start, '--from', '/do/0/a')).toMatchObject({ code: 0 })
  const ambiguous = await nexus('show', first.slice(0, 6))
  expect(ambiguous).toMatchObject({ code: 2, err: expect.stringContaining(`\n  ${first}`) })
  expect(ambiguous.err).toContain(`\n  ${second}`)
  expect(await nexus('show', first.slice(0, 5))).toMatchObject({
    code: 2,
    err: expect.stringMatching(/no run/),
  })
  expect(await nexus('retry', start)).toMatchObject({ code: 2, err: expect.stringContaining(first) })
  expect(await nexus('remove', start)).toMatchObject({ code: 0 })
  expect(await nexus('show', start)).toMatchObject({ code: 2 })
})

test('suspend, cancel, resume and signal take one too, and say in JSON how the run stands', async () => {
  using world = setup()
  const data = join(world.folder, 'data')
  const id = await leaveWaiting(data)
  const nexus = (...args: string[]) => world.nexus('runs', ...args, '--data', data, '--json')
  const start = id.slice(0, 8)
  expect(JSON.parse((await nexus('suspend', start)).out)).toMatchObject({ id, status: 'suspended' })
  expect(await nexus('signal', start, '--type', 'go')).toMatchObject({ code: 0 })
  expect(JSON.parse((await nexus('resume', start)).out)).toMatchObject({ id, status: 'completed' })
  const other = await leaveWaiting(data)
  expect(JSON.parse((await nexus('cancel', other)).out)).toMatchObject({ id: other, status: 'cancelled' })
})
