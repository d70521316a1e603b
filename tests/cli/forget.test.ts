/**
 * `nexus runs remove` and `nexus runs prune`, on a data directory and on the server that holds it.
 */
import { expect, test } from 'vitest'
import { setup, workflow, type World } from './shell.ts'
import { startServer } from './server_process.ts'

const greet = workflow('  - greet: { set: { said: hello } }\n')
const waits = workflow('  - wait: { listen: { to: { one: { with: { type: never } } } } }\n')

async function ran(world: World): Promise<string> {
  const { out } = await world.nexus(
    'run',
    world.file('a.yaml', greet),
    '--json',
    '--data',
    `${world.folder}/data`,
  )
  return (JSON.parse(out) as { id: string }).id
}

async function listed(world: World): Promise<number> {
  const { out } = await world.nexus('runs', 'list', '--json', '--data', `${world.folder}/data`)
  return (JSON.parse(out) as unknown[]).length
}

test('a run is removed for good, and only once', async () => {
  using world = setup()
  const data = ['--data', `${world.folder}/data`]
  const id = await ran(world)
  expect(await world.nexus('runs', 'remove', id, ...data)).toEqual({
    code: 0,
    out: 'Removed 1 run, 0 events and 0 blobs.\n',
    err: '',
  })
  expect(await listed(world)).toBe(0)
  const again = await world.nexus('runs', 'remove', id, ...data)
  expect(again).toMatchObject({ code: 2, err: expect.stringMatching(/There is no run/) })
})

test('old runs are pruned; a dry run only says so', async () => {
  using world = setup()
  const data = ['--data', `${world.folder}/data`]
  await ran(world)
  await ran(world)
  const dry = await world.nexus('runs', 'prune', '--older-than', 'PT0S', '--dry-run', ...data)
  expect(dry.out).toBe('Would remove 2 runs, 0 events. Nothing was removed.\n')
  expect((await world.nexus('runs', 'prune', '--older-than', 'P1D', ...data)).out).toMatch(/^Removed 0 runs/)
  const faulted = await world.nexus('runs', 'prune', '--older-than', 'PT0S', '--status', 'faulted', ...data)
  expect(faulted.out).toMatch(/^Removed 0 runs/)
  expect(await listed(world)).toBe(2)
  const pruned = await world.nexus('runs', 'prune', '--older-than', 'PT0S', '--json', ...data)
  expect(JSON.parse(pruned.out)).toEqual({ runs: 2, events: 0, blobs: 0, blob_bytes: 0 })
})

test('what is no duration, and nothing to go by, are said', async () => {
  using world = setup()
  const data = ['--data', `${world.folder}/data`]
  const wrong = await world.nexus('runs', 'prune', '--older-than', '30 days', ...data)
  expect(wrong).toMatchObject({ code: 2, err: expect.stringMatching(/such as P30D.*it was 30 days/) })
  const nothing = await world.nexus('runs', 'prune', ...data)
  expect(nothing).toMatchObject({ code: 2, err: expect.stringMatching(/--older-than P30D/) })
})

test('a server removes what the command asks for, and keeps what is under way', async () => {
  using world = setup()
  await using server = await startServer(world.folder)
  const data = ['--data', `${world.folder}/data`]
  const { out } = await world.nexus('run', world.file('a.yaml', greet), '--json', ...data)
  const { id } = JSON.parse(out) as { id: string }
  const { id: waiting } = (await (await server.post('/runs', { workflow_text: waits })).json()) as {
    id: string
  }
  const refused = await world.nexus('runs', 'remove', waiting, ...data)
  expect(refused).toMatchObject({ code: 2, err: expect.stringMatching(/only a run that has ended/) })
  expect((await world.nexus('runs', 'prune', '--older-than', 'PT0S', ...data)).out).toMatch(/^Removed 1 run,/)
  expect(await world.nexus('runs', 'show', id, ...data)).toMatchObject({ code: 2 })
  expect(await world.nexus('runs', 'show', waiting, ...data)).toMatchObject({ code: 0 })
})
