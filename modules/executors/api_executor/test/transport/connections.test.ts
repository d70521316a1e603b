/** Connections: kept while they are of use, and none left at the end. */
import { createServer } from 'node:http'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { echo, faultOf, listen, setup } from '../world.ts'

async function serveCounted() {
  const server = createServer({ keepAliveTimeout: 0 }, echo)
  const open = new Set<unknown>()
  let opened = 0
  const changed = new EventTarget()
  server.on('connection', (socket) => {
    opened++
    open.add(socket)
    socket.on('close', () => {
      open.delete(socket)
      changed.dispatchEvent(new Event('change'))
    })
  })
  const endpoint = `http://127.0.0.1:${await listen(server)}/`
  const untilNone = async (): Promise<void> => {
    while (open.size > 0) await once(changed, 'change')
  }
  return { endpoint, opened: () => opened, open, untilNone }
}

test('calls one after another share a connection', async () => {
  const { call } = await setup()
  const { endpoint, opened } = await serveCounted()
  for (let calls = 0; calls < 5; calls++) await call({ method: 'get', endpoint })
  expect(opened()).toBe(1)
})

test('calls at the same time have as many connections as a host gets requests', async () => {
  const { call } = await setup({ config: { requests_per_host: 8 } })
  const { endpoint, opened } = await serveCounted()
  await Promise.all(Array.from({ length: 50 }, () => call({ method: 'get', endpoint })))
  expect(opened()).toBeLessThanOrEqual(8)
})

test('a connection without requests is closed after keep_alive_ms', async () => {
  const { call } = await setup({ config: { keep_alive_ms: 50 } })
  const { endpoint, untilNone } = await serveCounted()
  await call({ method: 'get', endpoint })
  await untilNone()
})

test('at the end no connection is left, and nothing is sent any more', async () => {
  const { call, ledger } = await setup({ config: { keep_alive_ms: 60_000 } })
  const { endpoint, open, untilNone } = await serveCounted()
  await Promise.all(Array.from({ length: 20 }, () => call({ method: 'get', endpoint })))
  expect(open.size).toBeGreaterThan(0)
  await ledger.release()
  await untilNone()
  await expect(call({ method: 'get', endpoint })).rejects.toThrow('api_executor was stopped.')
})

test('a module that never called anything is released too, and twice', async () => {
  const { ledger, module } = await setup()
  await ledger.release()
  await module.teardown()
})

test('a thousand calls leave no timer and no socket', async () => {
  const { call, ledger } = await setup()
  const { endpoint, untilNone } = await serveCounted()
  const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length
  const callers = Array.from({ length: 20 }, async () => {
    for (let calls = 0; calls < 50; calls++) await call({ method: 'post', endpoint, body: { calls } })
  })
  await Promise.all(callers)
  await faultOf(call({ method: 'get', endpoint: 'http://127.0.0.1:2/' }))
  await ledger.release()
  await untilNone()
  const after = process.getActiveResourcesInfo()
  expect(after.filter((name) => name === 'TCPSocketWrap')).toEqual([])
  expect(after.filter((name) => name === 'Timeout').length).toBeLessThanOrEqual(before + 2)
})
