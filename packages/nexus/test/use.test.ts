import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { setup } from './world.ts'

test('a function of the document runs with the arguments of its call as its input', async () => {
  await using world = await setup()
  const record = await world.run("  - a: { call: greet, with: { name: '${ .who }' } }\n", {
    input: { who: 'Ada' },
    head: 'use:\n  functions:\n    greet: { set: { greeting: \'${ "Hello, \\(.name)!" }\' } }',
  })
  expect(record).toMatchObject({ status: 'completed', output: { greeting: 'Hello, Ada!' } })
  expect(record.tasks.map(({ path, reference }) => [path, reference])).toEqual([
    ['/do/0/a', '/do/0/a'],
    ['/do/0/a/function/greet', '/use/functions/greet'],
  ])
})

test('functions call each other, and one that calls itself without end faults', async () => {
  await using world = await setup()
  const head =
    'use:\n  functions:\n    once: { call: twice, with: {} }\n    twice: { set: { x: 2 } }\n    round: { call: round, with: {} }'
  expect(await world.run('  - a: { call: once }\n', { head })).toMatchObject({ output: { x: 2 } })
  const endless = await world.run('  - a: { call: round }\n', { head })
  expect(endless.error).toMatchObject({ detail: expect.stringContaining('call itself without end') })
})

test('what a fault in a function points to is the function', async () => {
  await using world = await setup()
  const record = await world.run('  - a: { call: fail }\n', {
    head: 'use:\n  functions:\n    fail: { set: { x: \'${ error("no") }\' } }',
  })
  expect(record.error).toMatchObject({ instance: '/use/functions/fail' })
})

test('an error by its name in use.errors is raised as it is declared there', async () => {
  await using world = await setup()
  const record = await world.run('  - a: { raise: { error: gone } }\n', {
    head: 'use:\n  errors:\n    gone: { type: https://example.com/gone, status: 410, title: Gone }',
  })
  expect(record.error).toMatchObject({ type: 'https://example.com/gone', status: 410, instance: '/do/0/a' })
})

test('an authentication by its name, with the credentials from a secret, reaches the server and nothing else', async () => {
  process.env['NEXUS_SECRET_SHOP'] = '{"username": "ada", "password": "engine-of-1843"}'
  await using world = await setup()
  const server = createServer((_, response) => response.end('"in"'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const asked = once(server, 'request') as Promise<[IncomingMessage]>
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const record = await world.run(
    `  - a: { call: http, with: { method: get, endpoint: { uri: '${url}', authentication: { use: shop } } } }\n`,
    { head: 'use:\n  secrets: [shop]\n  authentications:\n    shop: { basic: { use: shop } }' },
  )
  delete process.env['NEXUS_SECRET_SHOP']
  expect(record.status).toBe('completed')
  const [request] = await asked
  expect(request.headers.authorization).toBe(`Basic ${btoa('ada:engine-of-1843')}`)
  expect(JSON.stringify(record)).not.toContain('engine-of-1843')
  server.close()
  server.closeAllConnections()
})
