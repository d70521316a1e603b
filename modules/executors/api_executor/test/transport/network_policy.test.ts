/** Where private addresses may not be reached, nothing gets there: not by name, by redirect, by proxy or by a document. */
import { createServer as createHttpsServer } from 'node:https'
import { expect, test } from 'vitest'
import type { JsonObject } from '@nexus/sdk'
import type { Resolve } from '@nexus/sdk/network'
import { echo, faultOf, listen, serve, setup } from '../world.ts'
import { selfSigned } from './certificate.ts'
import { serveProxy } from './proxy_service.ts'

/** A resolver that gives one address after another, as a name does that rebinds. The last stays. */
function rebinding(...addresses: string[]) {
  const asked: string[] = []
  const resolve: Resolve = async (hostname) => {
    const address = addresses[Math.min(asked.length, addresses.length - 1)] ?? ''
    asked.push(hostname)
    return [{ address, family: 4 }]
  }
  return { resolve, asked }
}

const publicAddress = '93.184.216.34'

test.for([
  '127.0.0.1',
  '127.1',
  '2130706433',
  '0x7f000001',
  '017700000001',
  '0.0.0.0',
  '[::1]',
  '[::ffff:127.0.0.1]',
  '[::ffff:7f00:1]',
  '[64:ff9b::7f00:1]',
  '[2002:7f00:1::]',
  'localhost',
  'service.localhost',
  '169.254.169.254',
  '10.0.0.1',
])('a call to %s is refused, and never made', async (host) => {
  let hits = 0
  const served = new URL(await serve((_request, response) => (hits++, response.end())))
  const { call } = await setup({ private: false })
  const fault = await faultOf(call({ method: 'get', endpoint: `http://${host}:${served.port}/` }))
  expect(fault.error).toMatchObject({ type: expect.stringContaining('authorization'), status: 403 })
  expect(fault.message).toContain('NEXUS_ALLOW_PRIVATE_NETWORK=1')
  expect(hits).toBe(0)
})

test('the same call is made where private addresses may be reached', async () => {
  const { call } = await setup({ private: true })
  expect(await call({ method: 'get', endpoint: await serve(echo) })).toMatchObject({ method: 'GET' })
})

test('a name that leads here is refused, with the name and the address', async () => {
  const { resolve, asked } = rebinding('127.0.0.1')
  const { port } = new URL(await serve(echo))
  const { call } = await setup({ private: false, resolve })
  const fault = await faultOf(call({ method: 'get', endpoint: `http://inside.example:${port}/` }))
  expect(fault.message).toContain('inside.example leads to 127.0.0.1, which is a loopback address')
  expect(asked).toEqual(['inside.example'])
})

test('a name that rebinds is judged anew with every connection, and looked up once for each', async () => {
  const { port } = new URL(await serve(echo))
  const { resolve, asked } = rebinding('127.0.0.1', '10.0.0.1', '127.0.0.1')
  const { call } = await setup({ private: false, resolve })
  for (const address of ['127.0.0.1', '10.0.0.1', '127.0.0.1']) {
    const fault = await faultOf(call({ method: 'get', endpoint: `http://rebinds.example:${port}/` }))
    expect(fault.message).toContain(`rebinds.example leads to ${address}`)
  }
  expect(asked).toHaveLength(3)
})

test('through a proxy the address that was judged is what is connected to, not the name', async () => {
  const { proxy, asked } = await serveProxy(new URL(await serve(echo)))
  const { resolve } = rebinding(publicAddress, '127.0.0.1')
  const { call } = await setup({ private: false, resolve, config: { http_proxy: proxy } })
  const output = await call({ method: 'get', endpoint: 'http://rebinds.example/path' })
  expect(output).toMatchObject({ url: '/path', headers: { host: 'rebinds.example' } })
  expect(asked).toEqual([{ target: `${publicAddress}:80`, authorization: undefined }])
})

test('through a proxy a private name is refused before the proxy hears of it', async () => {
  const { proxy, asked } = await serveProxy(new URL(await serve(echo)))
  const { resolve } = rebinding('192.168.7.7')
  const { call } = await setup({ private: false, resolve, config: { http_proxy: proxy } })
  for (const [endpoint, why] of [
    ['http://router.example/', 'router.example leads to 192.168.7.7'],
    ['http://localhost/', 'localhost is a name of the machine itself'],
    ['http://169.254.169.254/latest', '169.254.169.254 is a link-local address'],
  ] as const) {
    expect((await faultOf(call({ method: 'get', endpoint }))).message).toContain(why)
  }
  expect(asked).toEqual([])
})

test('names go to the proxy where the operator leaves them to it; addresses are judged all the same', async () => {
  const { proxy, asked } = await serveProxy(new URL(await serve(echo)))
  const { resolve, asked: looked } = rebinding('127.0.0.1')
  const config = { http_proxy: proxy, proxy_resolves_names: true }
  const { call } = await setup({ private: false, resolve, config })
  await call({ method: 'get', endpoint: 'http://named.example/' })
  expect(asked).toMatchObject([{ target: 'named.example:80' }])
  expect(looked).toEqual([])
  await faultOf(call({ method: 'get', endpoint: 'http://127.0.0.1/' }))
  expect(asked).toHaveLength(1)
})

test.for([
  'http://127.0.0.1:PORT/secret',
  'http://localhost:PORT/secret',
  'http://0x7f.1:PORT/secret',
  'http://[::ffff:127.0.0.1]:PORT/secret',
  '//127.0.0.1:PORT/secret',
  'http://inside.example:PORT/secret',
])('a redirect to %s is refused', async (place) => {
  let hits = 0
  const inside = new URL(await serve((_request, response) => (hits++, response.end('secret'))))
  const outside = await serve((_request, response) =>
    response.writeHead(302, { location: place.replace('PORT', inside.port) }).end(),
  )
  const { proxy } = await serveProxy(new URL(outside))
  const resolve: Resolve = async (hostname) => [
    { address: hostname === 'outside.example' ? publicAddress : '127.0.0.1', family: 4 },
  ]
  const config = { http_proxy: proxy, no_proxy: 'localhost,127.0.0.1,inside.example,::ffff:7f00:1' }
  const { call } = await setup({ private: false, resolve, config })
  const input = { method: 'get', endpoint: 'http://outside.example/', redirect: true }
  const fault = await faultOf(call(input))
  expect(fault.error.type).toContain('authorization')
  expect(hits).toBe(0)
})

test.for([
  [
    {
      oauth2: {
        authority: 'http://127.0.0.1:9/',
        grant: 'client_credentials',
        client: { id: 'a', secret: 'b' },
      },
    },
  ],
  [
    {
      oidc: {
        authority: 'http://127.0.0.1:9/',
        grant: 'client_credentials',
        client: { id: 'a', secret: 'b' },
      },
    },
  ],
] as [JsonObject][])('an authority is guarded as a service is: %j', async ([authentication]) => {
  const { call } = await setup({ private: false })
  const port = new URL(await serve(echo)).port
  const policy = JSON.parse(JSON.stringify(authentication).replace(':9/', `:${port}/`)) as JsonObject
  const endpoint = { uri: 'http://outside.example/', authentication: policy }
  const fault = await faultOf(call({ method: 'get', endpoint }))
  expect(fault.message).toContain('127.0.0.1 is a loopback address')
})

test('the document of `call: openapi` is guarded too', async () => {
  const { callOpenApi } = await setup({ private: false })
  const document = { endpoint: `${await serve(echo)}/api.json` }
  const fault = await faultOf(callOpenApi({ document, operationId: 'op' }))
  expect(fault.message).toContain('127.0.0.1 is a loopback address')
})

test('what policy refuses does not open the breaker', async () => {
  const { call } = await setup({ private: false, config: { breaker_failures: 1 } })
  for (let tries = 0; tries < 3; tries++)
    expect((await faultOf(call({ method: 'get', endpoint: 'http://10.0.0.1/' }))).error.status).toBe(403)
})

test('a safe service is reached through a proxy, with the proxy’s own user and password', async () => {
  const identity = selfSigned({ hosts: ['service.example'] })
  const server = createHttpsServer(identity, (_request, response) => void response.end('safe'))
  const port = await listen(server)
  const { proxy, asked } = await serveProxy(new URL(`https://127.0.0.1:${port}`))
  const config = { https_proxy: proxy.replace('//', '//us%40er:pa%3Ass@'), tls_ca: identity.cert }
  const { call } = await setup({ config })
  expect(await call({ method: 'get', endpoint: 'https://service.example/' })).toBe('safe')
  const authorization = `Basic ${Buffer.from('us@er:pa:ss').toString('base64')}`
  expect(asked).toEqual([{ target: 'service.example:443', authorization }])
  const strange = await faultOf(call({ method: 'get', endpoint: 'https://other.example/' }))
  expect(strange.message).toContain('the certificate of other.example:443 is not trusted')
})

test('a proxy may speak TLS itself, by an authority that is trusted', async () => {
  const identity = selfSigned({ hosts: ['127.0.0.1'] })
  const { proxy, asked } = await serveProxy(new URL(await serve(echo)), { identity })
  const trusting = await setup({ config: { http_proxy: proxy, tls_ca: identity.cert } })
  expect(await trusting.call({ method: 'get', endpoint: 'http://a.example/' })).toMatchObject({ url: '/' })
  const wary = await setup({ config: { http_proxy: proxy } })
  const fault = await faultOf(wary.call({ method: 'get', endpoint: 'http://a.example/' }))
  expect(fault.message).toMatch(/The proxy 127\.0\.0\.1:\d+ could not be used: self-signed certificate/)
  expect(asked).toHaveLength(1)
})

test.for([
  [{ status: 407 }, 'it answered 407. Give its user and password'],
  [{ status: 403 }, 'does not connect to a.example:80: it answered 403.'],
] as const)('a proxy that answers %j is named', async ([behaviour, why]) => {
  const { proxy } = await serveProxy(new URL('http://127.0.0.1:9'), behaviour)
  const { call } = await setup({ config: { http_proxy: proxy.replace('//', '//user:secret@') } })
  const fault = await faultOf(call({ method: 'get', endpoint: 'http://a.example/' }))
  expect(fault.error.type).toContain('communication')
  expect(fault.message).toContain(`The proxy ${new URL(proxy).host}`)
  expect(fault.message).toContain(why)
  expect(fault.message).not.toContain('secret')
})

test('a proxy that is not there, or says nothing, is named', async () => {
  const gone = await setup({ config: { http_proxy: 'http://127.0.0.1:1' } })
  const refused = await faultOf(gone.call({ method: 'get', endpoint: 'http://a.example/' }))
  expect(refused.message).toMatch(/The proxy 127\.0\.0\.1:1 could not be used: .*ECONNREFUSED/)
  const { createServer } = await import('node:net')
  const port = await listen(createServer(() => undefined))
  const config = { http_proxy: `http://127.0.0.1:${port}`, connect_timeout_ms: 50 }
  const silent = await setup({ config })
  const late = await faultOf(silent.call({ method: 'get', endpoint: 'http://a.example/' }))
  expect(late.message).toContain(`The proxy 127.0.0.1:${port} did not connect in time`)
})

test('the environment names no proxy', async () => {
  const before = process.env['HTTP_PROXY']
  process.env['HTTP_PROXY'] = 'http://127.0.0.1:1'
  try {
    const { call } = await setup()
    expect(await call({ method: 'get', endpoint: await serve(echo) })).toMatchObject({ method: 'GET' })
  } finally {
    if (before === undefined) delete process.env['HTTP_PROXY']
    else process.env['HTTP_PROXY'] = before
  }
})
