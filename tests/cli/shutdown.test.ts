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
  const body = `async execute() { return { success: true, outputData: process.pid, metadata: {} } }
    async teardown() { await new Promise(() => setInterval(() => {}, 1_000)) }`
  writeExecutor(join(world.folder, 'modules'), 'stayer', { body })
  await using server = await startServer(world.folder)
  const id = await begin(server, workflow('  - pid: { call: stayer }'))
  const run = (await (await fetch(`${server.url}/runs/${id}?wait=20`)).json()) as { output: number }
  server.child.kill('SIGTERM')
  await server.says('Once more ends it at once.')
  const before = performance.now()
  server.child.kill('SIGTERM')
  expect(await server.ended).toEqual([null, 'SIGTERM'])
  expect(performance.now() - before).toBeLessThan(2_000)
  await expect.poll(() => isAlive(run.output), { timeout: 5_000 }).toBe(false)
  await using again = await startServer(world.folder) // what was left of it does not stand in the way
  expect((await fetch(`${again.url}/runs/${id}`)).status).toBe(200)
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))
  } catch {
    return false
  }
}
