import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { expect, onTestFinished, test } from 'vitest'
import type { JsonObject } from '@nexus/sdk'
import { openPolicy } from '@nexus/sdk'
import { startGraphql } from './servers/graphql.ts'
import { detailOf, setup } from './world.ts'

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`
}

async function service() {
  const server = await startGraphql()
  const world = await setup()
  const ask = (query: string, more: JsonObject = {}) =>
    world.graphql({ endpoint: server.endpoint, query, ...more })
  return { ...world, ...server, ask }
}

test('a query gives its data, with variables of their types', async () => {
  const { ask } = await service()
  const query = 'query Q($name: String!) { hero(name: $name) { name friends { name } } }'
  expect(await ask(query, { variables: { name: 'Ada' } })).toEqual({
    hero: { name: 'Ada', friends: [{ name: 'Grace' }] },
  })
})

test('the schema is asked for once for many queries', async () => {
  const { ask, seen } = await service()
  for (let n = 0; n < 3; n++) await ask('{ many }')
  expect(seen.length).toBe(4)
})

test('a query that does not fit the schema is refused before it is sent, with all that is wrong and where', async () => {
  const { ask, seen } = await service()
  const detail = await detailOf(ask('{\n  hero(name: 3) { nmae }\n  nothing\n}'))
  expect(detail).toMatch(/^validation: The query does not fit the schema/)
  expect(detail).toMatch(/Cannot query field "nmae".*Did you mean "name".*line 2, column \d+/s)
  expect(detail).toMatch(/String cannot represent a non string value: 3/)
  expect(detail).toMatch(/Cannot query field "nothing"/)
  expect(seen.length).toBe(1)
  expect(await detailOf(ask('{ hero('))).toMatch(/^validation: The query is not GraphQL: .*\n.*line 1/s)
})

test('variables of a wrong type, missing or not declared are refused, by name', async () => {
  const { ask } = await service()
  const query = 'query Q($value: Input!) { echo(value: $value) }'
  expect(await detailOf(ask(query))).toMatch(/^validation: .*"\$value" has .* non-null type "Input!"/s)
  expect(await detailOf(ask(query, { variables: { value: { text: 1 } } }))).toMatch(/\$value.*String/s)
  expect(await detailOf(ask(query, { variables: { value: { text: 'x' }, vlaue: 1 } }))).toMatch(
    /declares no variable \$vlaue/,
  )
})

test('what a variable says never becomes part of the query', async () => {
  const { ask } = await service()
  for (const text of ['") { __schema { types { name } } }', '\\"}', '${x}', '# }', '"""', '\n} { many }']) {
    expect(
      await ask('query Q($value: Input!) { echo(value: $value) }', { variables: { value: { text } } }),
    ).toEqual({ echo: text })
  }
})

test('errors of the service fault the task with their paths, or are given beside the data', async () => {
  const { ask } = await service()
  expect(await detailOf(ask('{ many boom }'))).toMatch(
    /^runtime: .*\n {2}- it went wrong \(at boom\) \(line 1, column 8/s,
  )
  expect(await ask('{ boom }', { return: 'response' })).toMatchObject({
    data: null,
    errors: [{ message: 'it went wrong' }],
  })
})

test('a mutation carries the key of its task, a query does not', async () => {
  const { ask, seen } = await service()
  await ask('mutation { rename(name: "a", to: "b") { name } }')
  expect(seen.at(-1)?.headers['idempotency-key']).toBe('test-key')
  await ask('{ many }')
  expect(seen.at(-1)?.headers['idempotency-key']).toBeUndefined()
})

test.each(['sse', 'websocket'])(
  'a subscription over %s ends after its amount, and on the server too',
  async (transport) => {
    const { ask, ended } = await service()
    const query = 'subscription S($from: Int!) { count(from: $from) }'
    const events = await ask(query, { variables: { from: 5 }, amount: 3, transport })
    expect(events).toEqual([{ count: 5 }, { count: 6 }, { count: 7 }])
    await expect.poll(ended).toBe(1)
  },
)

test.each(['sse', 'websocket'])(
  'a subscription over %s ends when its time is up, with what has come',
  async (transport) => {
    const { ask } = await service()
    expect(await ask('subscription { silence }', { for_ms: 200, transport })).toEqual([])
    expect(await detailOf(ask('subscription { silence }', { timeout_ms: 300, transport }))).toMatch(
      /^timeout: .*300 ms/,
    )
  },
)

test('authentication and headers are sent, and others than these refused', async () => {
  const { ask, seen } = await service()
  await ask('{ many }', { authentication: { bearer: { token: 'secret' } }, headers: { 'x-one': '1' } })
  expect(seen.at(-1)?.headers).toMatchObject({ authorization: 'Bearer secret', 'x-one': '1' })
  expect(await detailOf(ask('{ many }', { authentication: { kerberos: {} } }))).toMatch(/^configuration: /)
  const both = { basic: { username: 'a', password: 'b' }, bearer: { token: 'c' } }
  expect(await detailOf(ask('{ many }', { authentication: both }))).toMatch(/^configuration: /)
  for (const name of ['Host', 'content-length', 'Transfer-Encoding'])
    expect(await detailOf(ask('{ many }', { headers: { [name]: '1' } }))).toMatch(/the connection has it/)
  expect(
    await detailOf(ask('subscription { silence }', { authentication: { oauth2: { authority: 'x' } } })),
  ).toMatch(/^configuration: .*oauth2.*bearer/)
  expect(await detailOf(ask('{ many }', { headers: { x: 'a\r\nb: c' } }))).toMatch(/one line/)
})

test('a private address is refused where the policy says so, by number and by name', async () => {
  const { graphql } = await setup({ policy: { ...openPolicy, network: { private: false } } })
  for (const host of [
    '127.0.0.1:9',
    '[::1]:9',
    '169.254.169.254',
    'localhost:9',
    '10.0.0.1',
    '[::ffff:127.0.0.1]:9',
    '0x7f000001:9',
    '2130706433:9',
  ])
    for (const more of [{}, { validate: false }])
      expect(await detailOf(graphql({ endpoint: `http://${host}/`, query: '{ a }', ...more })), host).toMatch(
        /^authorization: .*policy.network.private/,
      )
  const subscription = { endpoint: 'http://localhost:9/', query: 'subscription { a }', validate: false }
  for (const transport of ['sse', 'websocket'])
    expect(await detailOf(graphql({ ...subscription, transport }))).toMatch(/^authorization: /)
})

test('what is no GraphQL service is a fault that says what it answered', async () => {
  const { graphql } = await setup({ config: { result_mb: 0.1 } })
  const ask = async (listener: RequestListener, more: JsonObject = {}) =>
    detailOf(graphql({ endpoint: await serve(listener), query: '{ a }', validate: false, ...more }))
  expect(await ask((_request, response) => response.end('<html>'))).toMatch(
    /^communication: .*does not answer as a GraphQL service.*<html>/,
  )
  expect(await ask((_request, response) => response.writeHead(401).end('who?'))).toMatch(
    /^authentication: .*401/,
  )
  expect(
    await ask((_request, response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()),
  ).toMatch(/^communication: .*302/)
  expect(await ask((_request, response) => response.end(`{"data": "${'x'.repeat(200_000)}"}`))).toMatch(
    /result_mb/,
  )
  expect(await ask((request) => request.socket.destroy())).toMatch(/^communication: No answer from/)
  expect(await ask((_request, response) => response.end('{"data": {}}'), { validate: true })).toMatch(
    /^communication: .*does not tell its schema.*validate: false/,
  )
  expect(await ask(() => undefined, { timeout_ms: 200 })).toMatch(/^timeout: /)
})

test.each(['sse', 'websocket'])(
  'a service that takes the connection of a subscription and says nothing is a timeout (%s)',
  async (transport) => {
    const server = createServer().on('upgrade', () => undefined)
    server.on('request', () => undefined).listen(0, '127.0.0.1')
    await once(server, 'listening')
    onTestFinished(() => {
      server.closeAllConnections()
      server.close()
    })
    const { graphql } = await setup()
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    const input = { endpoint, query: 'subscription { a }', validate: false, transport, timeout_ms: 300 }
    const startedMs = performance.now()
    expect(await detailOf(graphql(input))).toMatch(/^timeout: /)
    expect(performance.now() - startedMs).toBeLessThan(2_000)
  },
)

test('events come whole, in whatever pieces they arrive', async () => {
  const { graphql } = await setup()
  const large = 'x'.repeat(200_000)
  const endpoint = await serve((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const text = `: hello\r\n\r\nevent: next\r\ndata: {"data":\r\ndata: {"a": "naïve"}}\r\n\r\nevent: next\ndata: {"data": {"a": "${large}"}}\n\nevent: complete\n\n`
    const bytes = Buffer.from(text)
    const dripping = Array.from({ length: 100 }, (_, at) => bytes.subarray(at, at + 1))
    const rest = Array.from({ length: Math.ceil(bytes.length / 4_001) }, (_, at) =>
      bytes.subarray(100 + at * 4_001, 100 + (at + 1) * 4_001),
    )
    Readable.from([...dripping, ...rest]).pipe(response)
  })
  expect(await graphql({ endpoint, query: 'subscription { a }', validate: false })).toEqual([
    { a: 'naïve' },
    { a: large },
  ])
})
