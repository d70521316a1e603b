/**
 * How a server ends when it is told to, as a process of its own.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startServer, writeExecutor, type ServerProcess } from './server_process.ts'
import { setup, workflow } from './shell.ts'

const waits = workflow('  - approve: { listen: { to: { one: { with: { type: approved } } } } }')

async function begin(server: ServerProcess, workflow_text: string): Promise<string> {
  return ((await (await server.post('/runs', { workflow_text })).json()) as { id: string }).id
}

test('a server that is told to end answers whoever waits, tells whoever follows, and is gone soon', async () => {
  using world = setup()
  await using server = await startServer(world.folder)
  const id = await begin(server, waits)
  const all = await fetch(`${server.url}/events`)
  const one = await fetch(`${server.url}/runs/${id}/events`)
  const waiting = fetch(`${server.url}/runs/${id}?wait=60`)
  await fetch(`${server.url}/health`) // by now the one before has arrived
  const before = performance.now()
  server.child.kill('SIGTERM')
  for (const stream of [all, one]) expect(await stream.text()).toMatch(/event: stopping\n.*\n\n$/)
  expect(await (await waiting).json()).toMatchObject({ id, status: 'running' })
  expect(await server.ended).toEqual([0, null])
  expect(performance.now() - before).toBeLessThan(8_000)
})

test('a second signal ends a server at once that is still busy with ending, and nothing of it is left', async () => {
  using world = setup()
  const body = `async execute() { return { success: true, outputData: 1, metadata: {} } }
    async teardown() { await new Promise(() => setInterval(() => {}, 1_000)) }`
  writeExecutor(join(world.folder, 'modules'), 'stayer', { body })
  await using server = await startServer(world.folder)
  const id = await begin(server, workflow('  - pid: { call: stayer }'))
  await (await fetch(`${server.url}/runs/${id}?wait=20`)).json()
  const processes = childrenOf(server.child.pid ?? 0)
  expect(processes.length).toBeGreaterThan(process.platform === 'linux' ? 0 : -1)
  server.child.kill('SIGTERM')
  await server.says('Once more ends it at once.')
  const before = performance.now()
  server.child.kill('SIGTERM')
  expect(await server.ended).toEqual([null, 'SIGTERM'])
  expect(performance.now() - before).toBeLessThan(2_000)
  await expect.poll(() => processes.filter(isAlive), { timeout: 5_000 }).toEqual([])
  await using again = await startServer(world.folder) // what was left of it does not stand in the way
  expect((await fetch(`${again.url}/runs/${id}`)).status).toBe(200)
})

/** As the system that has them sees them: a sandboxed module does not know its own number. */
function childrenOf(pid: number): readonly number[] {
  if (process.platform !== 'linux') return []
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim()
  return children === '' ? [] : children.split(' ').map(Number)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}
