/** Servers that are kept between calls: for whom, for how long, how many, and that nothing of them is left. */
import { expect, test } from 'vitest'
import { systemClock, type Clock, type JsonObject } from '@nexus/sdk'
import { faultOf, setup } from '../world.ts'
import { isAlive, program } from './world.ts'

/** Counts its calls; it fails, breaks the protocol, hangs or dies as the tool's name says. */
const counting = `
  let calls = 0
  read(({ id, method, params }) => {
    if (method === 'initialize') return welcome(id)
    if (id === undefined) return
    const name = params?.name
    if (name === 'die') process.exit(7)
    if (name === 'hang') return
    if (name === 'refuse') return process.stdout.write(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32602, message: 'no' } }) + '\\n')
    answer(id, { isError: name === 'fail', content: [], pid: process.pid, calls: ++calls })
  })`

async function client(config: JsonObject = {}, clock: Clock = systemClock) {
  const { caller, ledger } = await setup({ config, clock })
  const transport = program(counting)
  const call = (name: string, run = 'run-1', own: JsonObject = {}) =>
    caller('mcp')(
      { method: 'tools/call', parameters: { name }, transport, ...own },
      { runId: run },
    ) as Promise<{ pid: number; calls: number }>
  return { call, ledger }
}

test('by default every call has a server of its own', async () => {
  const { call } = await client()
  const [one, other] = [await call('a'), await call('a')]
  expect(one.pid).not.toBe(other.pid)
  expect(other.calls).toBe(1)
  expect([one, other].some(({ pid }) => isAlive(pid))).toBe(false)
})

test('kept for a run, a server serves the calls of that run and no other, one at a time', async () => {
  const { call, ledger } = await client({ mcp_keep: 'run' })
  const first = await call('a')
  expect(await call('a')).toMatchObject({ pid: first.pid, calls: 2 })
  expect(await call('a', 'run-2')).toMatchObject({ calls: 1 })
  const [one, other] = await Promise.all([call('a'), call('a')])
  expect(one.pid).not.toBe(other.pid)
  const pids = [first, one, other].map(({ pid }) => pid)
  expect(pids.every(isAlive)).toBe(true)
  await ledger.release()
  expect(pids.some(isAlive)).toBe(false)
})

test('kept for all, it serves whoever asks for the same server', async () => {
  const { call } = await client({ mcp_keep: 'all' })
  const first = await call('a')
  expect(await call('a', 'run-2')).toMatchObject({ pid: first.pid, calls: 2 })
  expect(await call('a', 'run-2', { client: { name: 'x', version: '1' } })).toMatchObject({ calls: 1 })
})

test('a tool that fails and a call that is refused leave the server; one that dies or hangs is not kept', async () => {
  const { call } = await client({ mcp_keep: 'run' })
  const first = await call('a')
  await faultOf(call('fail'))
  await faultOf(call('refuse'))
  expect(await call('a')).toMatchObject({ pid: first.pid, calls: 3 })
  expect((await faultOf(call('hang', 'run-1', { timeout: { milliseconds: 200 } }))).error.type).toContain(
    'timeout',
  )
  const second = await call('a')
  expect(second.calls).toBe(1)
  expect((await faultOf(call('die'))).message).toContain('exit code 7')
  expect(await call('a')).toMatchObject({ calls: 1 })
  expect([first.pid, second.pid].some(isAlive)).toBe(false)
})

test('one that ends while it waits is replaced', async () => {
  const { call } = await client({ mcp_keep: 'run' })
  const { pid } = await call('a')
  process.kill(pid, 'SIGKILL')
  await expect.poll(() => isAlive(pid)).toBe(false)
  expect(await call('a')).toMatchObject({ calls: 1 })
})

test('the one that waited longest goes where there are too many, and all when their time is over', async () => {
  const { call } = await client({ mcp_keep: 'run', mcp_keep_max: 1, mcp_idle_ms: 300 })
  const first = await call('a')
  const second = await call('a', 'run-2')
  await expect.poll(() => isAlive(first.pid)).toBe(false)
  await expect.poll(() => isAlive(second.pid), { timeout: 5_000 }).toBe(false)
})
