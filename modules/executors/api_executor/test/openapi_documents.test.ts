/** `call: openapi` and its document: how it is fetched, kept and read, and where its servers are. */
import { expect, test } from 'vitest'
import { Cancelled, type JsonObject } from '@nexus/sdk'
import { descriptionBytesMax, DescriptionCache, descriptionsMax } from '../openapi/description_cache.ts'
import { describe } from '../openapi/description.ts'
import { echo, faultOf, serve, serveDescribed, setup } from './world.ts'

const ping = { get: { operationId: 'ping' } }
const pinged = { openapi: '3.1.0', paths: { '/ping': ping } }

/** Where the operation of a document is called, below the host that the document comes from. */
async function addressOf(root: JsonObject, item: JsonObject = ping): Promise<string> {
  const { callOpenApi } = await setup()
  const { host, endpoint } = await serveDescribed({ paths: { '/ping': item }, ...root })
  const call = { document: { endpoint }, operationId: 'ping', output: 'response' }
  const output = (await callOpenApi(call)) as { request: { uri: string } }
  return output.request.uri.replace(host, '')
}

test.for([
  [{ openapi: '3.0.0' }, '/ping'],
  [{ openapi: '3.0.0', servers: [] }, '/ping'],
  [{ openapi: '3.0.0', servers: [{ url: 'v2' }, { url: '/other' }] }, '/v1/v2/ping'],
  [{ openapi: '3.1.0', servers: [{ url: '/v2/?key=1' }] }, '/v2/ping?key=1'],
  [{ openapi: '3.1.0', servers: [{ url: 'http://HOST/abs' }] }, '/abs/ping'],
  [{ openapi: '3.1.0', servers: [{ url: '/{v}', variables: { v: { default: 'v3' } } }] }, '/v3/ping'],
  [{ swagger: '2.0' }, '/ping'],
  [{ swagger: '2.0', basePath: 'v2/' }, '/v2/ping'],
  [{ swagger: '2.0', host: 'HOST', schemes: ['wss', 'https', 'http'] }, '/ping'],
] as [JsonObject, string][])('with %j the operation is called at %s', async ([root, address]) => {
  expect(await addressOf(root)).toBe(address)
})

test('the servers of an operation come before those of its path and of the document', async () => {
  const root = { openapi: '3.0.3', servers: [{ url: '/document' }] }
  const servers = [{ url: '/path' }]
  expect(await addressOf(root, { servers, ...ping })).toBe('/path/ping')
  const own = { get: { operationId: 'ping', servers: [{ url: '/operation' }] } }
  expect(await addressOf(root, { servers, ...own })).toBe('/operation/ping')
})

test('a document may be YAML, in which versions are numbers', async () => {
  const { callOpenApi } = await setup()
  for (const version of ['swagger: 2.0', 'openapi: 3.1', 'openapi: 3.0.3']) {
    const yaml = `${version}\npaths:\n  /ping: &item\n    get: {operationId: ping}\n  /pong: *item\n`
    const { endpoint } = await serveDescribed(yaml)
    expect(await callOpenApi({ document: { endpoint }, operationId: 'ping' })).toHaveProperty('url', '/ping')
  }
})

test('a document is fetched once, also when several calls ask for it at the same time', async () => {
  const { callOpenApi } = await setup()
  const { endpoint, fetched } = await serveDescribed(pinged)
  const call = { document: { name: 'pings', endpoint }, operationId: 'ping' }
  await Promise.all([callOpenApi(call), callOpenApi(call), callOpenApi(call)])
  await callOpenApi(call)
  expect(fetched).toHaveLength(1)
})

test('the document and the operation have each their own authentication', async () => {
  const { callOpenApi } = await setup()
  const { endpoint, fetched } = await serveDescribed(pinged)
  const byToken = (token: string) => ({
    document: { endpoint: { uri: endpoint, authentication: { bearer: { token } } } },
    operationId: 'ping',
  })
  expect(await callOpenApi(byToken('one'))).not.toHaveProperty('headers.authorization')
  const authentication = { bearer: { token: 'mine' } }
  const output = await callOpenApi({ ...byToken('two'), authentication })
  expect(output).toHaveProperty('headers.authorization', 'Bearer mine')
  expect(fetched).toEqual(['Bearer one', 'Bearer two'])
})

test('an address may be a template; a document that moved has its servers where it is now', async () => {
  const { callOpenApi } = await setup({ input: { version: 'v9' } })
  const { host, endpoint } = await serveDescribed({ ...pinged, servers: [{ url: '.' }] }, '/new/api.json')
  const old = await serve((_request, response) => response.writeHead(301, { location: endpoint }).end())
  const call = { document: { endpoint: `${old}/{version}` }, operationId: 'ping', output: 'response' }
  expect(await callOpenApi(call)).toHaveProperty('request.uri', `${host}/new/ping`)
})

test('output and redirect mean what they mean for `call: http`', async () => {
  const { callOpenApi } = await setup()
  const { endpoint, host } = await serveDescribed(pinged)
  const call = { document: { endpoint }, operationId: 'ping' }
  expect(await callOpenApi({ ...call, output: 'raw' })).toMatch(/^ey/)
  const answer = await callOpenApi({ ...call, output: 'response' })
  expect(answer).toMatchObject({ statusCode: 200, request: { method: 'GET', uri: `${host}/ping` } })
  const moving = await serve((request, response) => {
    if (request.url === '/api.json') response.end(JSON.stringify(pinged))
    else if (request.url === '/ping') response.writeHead(302, { location: '/there' }).end()
    else echo(request, response)
  })
  const moved = { document: { endpoint: `${moving}/api.json` }, operationId: 'ping' }
  expect((await faultOf(callOpenApi(moved))).error.status).toBe(302)
  expect(await callOpenApi({ ...moved, redirect: true })).toHaveProperty('url', '/there')
})

test('cancelling while the document is on its way closes its connection', async () => {
  const cancel = new AbortController()
  const cancelled = new Cancelled()
  const closed = Promise.withResolvers<void>()
  const endpoint = await serve((request) => {
    request.socket.once('close', () => closed.resolve())
    cancel.abort(cancelled)
  })
  const { callOpenApi } = await setup({ signal: cancel.signal })
  const call = callOpenApi({ document: { endpoint }, operationId: 'ping' })
  await expect(call).rejects.toBe(cancelled)
  await closed.promise
})

test('a call that is cancelled does not take the document from one that waits for it too', async () => {
  const { callOpenApi } = await setup()
  const cancel = new AbortController()
  const asked = Promise.withResolvers<() => void>()
  const host = await serve((request, response) => {
    if (request.url !== '/api.json') return echo(request, response)
    asked.resolve(() => void response.end(JSON.stringify(pinged)))
  })
  const call = { document: { endpoint: `${host}/api.json` }, operationId: 'ping' }
  const first = callOpenApi(call, { signal: cancel.signal })
  const second = callOpenApi(call)
  const answer = await asked.promise
  cancel.abort(new Cancelled())
  await expect(first).rejects.toBe(cancel.signal.reason)
  answer()
  expect(await second).toHaveProperty('url', '/ping')
})

test('teardown ends the fetching of a document', async () => {
  const { module, callOpenApi } = await setup()
  const endpoint = await serve(() => void module.teardown())
  const call = callOpenApi({ document: { endpoint }, operationId: 'ping' })
  await expect(call).rejects.toThrow('api_executor was stopped.')
})

test('what failed is fetched again', async () => {
  const { callOpenApi } = await setup()
  let count = 0
  const host = await serve((request, response) => {
    if (request.url !== '/api.json') return echo(request, response)
    count++
    response.writeHead(count === 1 ? 503 : 200).end(JSON.stringify(pinged))
  })
  const call = { document: { endpoint: `${host}/api.json` }, operationId: 'ping' }
  expect((await faultOf(callOpenApi(call))).error.status).toBe(503)
  expect(await callOpenApi(call)).toHaveProperty('url', '/ping')
})

test('the cache keeps a number of documents, and of bytes; the least used goes first', async () => {
  const cache = new DescriptionCache()
  const description = await describe(JSON.stringify(pinged), new URL('http://host/api.json'))
  const loads: string[] = []
  const get = (key: string, sizeBytes = 1) =>
    cache.get(key, new AbortController().signal, async () => {
      loads.push(key)
      return { description, sizeBytes }
    })
  for (let index = 0; index < descriptionsMax; index++) await get(`${index}`)
  await get('0')
  await get('one more')
  loads.length = 0
  await get('0')
  await get('1')
  expect(loads).toEqual(['1'])
  await get('huge', descriptionBytesMax)
  await get('huge', descriptionBytesMax)
  await get('0')
  expect(loads).toEqual(['1', 'huge', '0'])
})
