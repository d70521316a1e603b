/** Where redirects lead, and what goes there. */
import type { RequestListener } from 'node:http'
import { expect, test } from 'vitest'
import type { Json, JsonObject } from '@nexus/sdk'
import { echo, faultOf, serve, setup, slowClock } from './world.ts'

const bearer = { bearer: { token: 'token-1' } }

/** A service that leads to `target`, whatever it is asked. */
const leadingTo =
  (location: string, status = 302): RequestListener =>
  (_request, response) =>
    void response.writeHead(status, { location }).end()

test('what authorizes a request stays with its origin, also when the way leads back', async () => {
  const { call } = await setup()
  const seen: (string | undefined)[] = []
  const home = await serve((request, response) => {
    seen.push(`${request.url} ${request.headers.authorization}`)
    if (request.url === '/start') response.writeHead(302, { location: '/next' }).end()
    else if (request.url === '/next') response.writeHead(302, { location: abroad }).end()
    else echo(request, response)
  })
  const abroad = await serve((request, response) => {
    seen.push(
      `abroad ${request.headers.authorization} ${request.headers.cookie} ${String(request.headers['x-own'])}`,
    )
    response.writeHead(302, { location: `${home}/back` }).end()
  })
  const endpoint = { uri: `${home}/start`, authentication: bearer }
  const headers = { Cookie: 'a=1', 'X-Own': 'kept' }
  await call({ method: 'get', endpoint, headers, redirect: true })
  expect(seen).toEqual([
    '/start Bearer token-1',
    '/next Bearer token-1',
    'abroad undefined undefined kept',
    '/back undefined',
  ])
})

test('the same host at another port is another origin, for a header of the task and a user in the address too', async () => {
  const { call } = await setup()
  const other = await serve(echo)
  const uri = await serve(leadingTo(other))
  const byHeader = { method: 'get', endpoint: uri, headers: { Authorization: 'Basic x' }, redirect: true }
  expect(await call(byHeader)).not.toHaveProperty('headers.authorization')
  const byAddress = { method: 'get', endpoint: uri.replace('//', '//ada:pw@'), redirect: true }
  expect(await call(byAddress)).not.toHaveProperty('headers.authorization')
})

test('a user and a password in the place that a redirect names are not sent', async () => {
  const { call } = await setup()
  const other = await serve(echo)
  const endpoint = await serve(leadingTo(other.replace('//', '//eve:pw@')))
  expect(await call({ method: 'get', endpoint, redirect: true })).not.toHaveProperty('headers.authorization')
})

test.for([
  [301, 'post', 'GET', ''],
  [302, 'post', 'GET', ''],
  [303, 'put', 'GET', ''],
  [307, 'post', 'POST', '{"a":1}'],
  [308, 'put', 'PUT', '{"a":1}'],
  [302, 'put', 'PUT', '{"a":1}'],
] as const)('after %i a %s request goes on as %s with the body %j', async ([status, method, then, body]) => {
  const { call } = await setup()
  const endpoint = await serve((request, response) =>
    request.url === '/'
      ? leadingTo(Buffer.from('/there?x=ü').toString('latin1'), status)(request, response)
      : echo(request, response),
  )
  const output: Json = await call({ method, endpoint, body: { a: 1 }, redirect: true })
  expect(output).toMatchObject({ method: then, url: '/there?x=%C3%BC', body })
  expect((output as { headers: JsonObject }).headers['content-type']).toBe(
    body === '' ? undefined : 'application/json',
  )
})

test.for(['ftp://127.0.0.1/', 'http://'])('a redirect to %s is a fault', async (location) => {
  const { call } = await setup()
  const endpoint = await serve(leadingTo(location))
  const fault = await faultOf(call({ method: 'get', endpoint, redirect: true }))
  expect(fault.message).toBe(`${endpoint}/ answered 302 and leads to no http or https address.`)
})

test('all hops together have the time of one call', async () => {
  const { clock, limitsMs, pass } = slowClock()
  const { call } = await setup({ config: { timeout_ms: 1000 }, clock })
  const endpoint = await serve((request, response) => {
    pass(300)
    if (request.url === '/3') response.end('here')
    else response.writeHead(302, { location: `/${Number(request.url?.slice(1)) + 1}` }).end()
  })
  expect(await call({ method: 'get', endpoint: `${endpoint}/1`, redirect: true })).toBe('here')
  expect(limitsMs).toEqual([1000, 700, 400])
})

test('an authorization header beside an authentication is refused', async () => {
  const { call } = await setup()
  const input = { method: 'get', endpoint: { uri: 'http://a', authentication: bearer } }
  const fault = await faultOf(call({ ...input, headers: { authorization: 'x' } }))
  expect(fault.error.type).toContain('validation')
  expect(fault.message).toContain('headers.authorization must be left out')
})

test.for([
  [bearer, 'token-1'],
  [{ basic: { username: 'ada', password: 'engine' } }, Buffer.from('ada:engine').toString('base64')],
] as [JsonObject, string][])(
  'a fault does not repeat what the service says of %j',
  async ([authentication, secret]) => {
    const { call } = await setup()
    const uri = await serve((request, response) =>
      response.writeHead(500).end(`no: ${request.headers.authorization}`),
    )
    const fault = await faultOf(call({ method: 'get', endpoint: { uri, authentication } }))
    expect(fault.message).toMatch(/no: (?:Bearer|Basic) \*\*\*$/)
    expect(fault.message).not.toContain(secret)
  },
)
