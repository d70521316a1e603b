/** How long a token is used, who shares it, and what renews it. */
import { expect, test } from 'vitest'
import { Cancelled, type Json, type JsonObject } from '@nexus/sdk'
import { RecentMap } from '../../authentication/recent_map.ts'
import { echo, faultOf, serve, setup } from '../world.ts'
import { client, fakeClock, oauth2, serveAuthority, serveProtected } from './authority.ts'

/** A world in which `get()` calls a service with a token of an authority. */
async function world({
  answering = () => ({}),
  accepts = () => true,
  more = {},
}: {
  answering?: Parameters<typeof serveAuthority>[0]
  accepts?: (token: string) => boolean
  more?: JsonObject
} = {}) {
  const clock = fakeClock()
  const made = await setup({ clock })
  const { authority, asked } = await serveAuthority(answering)
  const { service, tokens } = await serveProtected(accepts)
  const endpoint = { uri: service, authentication: oauth2(authority, more) }
  const get = (): Promise<Json> => made.call({ method: 'get', endpoint })
  return { ...made, clock, authority, service, asked, tokens, get }
}

test('a token serves every call of its policy until shortly before it ends', async () => {
  const { get, clock, tokens } = await world()
  await get()
  clock.pass(3_569_000)
  await get()
  clock.pass(1_000)
  await get()
  expect(tokens).toEqual(['token-1', 'token-1', 'token-2'])
})

test('calls at the same time wait for one request, and another policy has a token of its own', async () => {
  const { get, call, authority, service, asked, tokens } = await world()
  await Promise.all([get(), get(), get(), get(), get()])
  expect(asked).toHaveLength(1)
  expect(tokens).toEqual(Array.from({ length: 5 }, () => 'token-1'))
  const other = { uri: service, authentication: oauth2(authority, { scopes: ['write'] }) }
  await call({ method: 'get', endpoint: other })
  expect(tokens.at(-1)).toBe('token-2')
})

test('tokens are not shared between two instances of the module', async () => {
  const { get, authority, service, asked } = await world()
  await get()
  const { call } = await setup()
  await call({ method: 'get', endpoint: { uri: service, authentication: oauth2(authority) } })
  expect(asked).toHaveLength(2)
})

test.for([
  ['an hour', 3600, 3_569_000, 3_570_000],
  ['an hour as text', '3600', 3_569_000, 3_570_000],
  ['forty seconds', 40, 29_000, 30_000],
  ['more than a day', 1e300, 86_369_000, 86_370_000],
  ['nothing', undefined, 269_000, 270_000],
  ['null', null, 269_000, 270_000],
  ['words', 'one hour', 269_000, 270_000],
  ['a list', [3600], 269_000, 270_000],
] as [string, Json | undefined, number, number][])(
  'a token whose expires_in says %s is used for its time',
  async ([, stated, beforeMs, afterMs]) => {
    // JSON leaves out what is undefined.
    const { get, clock, asked } = await world({ answering: () => ({ expires_in: stated }) as JsonObject })
    await get()
    clock.pass(beforeMs)
    await get()
    expect(asked).toHaveLength(1)
    clock.pass(afterMs - beforeMs)
    await get()
    expect(asked).toHaveLength(2)
  },
)

test.for([0, -1, -1e300, '-5', '0'])('a token whose expires_in says %j serves one call', async (stated) => {
  const { get, tokens } = await world({ answering: () => ({ expires_in: stated }) })
  await get()
  await get()
  expect(tokens).toEqual(['token-1', 'token-2'])
})

test('a JWT without expires_in says itself when it ends', async () => {
  const clock = fakeClock()
  const claims = Buffer.from(JSON.stringify({ exp: clock.now() / 1000 + 1000 })).toString('base64url')
  const made = await world({
    answering: () => ({ expires_in: null, access_token: `e30.${claims}.c2ln` }),
  })
  await made.get()
  made.clock.pass(969_000)
  await made.get()
  expect(made.asked).toHaveLength(1)
  made.clock.pass(1_000)
  await made.get()
  expect(made.asked).toHaveLength(2)
})

test('an old token is renewed by its refresh token, and by a new one where the authority gives that', async () => {
  const { get, clock, asked, tokens } = await world({
    answering: (_asked, _response, count) => (count === 2 ? {} : { refresh_token: `refresh-${count}` }),
    more: { scopes: ['read'] },
  })
  for (let call = 1; call <= 4; call++) {
    await get()
    clock.pass(3_600_000)
  }
  expect(tokens).toEqual(['token-1', 'token-2', 'token-3', 'token-4'])
  const own = { client_id: client.id, client_secret: client.secret }
  expect(asked.map(({ form }) => form)).toEqual([
    { grant_type: 'client_credentials', scope: 'read', ...own },
    { grant_type: 'refresh_token', refresh_token: 'refresh-1', ...own },
    { grant_type: 'refresh_token', refresh_token: 'refresh-1', ...own },
    { grant_type: 'refresh_token', refresh_token: 'refresh-3', ...own },
  ])
})

test('where the refresh token is refused the grant of the policy is used again', async () => {
  const { get, clock, asked, tokens } = await world({
    answering: ({ form }, response) => {
      if (form['grant_type'] !== 'refresh_token') return { refresh_token: 'refresh-1' }
      response.statusCode = 400
      return { error: 'invalid_grant' }
    },
  })
  await get()
  clock.pass(3_600_000)
  await get()
  expect(asked.map(({ form }) => form['grant_type'])).toEqual([
    'client_credentials',
    'refresh_token',
    'client_credentials',
  ])
  expect(tokens).toEqual(['token-1', 'token-3'])
})

test('an authority that is down while refreshing is a fault, and the refresh token is kept', async () => {
  let isDown = false
  const { get, clock, asked } = await world({
    answering: (_asked, response) => {
      if (isDown) return void response.writeHead(503).end()
      return { refresh_token: 'refresh-1' }
    },
  })
  await get()
  clock.pass(3_600_000)
  isDown = true
  expect((await faultOf(get())).error).toMatchObject({
    status: 503,
    type: expect.stringContaining('communication'),
  })
  isDown = false
  await get()
  expect(asked.at(-1)?.form['refresh_token']).toBe('refresh-1')
})

test('a kept token that the service refuses is replaced once, and the call sent once more', async () => {
  const refused = new Set<string>()
  const { get, asked, tokens } = await world({ accepts: (token) => !refused.has(token) })
  await get()
  refused.add('token-1')
  await get()
  await get()
  expect(tokens).toEqual(['token-1', 'token-1', 'token-2', 'token-2'])
  refused.add('token-2').add('token-3')
  const fault = await faultOf(get())
  expect(fault.error).toMatchObject({ status: 401, type: expect.stringContaining('communication') })
  expect(tokens.slice(4)).toEqual(['token-2', 'token-3'])
  expect(asked).toHaveLength(3)
})

test('a new token that the service refuses is not replaced', async () => {
  const { get, asked, tokens } = await world({ accepts: () => false })
  expect((await faultOf(get())).error.status).toBe(401)
  expect(tokens).toEqual(['token-1'])
  expect(asked).toHaveLength(1)
})

test('a call renews its token once, over redirects too', async () => {
  const { call } = await setup()
  const { authority, asked } = await serveAuthority()
  const seen: string[] = []
  const service = await serve((request, response) => {
    const token = request.headers.authorization ?? 'none'
    seen.push(`${request.url} ${token}`)
    if (request.url === '/' || (request.url === '/old' && token === 'Bearer token-2'))
      response.writeHead(302, { location: '/new' }).end()
    else response.writeHead(request.url === '/new' && token === 'Bearer token-1' ? 200 : 401).end()
  })
  const get = (uri: string) =>
    call({ method: 'get', endpoint: { uri, authentication: oauth2(authority) }, redirect: true })
  await get(`${service}/`)
  expect((await faultOf(get(`${service}/old`))).error.status).toBe(401)
  expect(seen.slice(2)).toEqual(['/old Bearer token-1', '/old Bearer token-2', '/new Bearer token-2'])
  expect(asked).toHaveLength(2)
})

test('a body is sent again with the new token, under the same idempotency key', async () => {
  const { call } = await setup()
  const { authority } = await serveAuthority()
  const keys: unknown[] = []
  const uri = await serve((request, response) => {
    const { authorization } = request.headers
    keys.push(request.headers['idempotency-key'])
    if (keys.length === 2 && authorization === 'Bearer token-1') response.writeHead(401).end()
    else echo(request, response)
  })
  const post = { method: 'post', endpoint: { uri, authentication: oauth2(authority) }, body: { a: 1 } }
  await call(post)
  expect(await call(post)).toMatchObject({ body: '{"a":1}' })
  expect(keys).toEqual(['key-1', 'key-1', 'key-1'])
})

test('several calls whose token is refused at once get one new token', async () => {
  const refused = new Set<string>()
  const { get, asked, tokens } = await world({ accepts: (token) => !refused.has(token) })
  await get()
  refused.add('token-1')
  await Promise.all([get(), get(), get()])
  expect(asked).toHaveLength(2)
  expect(tokens.filter((token) => token === 'token-2')).toHaveLength(3)
})

test('cancelling one of two calls that wait for a token does not end the request of the other', async () => {
  const cancel = new AbortController()
  const cancelled = new Cancelled()
  const asking = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const { call, authority, service } = await world({
    answering: (_asked, response) => {
      asking.resolve()
      void go.promise.then(() => response.end('{"access_token": "late-token"}'))
    },
  })
  const input = { method: 'get', endpoint: { uri: service, authentication: oauth2(authority) } }
  const given = call(input, { signal: cancel.signal })
  const other = call(input)
  await asking.promise
  cancel.abort(cancelled)
  await expect(given).rejects.toBe(cancelled)
  go.resolve()
  expect(await other).toBe('1')
})

test('the request for a token ends when nobody waits for it any more', async () => {
  const cancel = new AbortController()
  const cancelled = new Cancelled()
  const closed = Promise.withResolvers<void>()
  const { call, authority, service } = await world({
    answering: (_asked, response) => {
      response.once('close', () => closed.resolve())
      cancel.abort(cancelled)
    },
  })
  const input = { method: 'get', endpoint: { uri: service, authentication: oauth2(authority) } }
  await expect(call(input, { signal: cancel.signal })).rejects.toBe(cancelled)
  await closed.promise
})

test('at the end tokens are given back where the policy says where to, and only there', async () => {
  const { get, call, ledger, authority, service, asked } = await world({
    answering: ({ url, form }, response) => {
      if (url === '/revoke') return void response.end()
      return form['scope'] === 'keep' ? { refresh_token: 'refresh-2' } : {}
    },
    more: { endpoints: { revocation: '/revoke' } },
  })
  await get()
  const more = { endpoints: { revocation: '/revoke' }, scopes: ['keep'] }
  await call({ method: 'get', endpoint: { uri: service, authentication: oauth2(authority, more) } })
  await call({ method: 'get', endpoint: { uri: service, authentication: oauth2(authority) } })
  await ledger.release()
  const own = { client_id: client.id, client_secret: client.secret }
  const given = asked.filter(({ url }) => url === '/revoke').map(({ form }) => form)
  expect(given).toHaveLength(2)
  expect(given).toContainEqual({ token: 'token-1', token_type_hint: 'access_token', ...own })
  expect(given).toContainEqual({ token: 'refresh-2', token_type_hint: 'refresh_token', ...own })
})

test('a token that cannot be given back does not hold the end up', async () => {
  const { get, ledger } = await world({
    answering: ({ url }, response) => (url === '/revoke' ? void response.writeHead(500).end() : {}),
    more: { endpoints: { revocation: '/revoke' } },
  })
  await get()
  await expect(ledger.release()).resolves.toBeUndefined()
})

test('what was not used for the longest time goes first', () => {
  const map = new RecentMap<number>(2)
  map.set('a', 1)
  map.set('b', 2)
  map.get('a')
  map.set('c', 3)
  expect([map.get('a'), map.get('b'), map.get('c')]).toEqual([1, undefined, 3])
  expect(map.clear()).toEqual([1, 3])
  expect(map.get('a')).toBeUndefined()
})
