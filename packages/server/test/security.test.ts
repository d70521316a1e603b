import { operations } from '@nexus/api'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test } from 'vitest'
import { serve } from '../src/index.ts'
import { problemOf, setup, type World } from './world.ts'

const token = 'a-token-that-nobody-guesses'

/** Asks with headers that `fetch` would not let through. */
async function askAs(
  { served }: World,
  headers: Record<string, string>,
  path = '/runs',
  method = 'GET',
  body = '',
) {
  const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const asked = request(`${served.url}${path}`, { headers: { ...headers, ...length }, method }).end(body)
  const [response] = (await once(asked, 'response')) as [IncomingMessage]
  return { status: response.statusCode, body: JSON.parse(await text(response)) as unknown }
}

test('with a token nobody is answered without it, but for what is nobody’s data', async () => {
  await using world = await setup({ token })
  for (const path of ['/runs', '/runs/x/events', '/events', '/modules', '/workflows', '/nothing']) {
    const response = await world.ask(path)
    expect(response.headers.get('www-authenticate')).toBe('Bearer')
    expect(await problemOf(response)).toMatchObject({
      status: 401,
      code: 'unauthorized',
      type: expect.stringMatching(/\/errors\/authentication$/),
    })
  }
  for (const path of ['/health', '/openapi.json', '/docs']) expect((await world.ask(path)).status).toBe(200)
  expect(await world.client.ended('nobody').catch((error: unknown) => error)).toMatchObject({
    code: 'run_not_found',
  })
})

test('only the whole token is taken', async () => {
  await using world = await setup({ token })
  const statusOf = async (authorization: string): Promise<number> =>
    (await world.ask('/runs', { headers: { authorization } })).status
  expect(await statusOf(`Bearer ${token}`)).toBe(200)
  expect(await statusOf(`bearer ${token}`)).toBe(200)
  for (const wrong of [token, `Basic ${token}`, 'Bearer', `Bearer ${token}x`, `Bearer ${token.slice(1)}`]) {
    expect(await statusOf(wrong)).toBe(401)
  }
})

test('any other address than loopback needs a token, and one that cannot be guessed', async () => {
  await using world = await setup()
  const { nexus } = world
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'localhost.example.com']) {
    await expect(serve({ nexus, host, port: 0 })).rejects.toMatchObject({ code: 'token_needed' })
  }
  const weak = serve({ nexus, port: 0, token: 'short' })
  await expect(weak).rejects.toMatchObject({ code: 'token_too_short' })
  const elsewhere = serve({ nexus, host: '192.0.2.1', port: 0, token })
  await expect(elsewhere).rejects.toMatchObject({ code: 'host_unknown' })
})

test('a name that was made to point here is refused', async () => {
  await using world = await setup()
  for (const host of ['evil.example.com', 'evil.example.com:8100', '127.0.0.1.example.com', 'localhost.x']) {
    expect(await askAs(world, { host })).toMatchObject({ status: 403, body: { code: 'foreign_host' } })
  }
  for (const host of ['localhost', 'LOCALHOST:8100', '127.0.0.1:1', '[::1]:8100']) {
    expect(await askAs(world, { host })).toMatchObject({ status: 200 })
  }
})

test('pages of another origin are refused, and no answer invites them', async () => {
  await using world = await setup()
  const { host } = new URL(world.served.url)
  for (const [name, value] of [
    ['origin', 'https://evil.example.com'],
    ['origin', 'null'],
    ['origin', 'http://localhost:1'],
    ['sec-fetch-site', 'cross-site'],
  ] as const) {
    for (const [path, method] of [
      ['/runs', 'GET'],
      ['/runs/x/cancel', 'POST'],
      ['/runs', 'OPTIONS'],
    ] as const) {
      const answer = await askAs(world, { host, [name]: value }, path, method)
      expect(answer).toMatchObject({ status: 403, body: { code: 'foreign_origin' } })
    }
  }
  expect(await askAs(world, { host, origin: `http://${host}` })).toMatchObject({ status: 200 })
  const { headers } = await world.ask('/runs')
  expect(headers.get('access-control-allow-origin')).toBeNull()
  expect(headers.get('x-content-type-options')).toBe('nosniff')
})

test('a port that is taken is said, with who has it', async () => {
  await using world = await setup()
  const { port } = new URL(world.served.url)
  const again = serve({ nexus: world.nexus, port: Number(port) })
  await expect(again).rejects.toThrow(/is taken by another Nexus .*--port/)
})

test('code is brought in by nobody but programs of this machine, or who has the token', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-foreign-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const ways = [
    ['/modules/teller/swap', 'POST', { source: folder }],
    ['/modules/swap', 'POST', { folders: [folder] }],
    ['/modules/teller/config', 'PUT', {}],
    ['/modules/teller/unload', 'POST', undefined],
    ['/modules/teller/load', 'POST', undefined],
    ['/generations/1/activate', 'POST', undefined],
  ] as const
  await using open = await setup()
  await using secured = await setup({ token })
  const { generations: before } = await open.client.call(operations.modules.generations)
  for (const [path, method, body] of ways) {
    const ask = (world: World, headers: Record<string, string>): ReturnType<typeof askAs> =>
      askAs(world, headers, path, method, body === undefined ? '' : JSON.stringify(body))
    const json = { 'content-type': 'application/json' }
    const { host } = new URL(open.served.url)
    for (const page of [{ origin: 'https://evil.example.com' }, { 'sec-fetch-site': 'cross-site' }]) {
      const refused = { status: 403, body: { code: 'foreign_origin' } }
      expect(await ask(open, { host, ...json, ...page })).toMatchObject(refused)
      // what a page may send without asking first
      expect(await ask(open, { host, 'content-type': 'text/plain', ...page })).toMatchObject(refused)
    }
    expect(await ask(open, { ...json, host: 'evil.example.com' })).toMatchObject({
      status: 403,
      body: { code: 'foreign_host' },
    })
    expect(await ask(secured, json)).toMatchObject({ status: 401, body: { code: 'unauthorized' } })
    if (body !== undefined) {
      expect(await ask(open, { host, 'content-type': 'text/plain' })).toMatchObject({ status: 415 })
    }
  }
  expect((await open.client.call(operations.modules.generations)).generations).toEqual(before)
})
