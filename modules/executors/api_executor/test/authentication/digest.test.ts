/** `authentication: digest`: challenges, what is answered to them, and how long a nonce is used. */
import { expect, test } from 'vitest'
import { chooseChallenge, digestAuthorization, digestResponse } from '../../authentication/digest.ts'
import { echo, faultOf, serve, serveDescribed, setup } from '../world.ts'
import { password, serveDigest, type Options } from './digest_service.ts'

const authentication = { digest: { username: 'ali', password } }

/** The first two tell the RFC; the third is the correction of its example in erratum 4897. */
test.for([
  [
    'RFC 2617, 3.5',
    'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"',
    { username: 'Mufasa', password: 'Circle Of Life', uri: '/dir/index.html', cnonce: '0a4f113b' },
    '6629fae49393a05397450978507c4ef1',
  ],
  [
    'RFC 7616, 3.9.1 (MD5)',
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"',
    {
      username: 'Mufasa',
      password: 'Circle of Life',
      uri: '/dir/index.html',
      cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    },
    '8ca523f5e9506fed4657c9700eebdbec',
  ],
  [
    'RFC 7616, 3.9.1 (SHA-256)',
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"',
    {
      username: 'Mufasa',
      password: 'Circle of Life',
      uri: '/dir/index.html',
      cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    },
    '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
  ],
  [
    'RFC 7616, 3.9.2 (SHA-512-256, corrected by erratum 4897)',
    'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", charset=UTF-8, userhash=true',
    {
      username: 'Jäsøn Doe',
      password: 'Secret, or not?',
      uri: '/doe.json',
      cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v',
    },
    '3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5',
  ],
] as const)('the example of %s comes out as published', ([, header, given, response]) => {
  const challenge = chooseChallenge(header, 'here')
  const digest = { scheme: 'digest', ...given } as const
  const use = { method: 'GET', uri: given.uri, count: 1, cnonce: given.cnonce }
  expect(digestResponse(digest, challenge, use)).toBe(response)
  expect(digestAuthorization(digest, challenge, use)).toContain(`response="${response}"`)
})

test('the user name of RFC 7616, 3.9.2 is hidden as published', () => {
  const header =
    'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="n", charset=UTF-8, userhash=true'
  const digest = { scheme: 'digest', username: 'Jäsøn Doe', password } as const
  const use = { method: 'GET', uri: '/', count: 1, cnonce: 'c' }
  expect(digestAuthorization(digest, chooseChallenge(header, 'here'), use)).toMatch(
    /^Digest username="793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b".*userhash=true/,
  )
})

test.for([
  { qop: undefined },
  { algorithm: 'MD5', qop: 'auth' },
  { algorithm: 'md5', qop: 'auth-int, auth' },
  { algorithm: 'MD5-sess', qop: 'auth' },
  { algorithm: 'SHA-256', qop: 'auth' },
  { algorithm: 'SHA-256-sess', qop: 'auth' },
  { algorithm: 'SHA-512-256', qop: 'auth' },
  { algorithm: 'SHA-512-256-sess', qop: 'auth' },
] as Options[])('a challenge %j is answered, and its nonce used again and counted', async (options) => {
  const { call } = await setup()
  const { address, seen } = await serveDigest(options)
  const endpoint = { uri: `${address}/a%20b?c=d`, authentication }
  for (const body of [{ n: 1 }, { n: 2 }, { n: 3 }])
    expect(await call({ method: 'post', endpoint, body })).toHaveProperty('body', JSON.stringify(body))
  expect(seen.map(({ isRight }) => isRight)).toEqual([false, true, true, true])
  const counts = options.qop === undefined ? [undefined] : ['00000001', '00000002', '00000003']
  expect(new Set(seen.slice(1).map(({ fields }) => fields['nc']))).toEqual(new Set(counts))
})

test('calls at the same time never use a nonce with the same count', async () => {
  const { call } = await setup()
  const { address, seen } = await serveDigest({ qop: 'auth' })
  const get = () => call({ method: 'get', endpoint: { uri: address, authentication } })
  await get()
  await Promise.all([get(), get(), get()])
  expect(seen.slice(1).map(({ fields }) => `${fields['nonce']} ${fields['nc']}`)).toEqual(
    ['00000001', '00000002', '00000003', '00000004'].map((count) => `nonce-1 ${count}`),
  )
})

test('a nonce that is too old is replaced once, for a request with a body too', async () => {
  const { call } = await setup()
  const { address, seen } = await serveDigest({ qop: 'auth', isOld: (count) => count > 1 })
  const put = () => call({ method: 'put', endpoint: { uri: address, authentication }, body: 'text' })
  expect(await put()).toHaveProperty('body', 'text')
  expect(await put()).toHaveProperty('body', 'text')
  expect(seen.map(({ fields }) => fields['nonce'])).toEqual([undefined, 'nonce-1', 'nonce-1', 'nonce-2'])
})

test('a service that calls every nonce too old is asked three times, and no more', async () => {
  const { call } = await setup()
  const { address, seen } = await serveDigest({ qop: 'auth', isOld: () => true })
  const fault = await faultOf(call({ method: 'get', endpoint: { uri: address, authentication } }))
  expect(fault.error).toMatchObject({ status: 401, type: expect.stringContaining('communication') })
  expect(seen).toHaveLength(3)
})

test('wrong credentials are sent once, are not in the fault, and are not sent ahead of the next challenge', async () => {
  const { call } = await setup()
  const { address, seen } = await serveDigest({ qop: 'auth' })
  const wrong = { digest: { username: 'ali', password: 'open barley' } }
  const get = () => faultOf(call({ method: 'get', endpoint: { uri: address, authentication: wrong } }))
  const fault = await get()
  expect(fault.error.status).toBe(401)
  expect(JSON.stringify(fault.error)).not.toMatch(/barley|response=/)
  await get()
  expect(seen.map(({ fields }) => fields['nonce'])).toEqual([undefined, 'nonce-1', undefined, 'nonce-3'])
})

test.for([
  [['Digest realm="r", nonce="n", qop="auth-int"'], 'of qop "auth-int" only auth is supported'],
  [['Digest realm="r", nonce="n", algorithm=SHA-1'], 'algorithm SHA-1 is not known'],
  [['Digest realm="r", nonce="n", algorithm=constructor'], 'algorithm constructor is not known'],
  [['Digest realm="r", nonce="n", algorithm=MD5-sess'], 'algorithm MD5-sess needs a qop'],
  [['Digest realm="r"'], 'its challenge has no realm or no nonce'],
  [['Basic realm="r"', 'Negotiate YWJj=='], 'it asks for basic, negotiate, not for digest'],
  [[], 'it asks for nothing, not for digest'],
  [['"""===,,,'], 'it asks for nothing, not for digest'],
] as [string[], string][])('the challenges %j are refused: %s', async ([challenges, why]) => {
  const { call } = await setup()
  const address = await serve((_request, response) =>
    response.writeHead(401, { 'www-authenticate': challenges }).end(),
  )
  const fault = await faultOf(call({ method: 'get', endpoint: { uri: address, authentication } }))
  expect(fault.error).toMatchObject({ status: 401, type: expect.stringContaining('authentication') })
  expect(fault.message).toBe(`${address}/ wants an authentication that digest cannot give: ${why}.`)
})

test('of several challenges in one header the first that can be answered is', () => {
  const header =
    'Negotiate, Basic realm="a, Digest b=c", Digest realm="r", nonce="1", algorithm=SHA-3, ' +
    'Digest REALM = "r\\"2\\"" , nonce=two, algorithm="SHA-256", qop=auth, Digest realm="r", nonce="3"'
  expect(chooseChallenge(header, 'here')).toMatchObject({
    realm: 'r"2"',
    nonce: 'two',
    hash: 'sha256',
    hasQop: true,
  })
})

test('a user name that is not ASCII is sent as RFC 7616 says, or in UTF-8 where the service does not know that', async () => {
  const { call } = await setup()
  const username = 'Jäsøn (Doe)'
  const own = { digest: { username, password } }
  const modern = await serveDigest({ qop: 'auth', username, extra: 'charset=UTF-8' })
  await call({ method: 'get', endpoint: { uri: modern.address, authentication: own } })
  expect(modern.seen[1]?.fields['username*']).toBe("UTF-8''J%C3%A4s%C3%B8n%20%28Doe%29")
  const old = await serveDigest({ username })
  await call({ method: 'get', endpoint: { uri: old.address, authentication: own } })
  expect(Buffer.from(old.seen[1]?.fields['username'] ?? '', 'latin1').toString()).toBe(username)
})

test('a user name with a line end is a configuration error', async () => {
  const { call } = await setup()
  const own = { digest: { username: 'a\r\nb: c', password } }
  const endpoint = { uri: 'http://127.0.0.1', authentication: own }
  expect((await faultOf(call({ method: 'get', endpoint }))).error.type).toContain('configuration')
})

test('every hop of a redirect in the same origin has a digest of its own', async () => {
  const { call } = await setup()
  const { address, seen } = await serveDigest({
    qop: 'auth',
    listener: (request, response) =>
      request.url === '/old' ? response.writeHead(307, { location: '/new' }).end() : echo(request, response),
  })
  const endpoint = { uri: `${address}/old`, authentication }
  const output = await call({ method: 'post', endpoint, body: 'text', redirect: true })
  expect(output).toMatchObject({ url: '/new', method: 'POST', body: 'text' })
  expect(seen.map(({ fields, isRight }) => [fields['uri'], isRight])).toEqual([
    [undefined, false],
    ['/old', true],
    ['/new', true],
  ])
})

test('a challenge of another origin is not answered', async () => {
  const { call } = await setup()
  const other = await serveDigest({ qop: 'auth' })
  const { address } = await serveDigest({
    qop: 'auth',
    listener: (_request, response) => response.writeHead(302, { location: other.address }).end(),
  })
  const endpoint = { uri: address, authentication }
  const fault = await faultOf(call({ method: 'get', endpoint, redirect: true }))
  expect(fault.error.status).toBe(401)
  expect(other.seen.map(({ fields }) => fields)).toEqual([{}])
})

test('an OpenAPI document and its operation are got with digest too', async () => {
  const { callOpenApi } = await setup()
  const described = { openapi: '3.1.0', paths: { '/ping': { get: { operationId: 'ping' } } } }
  const { address, seen } = await serveDigest({
    qop: 'auth',
    listener: (request, response) =>
      request.url === '/api.json' ? response.end(JSON.stringify(described)) : echo(request, response),
  })
  const document = { endpoint: { uri: `${address}/api.json`, authentication } }
  expect(await callOpenApi({ document, operationId: 'ping', authentication })).toHaveProperty('url', '/ping')
  expect(seen.filter(({ isRight }) => isRight).map(({ url }) => url)).toEqual(['/api.json', '/ping'])
  const open = await serveDescribed(described)
  const call = { document: { endpoint: open.endpoint }, operationId: 'ping', authentication }
  expect(await callOpenApi(call)).not.toHaveProperty('headers.authorization')
})
