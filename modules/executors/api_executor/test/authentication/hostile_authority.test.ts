/** Authorities that refuse, break or lie, and what of a secret comes out: nothing. */
import { createServer as createTcpServer } from 'node:net'
import type { ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import type { Json, JsonObject } from '@nexus/sdk'
import { echo, faultOf, listen, serve, setup, slowClock } from '../world.ts'
import { client, oauth2, serveAuthority, serveProtected } from './authority.ts'

/** The fault of a call whose authority answers like that; the service is never reached. */
async function faultWith(
  answer: (response: ServerResponse) => Json | void,
  more: JsonObject = {},
  config: JsonObject = {},
) {
  const { call, logs } = await setup({ config })
  const { authority } = await serveAuthority((_asked, response) => answer(response))
  const { service, tokens } = await serveProtected()
  const authentication = oauth2(authority, more)
  const { error, message } = await faultOf(
    call({ method: 'get', endpoint: { uri: service, authentication } }),
  )
  expect(tokens).toEqual([])
  const said = JSON.stringify([error, message, logs])
  expect(said).not.toMatch(/client-secret-1|hunter2|refresh-1/)
  return {
    kind: error.type.split('/').at(-1),
    status: error.status,
    message: message.replaceAll(authority, 'HOST'),
  }
}

const refusing =
  (status: number, error: Json, error_description: Json = null) =>
  (response: ServerResponse) => {
    response.statusCode = status
    return { error, error_description }
  }

test.for([
  [400, 'invalid_client', 'authentication', 401],
  [401, 'invalid_client', 'authentication', 401],
  [400, 'invalid_grant', 'authentication', 401],
  [400, 'unsupported_grant_type', 'authentication', 401],
  [200, 'incorrect_client_credentials', 'authentication', 401],
  [400, 'unauthorized_client', 'authorization', 403],
  [400, 'invalid_scope', 'authorization', 403],
  [400, 'invalid_target', 'authorization', 403],
  [403, 'access_denied', 'authorization', 403],
  [503, 'temporarily_unavailable', 'communication', 503],
  [429, 'slow_down', 'communication', 429],
] as const)('%i %s is a fault of type %s', async ([answered, code, kind, status]) => {
  const fault = await faultWith(refusing(answered, code, 'Not today.'))
  expect(fault).toEqual({
    kind,
    status,
    message: `HOST/oauth2/token answered ${answered} ${code}: Not today.`,
  })
})

test.for([
  [401, 'authentication', 401],
  [403, 'authorization', 403],
  [404, 'communication', 404],
  [500, 'communication', 500],
] as const)('%i without a reason is a fault of type %s', async ([answered, kind, status]) => {
  const fault = await faultWith(
    (response) => void response.writeHead(answered).end('<h1>no: client-secret-1'),
  )
  expect(fault).toEqual({ kind, status, message: `HOST/oauth2/token answered ${answered}.` })
})

test('a description that repeats secrets, goes on for long or has line ends is cleaned', async () => {
  const description = `no "client-secret-1" ${encodeURIComponent('p&ss hunter2')}\r\n\u0007${'x'.repeat(1000)}`
  const { message } = await faultWith(refusing(400, 'invalid_grant', description), {
    grant: 'password',
    username: 'ada',
    password: 'p&ss hunter2',
  })
  expect(message).toMatch(/ answered 400 invalid_grant: no "\*\*\*" \*\*\* x+…\.$/)
  expect(message.length).toBeLessThan(400)
})

test('what was sent in a header or as an assertion is not repeated either', async () => {
  const { call } = await setup()
  const { authority, asked } = await serveAuthority((one, response) => {
    response.statusCode = 401
    const sent = one.authorization?.replace('Basic ', '') ?? one.form['client_assertion'] ?? ''
    return { error: 'invalid_client', error_description: `got ${String(sent)}` }
  })
  for (const authentication of ['client_secret_basic', 'client_secret_jwt']) {
    const policy = oauth2(authority, { client: { ...client, authentication } })
    const fault = await faultOf(call({ method: 'get', endpoint: { uri: authority, authentication: policy } }))
    expect(fault.message).toMatch(/got \*\*\*\.$/)
  }
  expect(asked).toHaveLength(2)
})

test.for([
  ['<html>', 'does not answer with a JSON object'],
  ['', 'does not answer with a JSON object'],
  ['"client-secret-1"', 'does not answer with a JSON object'],
  ['[]', 'does not answer with a JSON object'],
  ['{"access_token": "client-secret-1', 'does not answer with a JSON object'],
  ['{}', 'answers without an access_token'],
  ['{"access_token": ""}', 'answers without an access_token'],
  ['{"access_token": ["hunter2"]}', 'answers without an access_token'],
  [String.raw`{"access_token": "hunter2\r\nx: y"}`, 'gave a token that no header can carry'],
  [
    '{"access_token": "hunter2", "token_type": "DPoP"}',
    'gave a token of the type "DPoP", and only bearer is supported',
  ],
  ['{"access_token": "hunter2", "token_type": "N_A"}', 'gave a token of the type "N_A"'],
  ['{"access_token": "hunter2", "token_type": {"a": 1}}', 'gave a token of the type another'],
] as const)('an answer of %j is a communication fault: %s', async ([body, why]) => {
  const fault = await faultWith((response) => void response.end(body))
  expect(fault).toMatchObject({ kind: 'communication', status: 500 })
  expect(fault.message).toContain(`HOST/oauth2/token ${why}`)
})

test('ten megabytes are not read to their end', async () => {
  const { message, kind } = await faultWith((response) => void response.end(Buffer.alloc(10_485_760, 'x')))
  expect(kind).toBe('communication')
  expect(message).toContain('answers with more than 1 MB. No authority needs as much.')
})

test('an authority that says nothing is a fault with status 504', async () => {
  const fault = await faultWith(() => undefined, {}, { timeout_ms: 50 })
  expect(fault).toMatchObject({ kind: 'communication', status: 504 })
  expect(fault.message).toContain('POST HOST/oauth2/token was not answered in 50 ms (timeout_ms)')
})

test('the time for a token is not taken from the time of the call', async () => {
  const { clock, limitsMs, pass } = slowClock()
  const { call } = await setup({ config: { timeout_ms: 1000 }, clock })
  const { authority } = await serveAuthority(() => {
    pass(900)
    return {}
  })
  const { service } = await serveProtected((token) => token !== 'token-1' || limitsMs.length < 3)
  const get = () => call({ method: 'get', endpoint: { uri: service, authentication: oauth2(authority) } })
  await get()
  expect(limitsMs).toEqual([1000, 1000])
  await get()
  expect(limitsMs.slice(2)).toEqual([1000, 1000, 1000])
})

test.for([302, 307, 308])('a redirect (%i) of the token endpoint is not followed', async (status) => {
  const elsewhere = await serveAuthority()
  const fault = await faultWith(
    (response) => void response.writeHead(status, { location: `${elsewhere.authority}/oauth2/token` }).end(),
  )
  expect(fault).toMatchObject({ kind: 'communication', status })
  expect(fault.message).toContain('Authorities are asked without redirects')
  expect(elsewhere.asked).toEqual([])
})

test('an authority that is not there says host and port', async () => {
  const { call } = await setup()
  const server = createTcpServer()
  const port = await listen(server)
  await new Promise((resolve) => void server.close(resolve))
  const authentication = oauth2(`http://127.0.0.1:${port}`)
  const fault = await faultOf(call({ method: 'get', endpoint: { uri: 'http://127.0.0.1/', authentication } }))
  expect(fault.message).toBe(
    `POST http://127.0.0.1:${port}/oauth2/token failed: nothing listens at 127.0.0.1:${port} (connection refused). Is the service running?`,
  )
})

test('a failed request for a token is not remembered', async () => {
  const { call } = await setup()
  const { authority } = await serveAuthority((_asked, response, count) =>
    count === 1 ? void response.writeHead(500).end() : {},
  )
  const { service } = await serveProtected()
  const input = { method: 'get', endpoint: { uri: service, authentication: oauth2(authority) } }
  expect((await faultOf(call(input))).error.status).toBe(500)
  expect(await call(input)).toBe('1')
})

test('a service that says the token back does not give it away, in any output or fault', async () => {
  const { call, logs } = await setup()
  const { authority } = await serveAuthority(() => ({ access_token: 'a/b+c.d~e' }))
  const authentication = oauth2(authority)
  const endpoint = { uri: await serve(echo), authentication }
  const outputs = [
    await call({ method: 'get', endpoint }),
    await call({ method: 'get', endpoint, output: 'response' }),
    atob(JSON.stringify(await call({ method: 'get', endpoint, output: 'raw' })).slice(1, -1)),
  ]
  const uri = await serve((request, response) =>
    response
      .writeHead(500, { 'x-token': request.headers.authorization })
      .end(encodeURIComponent(String(request.headers.authorization))),
  )
  const fault = await faultOf(call({ method: 'get', endpoint: { uri, authentication } }))
  expect(JSON.stringify([outputs, fault.error, logs])).not.toMatch(/a(?:\/|%2F)b/)
  expect(outputs[0]).toHaveProperty('headers.authorization', 'Bearer ***')
  expect(outputs[1]).toHaveProperty('request.headers.authorization', '***')
})

test('a redirect to another origin gets no token', async () => {
  const { call } = await setup()
  const { authority } = await serveAuthority()
  const other = await serve(echo)
  const uri = await serve((_request, response) => response.writeHead(302, { location: other }).end())
  const endpoint = { uri, authentication: oauth2(authority) }
  expect(await call({ method: 'get', endpoint, redirect: true })).not.toHaveProperty('headers.authorization')
})

const jwt = (claims: JsonObject) =>
  ['{}', JSON.stringify(claims), 'signature'].map((part) => Buffer.from(part).toString('base64url')).join('.')

test.for([
  [{ access_token: jwt({ iss: 'https://good' }) }],
  [{ id_token: jwt({ iss: 'https://also-good' }) }],
  [{ iss: 'https://good', access_token: jwt({ iss: 'https://also-good' }) }],
] as [JsonObject][])('a token from an accepted issuer is used: %j', async ([answer]) => {
  const { call } = await setup()
  const { authority, asked } = await serveAuthority(() => answer)
  const { service } = await serveProtected()
  const authentication = oauth2(authority, { issuers: ['https://good', 'https://also-good'] })
  expect(await call({ method: 'get', endpoint: { uri: service, authentication } })).toBe('1')
  expect(asked).toHaveLength(1)
})

test.for([
  [{ access_token: jwt({ iss: 'https://evil' }) }],
  [{ access_token: jwt({ iss: 'https://good' }), id_token: jwt({ iss: 'https://evil' }) }],
  [{ iss: 'https://evil' }],
] as [JsonObject][])('a token from another issuer is an authentication fault: %j', async ([answer]) => {
  const fault = await faultWith(() => answer, { issuers: ['https://good'] })
  expect(fault).toMatchObject({ kind: 'authentication', status: 401 })
  expect(fault.message).toBe(
    'HOST/oauth2/token: the issuer is "https://evil", and only https://good is accepted.',
  )
})

test('the issuer of a token that does not say it is asked of the introspection endpoint', async () => {
  const { call } = await setup()
  const { authority, asked } = await serveAuthority(({ url }) =>
    url === '/describe' ? { active: true, iss: 'https://good' } : {},
  )
  const { service } = await serveProtected()
  const authentication = oauth2(authority, {
    issuers: ['https://good'],
    endpoints: { introspection: '/describe' },
    request: { encoding: 'application/json' },
  })
  expect(await call({ method: 'get', endpoint: { uri: service, authentication } })).toBe('1')
  expect(asked[1]).toMatchObject({
    url: '/describe',
    contentType: 'application/x-www-form-urlencoded',
    form: { token: 'token-1', client_id: client.id, client_secret: client.secret },
  })
})

test.for([
  [{ active: true }, 'nothing says who issued the token, so that `issuers` cannot be checked'],
  [{ active: true, iss: 'https://evil' }, 'the issuer is "https://evil"'],
  [{ active: false, iss: 'https://good' }, 'does not know the token that'],
  [{ error: 'invalid_client' }, 'It was asked since `issuers` are named'],
] as [JsonObject, string][])(
  'an introspection of %j is an authentication fault',
  async ([description, why]) => {
    const { call } = await setup()
    const { authority } = await serveAuthority(({ url }) => (url === '/oauth2/introspect' ? description : {}))
    const authentication = oauth2(authority, { issuers: ['https://good'] })
    const fault = await faultOf(call({ method: 'get', endpoint: { uri: authority, authentication } }))
    expect(fault.error).toMatchObject({ status: 401, type: expect.stringContaining('authentication') })
    expect(fault.message).toContain(`${authority}/oauth2/introspect`)
    expect(fault.message).toContain(why)
  },
)
