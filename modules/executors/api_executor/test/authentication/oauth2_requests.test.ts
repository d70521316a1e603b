/** `authentication: oauth2`: what arrives at the token endpoint, for every grant and every way of a client. */
import { createHmac, createPublicKey, generateKeyPairSync, verify, type KeyObject } from 'node:crypto'
import { expect, test } from 'vitest'
import type { JsonObject } from '@nexus/sdk'
import { echo, faultOf, serve, serveDescribed, setup } from '../world.ts'
import { client, fakeClock, oauth2, serveAuthority, serveProtected } from './authority.ts'

/** What the authority was asked for a call with that policy. */
async function askedFor(more: JsonObject, input: JsonObject = {}) {
  const clock = fakeClock()
  const { call } = await setup({ input, clock })
  const { authority, asked } = await serveAuthority()
  const { service, tokens } = await serveProtected()
  await call({ method: 'get', endpoint: { uri: service, authentication: oauth2(authority, more) } })
  expect(tokens).toEqual(['token-1'])
  const [one] = asked
  if (!one || asked.length !== 1) throw new Error(`The authority was asked ${asked.length} times.`)
  return { ...one, authority, clock }
}

const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const tokenType = 'urn:ietf:params:oauth:token-type:'
const posted = { client_id: 'client-1', client_secret: 'client-secret-1' }

test.for([
  [{}, { grant_type: 'client_credentials' }],
  [
    { scopes: ['read', 'write'], audiences: ['shop', 'bank'] },
    { grant_type: 'client_credentials', scope: 'read write', audience: ['shop', 'bank'] },
  ],
  [
    { grant: 'password', username: 'ada', password: 'engine of 1843' },
    { grant_type: 'password', username: 'ada', password: 'engine of 1843' },
  ],
  [
    { grant: 'refresh_token', subject: { token: 'refresh-1', type: 'refresh_token' } },
    { grant_type: 'refresh_token', refresh_token: 'refresh-1' },
  ],
  [
    { grant: exchange, subject: { token: 'subject-1', type: `${tokenType}jwt` }, audiences: ['shop'] },
    {
      grant_type: exchange,
      subject_token: 'subject-1',
      subject_token_type: `${tokenType}jwt`,
      audience: 'shop',
    },
  ],
  [
    {
      grant: exchange,
      subject: { token: 'subject-1', type: `${tokenType}jwt` },
      actor: { token: 'actor-1', type: `${tokenType}access_token` },
    },
    {
      grant_type: exchange,
      subject_token: 'subject-1',
      subject_token_type: `${tokenType}jwt`,
      actor_token: 'actor-1',
      actor_token_type: `${tokenType}access_token`,
    },
  ],
] as [JsonObject, JsonObject][])('a policy with %j asks in a form for %j', async ([more, form]) => {
  const asked = await askedFor(more)
  expect(asked).toMatchObject({ method: 'POST', url: '/oauth2/token', authorization: undefined })
  expect(asked.contentType).toBe('application/x-www-form-urlencoded')
  expect(asked.form).toEqual({ ...form, ...posted })
})

test('a request is sent as JSON when the policy says so', async () => {
  const asked = await askedFor({
    request: { encoding: 'application/json' },
    scopes: ['a', 'b'],
    audiences: ['x', 'y'],
  })
  expect(asked.contentType).toBe('application/json')
  expect(JSON.parse(asked.body)).toEqual({
    grant_type: 'client_credentials',
    scope: 'a b',
    audience: ['x', 'y'],
    ...posted,
  })
})

test('the token endpoint is a path below the authority, and both may be templates', async () => {
  const { authority, asked } = await serveAuthority()
  const { call } = await setup({ input: { realm: 'my realm', kind: 'v2' } })
  const authentication = oauth2(`${authority}/realms/{realm}/`, {
    endpoints: { token: 'auth/{kind}/token?p=1' },
  })
  await call({ method: 'get', endpoint: { uri: await serve(echo), authentication } })
  expect(asked[0]?.url).toBe('/realms/my%20realm/auth/v2/token?p=1')
})

test('client_secret_basic encodes id and secret as a form does, and sends neither in the body', async () => {
  const own = { id: 'a:b c', secret: 'p%+ä', authentication: 'client_secret_basic' }
  const { authorization = '', form } = await askedFor({ client: own })
  const credentials = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString()
  expect(credentials).toBe('a%3Ab+c:p%25%2B%C3%A4')
  expect(form).toEqual({ grant_type: 'client_credentials' })
})

test('a client that does not authenticate says who it is, or nothing', async () => {
  expect((await askedFor({ client: { id: 'public', authentication: 'none' } })).form).toEqual({
    grant_type: 'client_credentials',
    client_id: 'public',
  })
  expect((await askedFor({ client: { authentication: 'none' } })).form).toEqual({
    grant_type: 'client_credentials',
  })
})

const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

function assertionOf(form: Readonly<Record<string, string | string[]>>) {
  expect(form).toEqual({
    grant_type: 'client_credentials',
    client_id: 'client-1',
    client_assertion_type: assertionType,
    client_assertion: expect.any(String),
  })
  const assertion = String(form['client_assertion'])
  const [header = '', claims = '', signature = ''] = assertion.split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as JsonObject
  return {
    signed: `${header}.${claims}`,
    header: read(header),
    claims: read(claims),
    signature: Buffer.from(signature, 'base64url'),
  }
}

test('client_secret_jwt signs with the secret, for this endpoint and a short time', async () => {
  const own = { ...client, authentication: 'client_secret_jwt' }
  const { form, authority, clock } = await askedFor({ client: own })
  const { signed, header, claims, signature } = assertionOf(form)
  expect(header).toEqual({ typ: 'JWT', alg: 'HS256' })
  const nowSeconds = clock.now() / 1000
  expect(claims).toEqual({
    iss: 'client-1',
    sub: 'client-1',
    aud: `${authority}/oauth2/token`,
    iat: nowSeconds,
    exp: nowSeconds + 300,
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
  })
  expect(signature).toEqual(createHmac('sha256', client.secret).update(signed).digest())
  const again = assertionOf((await askedFor({ client: own })).form)
  expect(again.claims['jti']).not.toBe(claims['jti'])
})

const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' })
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const curve = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwk = JSON.stringify({ ...curve.privateKey.export({ format: 'jwk' }), kid: 'key-7' })

test.for([
  ['RSA key in PEM', pem(rsa.privateKey), rsa, { typ: 'JWT', alg: 'RS256' }],
  ['P-256 key in PEM', pem(curve.privateKey), curve, { typ: 'JWT', alg: 'ES256' }],
  ['P-256 key as JWK', jwk, curve, { typ: 'JWT', alg: 'ES256', kid: 'key-7' }],
] as [string, string, { publicKey: KeyObject }, JsonObject][])(
  'private_key_jwt signs with an %s',
  async ([, secret, { publicKey }, expected]) => {
    const { form } = await askedFor({ client: { id: 'client-1', secret, authentication: 'private_key_jwt' } })
    const { signed, header, claims, signature } = assertionOf(form)
    expect(header).toEqual(expected)
    expect(claims).toMatchObject({ iss: 'client-1', sub: 'client-1' })
    const key = {
      key: createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })),
      dsaEncoding: 'ieee-p1363',
    } as const
    expect(verify('sha256', Buffer.from(signed), key, signature)).toBe(true)
  },
)

test.for(['private_key_jwt', 'client_secret_jwt'])(
  '%s sends a ready assertion as it is',
  async (authentication) => {
    const own = { id: 'client-1', assertion: 'aaa.bbb.ccc', authentication }
    expect((await askedFor({ client: own })).form).toMatchObject({
      client_assertion_type: assertionType,
      client_assertion: 'aaa.bbb.ccc',
    })
  },
)

const subject = { token: 'subject-1', type: 'refresh_token' }
const weak = generateKeyPairSync('ec', { namedCurve: 'P-384' })

test.for([
  [{ authority: undefined }, 'oauth2 needs an `authority`.'],
  [{ authority: 'ldap://a' }, 'the authority is not an http or https URL'],
  [{ authority: 'http://user:hunter2@a' }, 'must have no user, query or fragment'],
  [{ authority: 'http://a/{tenant}' }, 'Variable "tenant" of http://a/{tenant} has no value'],
  [{ grant: undefined }, 'oauth2 needs a `grant`: authorization_code,'],
  [{ grant: 'implicit' }, 'oauth2.grant must be one of authorization_code, client_credentials,'],
  [{ grant: 'authorization_code' }, 'Use client_credentials; or, on behalf of a person, refresh_token,'],
  [{ grant: 'password' }, 'the grant password needs a `username` and a `password`'],
  [{ grant: 'refresh_token' }, 'needs the refresh token as `subject:'],
  [{ grant: 'refresh_token', subject: { ...subject, type: 'jwt' } }, 'needs the refresh token as `subject:'],
  [{ grant: exchange }, 'token-exchange needs a `subject`'],
  [{ grant: exchange, subject: { token: 'subject-1' } }, 'oauth2.subject needs a `token` and its `type`'],
  [{ subject }, 'the grant client_credentials does not use `subject`'],
  [{ username: 'ada', password: 'hunter2' }, 'the grant client_credentials does not use `username`'],
  [{ grant: 'refresh_token', subject, actor: subject }, 'the grant refresh_token does not use `actor`'],
  [{ scope: ['a'] }, 'oauth2 has no member "scope". Did you mean "scopes"?'],
  [{ scopes: 'read' }, 'oauth2.scopes must be a list of texts'],
  [{ request: { encoding: 'text/xml' } }, 'oauth2.request.encoding must be one of'],
  [{ request: { timeout: 1 } }, 'oauth2.request has no member "timeout"'],
  [{ endpoints: { tokens: '/t' } }, 'oauth2.endpoints has no member "tokens". Did you mean "token"?'],
  [{ endpoints: { token: 'https://elsewhere/token' } }, 'endpoints.token must be a path below the authority'],
  [{ authority: 'http://a/b', endpoints: { token: '../token' } }, 'must be a path below the authority'],
  [{ client: {} }, 'oauth2.client needs an `id` for client_secret_post (the default)'],
  [{ client: { id: 'a' } }, 'oauth2.client needs a `secret` for client_secret_post (the default)'],
  [{ client: { id: 'a', assertion: 'a.b.c' } }, 'an assertion is for private_key_jwt or client_secret_jwt'],
  [{ client: { ...client, authentication: 'none' } }, 'with the authentication none there is no place'],
  [{ client: { ...client, authentication: 'tls' } }, 'oauth2.client.authentication must be one of'],
  [
    { client: { id: 'a', authentication: 'private_key_jwt' } },
    'needs an `assertion` (a signed JWT), or a private key',
  ],
  [
    { client: { ...client, assertion: 'a.b.c', authentication: 'private_key_jwt' } },
    'Give it or the secret, not both',
  ],
  [{ client: { id: 'a', assertion: 'hunter2', authentication: 'private_key_jwt' } }, 'is not a signed JWT'],
  [
    { client: { id: 'a', secret: 'hunter2', authentication: 'private_key_jwt' } },
    'is not a private key that can be read',
  ],
  [
    { client: { id: 'a', secret: '{"d":"hunter2"}', authentication: 'private_key_jwt' } },
    'is not a private key',
  ],
  [
    { client: { id: 'a', secret: pem(weak.privateKey), authentication: 'private_key_jwt' } },
    'must be an RSA key (RS256) or one on the curve P-256 (ES256)',
  ],
] as [JsonObject, string][])('a policy with %j is a configuration error', async ([more, why]) => {
  const { call } = await setup()
  const { authority, asked } = await serveAuthority()
  const authentication = JSON.parse(JSON.stringify(oauth2(authority, more))) as JsonObject
  const fault = await faultOf(call({ method: 'get', endpoint: { uri: 'http://127.0.0.1/', authentication } }))
  expect(fault.error.type).toContain('configuration')
  expect(fault.message).toContain(why)
  expect(fault.message).not.toMatch(/hunter2|subject-1|client-secret/)
  expect(asked).toEqual([])
})

test('an OpenAPI document and its operation use the same token', async () => {
  const { callOpenApi } = await setup()
  const { authority, asked } = await serveAuthority()
  const described = { openapi: '3.1.0', paths: { '/ping': { get: { operationId: 'ping' } } } }
  const { endpoint, fetched } = await serveDescribed(described)
  const authentication = oauth2(authority)
  const document = { endpoint: { uri: endpoint, authentication } }
  const output = await callOpenApi({ document, operationId: 'ping', authentication })
  expect(output).toMatchObject({ url: '/ping', headers: { authorization: 'Bearer ***' } })
  expect(fetched).toEqual(['Bearer token-1'])
  expect(asked).toHaveLength(1)
})
