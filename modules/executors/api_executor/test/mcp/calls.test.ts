import { createServer } from 'node:http'
import { expect, test } from 'vitest'
import type { Json, JsonObject } from '@nexus/sdk'
import { listen, serve, setup } from '../world.ts'
import { everything, program, serveEverything, stdio } from './world.ts'

async function client(transport: JsonObject, world: Parameters<typeof setup>[0] = {}) {
  const { caller, logs } = await setup(world)
  const call = (method: string, parameters: JsonObject = {}, own: JsonObject = {}) =>
    caller('mcp')({ method, parameters, transport, ...own })
  return { call, logs }
}

const transports: [string, () => Promise<JsonObject>][] = [
  ['stdio', async () => stdio],
  ['Streamable HTTP', async () => ({ http: { endpoint: await serveEverything() } })],
]

test.each(transports)('every method reaches a server that others wrote, over %s', async (_name, start) => {
  const { call } = await client(await start())
  const tools = (await call('tools/list')) as { tools: { name: string }[] }
  expect(tools.tools.map(({ name }) => name)).toContain('echo')
  expect(await call('tools/call', { name: 'echo', arguments: { message: 'hi' } })).toEqual({
    content: [{ type: 'text', text: 'Echo: hi' }],
  })
  const { prompts } = (await call('prompts/list')) as { prompts: { name: string }[] }
  expect(prompts.map(({ name }) => name)).toContain('simple-prompt')
  expect(await call('prompts/get', { name: 'simple-prompt' })).toMatchObject({ messages: [{ role: 'user' }] })
  const { resources } = (await call('resources/list')) as { resources: { uri: string }[] }
  const uri = resources[0]?.uri ?? ''
  expect(await call('resources/read', { uri })).toMatchObject({ contents: [{ uri }] })
  expect(await call('resources/templates/list')).toMatchObject({ resourceTemplates: expect.any(Array) })
})

test('the server gets the environment of the task and a PATH, and nothing else of the host', async () => {
  process.env['NEXUS_TEST_SECRET'] = 'of the host'
  const given = { stdio: { command: 'node', arguments: [everything], environment: { TOKEN: 'of the task' } } }
  const { call } = await client(given)
  const { content } = (await call('tools/call', { name: 'get-env', arguments: {} })) as {
    content: { text: string }[]
  }
  delete process.env['NEXUS_TEST_SECRET']
  expect(JSON.parse(content[0]?.text ?? '')).toEqual({ TOKEN: 'of the task', PATH: process.env['PATH'] })
})

test('client and version of the protocol are those of the task', async () => {
  const server = program(`read(({ id, method, params }) => {
    if (method === 'initialize') { seen = params; welcome(id) }
    else if (id !== undefined) answer(id, { tools: [], seen })
  }); let seen`)
  const { call } = await client(server)
  const own = { client: { name: 'me', version: '9' }, protocolVersion: '2025-03-26' }
  expect(await call('tools/list', {}, own)).toMatchObject({
    seen: { clientInfo: { name: 'me', version: '9' }, protocolVersion: '2025-03-26' },
  })
  expect(await call('tools/list')).toMatchObject({
    seen: { clientInfo: { name: 'nexus' }, protocolVersion: '2025-06-18' },
  })
})

test('lines that are no JSON are not taken for the protocol', async () => {
  const server = program(`console.log('Welcome!'); console.log('{"half": '); console.log('42')
    read(({ id, method }) => method === 'initialize' ? welcome(id) : id !== undefined && answer(id, { tools: [] }))`)
  const { call, logs } = await client(server)
  expect(await call('tools/list')).toEqual({ tools: [] })
  expect(JSON.stringify(logs)).toContain('no JSON')
})

/** A server over HTTP that answers in JSON, keeps no session, and hears what is asked. */
async function plainServer(allow: (authorization: string | undefined) => boolean = () => true) {
  const heard: { headers: JsonObject; method: string }[] = []
  const endpoint = await serve((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (text: string) => (body += text))
    request.on('end', () => {
      if (!allow(request.headers.authorization)) return response.writeHead(401).end('who are you?')
      if (request.method !== 'POST') return response.writeHead(405).end()
      const { id, method } = JSON.parse(body) as { id?: Json; method: string }
      heard.push({ method, headers: { ...request.headers } as JsonObject })
      if (id === undefined) return response.writeHead(202).end()
      const result =
        method === 'initialize'
          ? { protocolVersion: '2025-06-18', capabilities: {}, serverInfo: { name: 'x', version: '1' } }
          : { tools: [], auth: request.headers.authorization }
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ jsonrpc: '2.0', id, result }))
    })
  })
  return { endpoint, heard }
}

test('headers and authentication are sent with every request', async () => {
  const { endpoint, heard } = await plainServer((authorization) => authorization === 'Bearer word')
  const { call } = await client({
    http: {
      endpoint: { uri: endpoint, authentication: { bearer: { token: 'word' } } },
      headers: { 'X-Tenant': 'a' },
    },
  })
  await call('tools/list')
  expect(heard.map(({ method }) => method)).toEqual(['initialize', 'notifications/initialized', 'tools/list'])
  for (const { headers } of heard)
    expect(headers).toMatchObject({ authorization: 'Bearer word', 'x-tenant': 'a' })
})

test('a token that was got for the server is not in the output', async () => {
  const authority = await serve((_request, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ access_token: 'got-token', token_type: 'Bearer', expires_in: 3600 }))
  })
  const { endpoint } = await plainServer((authorization) => authorization === 'Bearer got-token')
  const oauth2 = { authority, grant: 'client_credentials', client: { id: 'me', secret: 'word' } }
  const { call } = await client({ http: { endpoint: { uri: endpoint, authentication: { oauth2 } } } })
  expect(await call('tools/list')).toEqual({ tools: [], auth: 'Bearer ***' })
})

test('a server over HTTP may ask for digest', async () => {
  const { endpoint } = await plainServer()
  const asked: (string | undefined)[] = []
  const port = await listen(
    createServer((request, response) => {
      asked.push(request.headers.authorization?.slice(0, 6))
      if (!request.headers.authorization)
        return response
          .writeHead(401, { 'www-authenticate': 'Digest realm="a", nonce="b", qop="auth"' })
          .end()
      response.writeHead(307, { location: endpoint }).end()
    }),
  )
  const digest = { username: 'u', password: 'p' }
  const { call } = await client({
    http: { endpoint: { uri: `http://127.0.0.1:${port}`, authentication: { digest } } },
  })
  await expect(call('tools/list')).rejects.toThrow(/307/)
  expect(asked.slice(0, 2)).toEqual([undefined, 'Digest'])
})
