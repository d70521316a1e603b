/** `authentication: oidc`: how the endpoints of an authority are found, and which authorities are believed. */
import { expect, test } from 'vitest'
import type { Json, JsonObject } from '@nexus/sdk'
import { readTokenEndpoint } from '../../authentication/oidc/discovery.ts'
import { faultOf, serve, setup } from '../world.ts'
import { client, fakeClock, serveAuthority, serveProtected } from './authority.ts'

const descriptionPath = '/.well-known/openid-configuration'

/** An authority below `/realms/shop` with its token endpoint elsewhere, a service, and a call with a policy for it. */
async function world({
  answer = {},
  describe = (described) => described,
}: {
  /** More of the answer of the token endpoint. */
  answer?: JsonObject
  describe?: (described: JsonObject) => Json
} = {}) {
  const clock = fakeClock()
  const { call } = await setup({ clock })
  const tokenHost = await serveAuthority(() => answer)
  const described: string[] = []
  const host = await serve((request, response) => {
    described.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    if (request.url !== `/realms/shop${descriptionPath}`) return response.writeHead(404).end()
    const description = { issuer: `${host}/realms/shop`, token_endpoint: `${tokenHost.authority}/get?x=1` }
    response.end(JSON.stringify(describe(description)))
  })
  const { service, tokens } = await serveProtected()
  const authority = `${host}/realms/shop`
  const get = (more: JsonObject = {}): Promise<Json> => {
    const oidc = { authority, grant: 'client_credentials', client, ...more }
    return call({ method: 'get', endpoint: { uri: service, authentication: { oidc } } })
  }
  return { get, clock, authority, described, asked: tokenHost.asked, tokenHost: tokenHost.authority, tokens }
}

const jwt = (claims: JsonObject) =>
  ['{}', JSON.stringify(claims), 'signature'].map((part) => Buffer.from(part).toString('base64url')).join('.')

test('the token endpoint is where the authority says, and is asked as by oauth2', async () => {
  const { get, described, asked, tokens, clock } = await world()
  await get({ scopes: ['openid', 'orders'] })
  await get({ scopes: ['openid', 'orders'] })
  expect(described).toEqual([`GET /realms/shop${descriptionPath} undefined`])
  expect(asked).toHaveLength(1)
  expect(asked[0]).toMatchObject({
    method: 'POST',
    url: '/get?x=1',
    form: {
      grant_type: 'client_credentials',
      scope: 'openid orders',
      client_id: client.id,
      client_secret: client.secret,
    },
  })
  expect(tokens).toEqual(['token-1', 'token-1'])
  clock.pass(3_600_000)
  await get({ scopes: ['openid', 'orders'] })
  expect(tokens.at(-1)).toBe('token-2')
})

test.for(['/', descriptionPath, `${descriptionPath}/`])('an authority may end with %s', async (end) => {
  const { get, authority, described } = await world()
  await get({ authority: authority + end })
  expect(described).toEqual([`GET /realms/shop${descriptionPath} undefined`])
})

test('an assertion is for the token endpoint that was found', async () => {
  const { get, asked, tokenHost } = await world()
  await get({ client: { ...client, authentication: 'client_secret_jwt' } })
  const [, claims = ''] = String(asked[0]?.form['client_assertion']).split('.')
  expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toHaveProperty(
    'aud',
    `${tokenHost}/get?x=1`,
  )
})

test('an authority that calls itself by another name is believed only where the policy names that issuer', async () => {
  const describe = (described: JsonObject) => ({ ...described, issuer: 'https://public.example.com' })
  const { get, asked, authority } = await world({ describe })
  const fault = await faultOf(get())
  expect(fault.error).toMatchObject({ status: 401, type: expect.stringContaining('authentication') })
  expect(fault.message).toBe(
    `${authority}${descriptionPath} is of the issuer "https://public.example.com", which is not the authority that was asked. If it may be, name it in \`issuers\`.`,
  )
  expect((await faultOf(get({ issuers: [authority] }))).message).toContain(
    'the issuer is "https://public.example.com", and only http://127.0.0.1:',
  )
  expect(asked).toEqual([])
  expect(await get({ issuers: [authority, 'https://public.example.com'] })).toBe('1')
})

test('an id token is from the issuer that was found; an access token too where the policy names issuers', async () => {
  const stranger = jwt({ iss: 'https://evil' })
  const byIdToken = await world({ answer: { id_token: stranger } })
  expect((await faultOf(byIdToken.get())).message).toContain('the issuer is "https://evil", and only')
  const byAccessToken = await world({ answer: { access_token: stranger } })
  expect(await byAccessToken.get()).toBe('1')
  const fault = await faultOf(byAccessToken.get({ issuers: [byAccessToken.authority] }))
  expect(fault.error.type).toContain('authentication')
  expect(byAccessToken.tokens).toHaveLength(1)
  const good = await world()
  expect(await good.get({ issuers: [good.authority] })).toBe('1')
})

test.for([
  [{ issuer: null }, 'it has no issuer.'],
  [{ token_endpoint: null }, 'it has no http or https URL as token_endpoint.'],
  [{ token_endpoint: '/relative' }, 'it has no http or https URL as token_endpoint.'],
  [{ token_endpoint: 'file:///etc/passwd' }, 'it has no http or https URL as token_endpoint.'],
  [{ token_endpoint: 'https://user:pw@host/' }, 'it has no http or https URL as token_endpoint.'],
] as [JsonObject, string][])('a description with %j is a communication fault', async ([wrong, why]) => {
  const { get, authority, asked } = await world({ describe: (described) => ({ ...described, ...wrong }) })
  const fault = await faultOf(get())
  expect(fault.error.type).toContain('communication')
  expect(fault.message).toBe(`${authority}${descriptionPath} does not describe an authority: ${why}`)
  expect(asked).toEqual([])
})

test('an authority that is asked by TLS has no token endpoint without', () => {
  const [safe, open] = [new URL('https://a/description'), new URL('http://a/description')]
  expect(readTokenEndpoint('https://b/token', safe).href).toBe('https://b/token')
  expect(readTokenEndpoint('https://b/token', open).href).toBe('https://b/token')
  expect(() => readTokenEndpoint('http://b/token', safe)).toThrow('it has no https URL as token_endpoint.')
})

test('a description that is not there, or no object, is a communication fault', async () => {
  const { get, authority } = await world()
  const missing = await faultOf(get({ authority: `${authority}/none` }))
  expect(missing.error).toMatchObject({ status: 404, type: expect.stringContaining('communication') })
  expect(missing.message).toBe(`${authority}/none${descriptionPath} answered 404.`)
  const list = await world({ describe: () => [] })
  expect((await faultOf(list.get())).message).toContain('does not answer with a JSON object')
})

test.for([
  [{ endpoints: { token: '/t' } }, 'oidc has no member "endpoints"'],
  [{ grant: 'authorization_code' }, 'oidc cannot use the grant authorization_code'],
  [{ authority: 'localhost' }, 'oidc: the authority is not an http or https URL'],
] as [JsonObject, string][])('a policy with %j is a configuration error', async ([more, why]) => {
  const { get } = await world()
  const fault = await faultOf(get(more))
  expect(fault.error.type).toContain('configuration')
  expect(fault.message).toContain(why)
})
