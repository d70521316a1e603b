/** Queries in whole documents: the module as it is built, in a Nexus of its own. */
import { openNexus } from '@nexus/nexus'
import { hash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request as sendRequest } from 'node:http'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import type { JsonObject } from '@nexus/sdk'
import { startGraphql } from './servers/graphql.ts'
import { mariadbMissing, startMariadb } from './servers/mariadb.ts'
import { postgresMissing, startPostgres } from './servers/postgres.ts'
import { temporaryFolder } from './world.ts'

async function nexusWith(config: JsonObject, secrets: JsonObject = {}) {
  const nexus = await openNexus({
    data: join(temporaryFolder(), 'data'),
    config: { query_executor: config },
    secrets: { get: async (name) => secrets[name] },
  })
  onTestFinished(() => nexus.close())
  const run = async (tasks: readonly JsonObject[]) => {
    const document = { dsl: '1.0.3', namespace: 'test', name: 'queries', version: '1.0.0' }
    const live = await nexus.run(nexus.check(JSON.stringify({ document, do: tasks })), {})
    await live.ended
    return nexus.runs.get(live.id)
  }
  return { run }
}

test('a document writes, reads and keeps large results, on every engine that needs no server', async () => {
  const folder = temporaryFolder()
  new DatabaseSync(join(folder, 'a.db')).exec('PRAGMA user_version = 1')
  const connections = {
    lite: { driver: 'sqlite', file: join(folder, 'a.db'), read_only: false },
    duck: { driver: 'duckdb', file: join(folder, 'a.duckdb'), read_only: false },
  }
  const { run } = await nexusWith({ connections })
  for (const connection of ['lite', 'duck']) {
    const call = (query: string, more: JsonObject = {}): JsonObject => ({
      call: 'query.sql',
      with: { connection, query, ...more },
    })
    const record = await run([
      { make: call('CREATE TABLE t (n integer, word varchar(20))', { write: true }) },
      {
        fill: call('INSERT INTO t VALUES ($n, $word), (2, $word)', {
          write: true,
          parameters: { n: 1, word: "it's" },
        }),
      },
      {
        keep: { ...call('SELECT * FROM t ORDER BY n', { return: 'blob' }), export: { as: '${ {kept: .} }' } },
      },
      {
        read: {
          call: 'query.sql',
          with: {
            connection,
            query: 'SELECT n FROM t WHERE word = :word ORDER BY n',
            parameters: { word: '${ "it\'s" }' },
          },
          output: { as: '${ {rows: ., kept: $context.kept} }' },
        },
      },
    ])
    expect(record).toMatchObject({
      status: 'completed',
      output: { rows: [{ n: 1 }, { n: 2 }], kept: { media_type: 'application/x-ndjson' } },
    })
  }
}, 60_000)

test('a wrong argument is refused before it runs, and a fault points into the SQL', async () => {
  const { run } = await nexusWith({})
  await expect(
    run([{ a: { call: 'query.sql', with: { connection: 'x', query: 'SELECT 1', wirte: true } } }]),
  ).rejects.toThrow(/wirte/)
  const record = await run([
    {
      a: {
        call: 'query.sql',
        with: { connection: { driver: 'duckdb', file: ':memory:' }, query: 'SELECT 1,\n  nowhere' },
      },
    },
  ])
  expect(record).toMatchObject({ status: 'faulted', error: { status: 400 } })
  expect(record.error?.detail).toMatch(/line 2, column 3:\n {4} {2}nowhere\n {6}\^/)
}, 60_000)

for (const [driver, missing, start] of [
  ['postgres', postgresMissing, startPostgres],
  ['mysql', mariadbMissing, startMariadb],
] as const) {
  test.skipIf(missing !== undefined)(
    `a document queries ${driver}, whose password is a secret`,
    async () => {
      const server = await start()
      onTestFinished(() => server.stop())
      const user = driver === 'postgres' ? 'postgres' : 'tester'
      const url = `${driver}://${user}@127.0.0.1:${server.port}/${driver}`
      const { run } = await nexusWith(
        { connections: { main: { driver, url, password_secret: 'main_password' } } },
        { main_password: server.password },
      )
      const query = 'SELECT $word AS word'
      expect(
        await run([
          { a: { call: 'query.sql', with: { connection: 'main', query, parameters: { word: 'x' } } } },
        ]),
      ).toMatchObject({ status: 'completed', output: [{ word: 'x' }] })
    },
    60_000,
  )
}

test('a document queries a GraphQL service, and takes some events of its subscriptions', async () => {
  const { endpoint } = await startGraphql()
  const { run } = await nexusWith({})
  const call = (query: string, more: JsonObject = {}): JsonObject => ({
    call: 'query.graphql',
    with: { endpoint, query, ...more },
  })
  expect(await run([{ a: call('{ many }') }])).toMatchObject({ output: { many: [1, 2] } })
  for (const transport of ['sse', 'websocket'])
    expect(
      await run([{ a: call('subscription { count(from: 1) }', { amount: 2, transport }) }]),
    ).toMatchObject({ output: [{ count: 1 }, { count: 2 }] })
}, 60_000)

test('a document queries a GraphQL service that wants a token or a digest', async () => {
  const { endpoint, seen } = await startGraphql()
  const md5 = (text: string): string => hash('md5', text)
  const isDigest = (header: string): boolean => {
    const part = (name: string): string => new RegExp(`${name}="?([^",]+)`).exec(header)?.[1] ?? ''
    const [own, request] = [md5('me:here:geheim'), md5(`POST:${part('uri')}`)]
    return part('response') === md5(`${own}:abc:${part('nc')}:${part('cnonce')}:auth:${request}`)
  }
  const guard = createServer((request, response) => {
    if (request.url === '/oauth2/token') {
      response.setHeader('content-type', 'application/json')
      return void response.end('{"access_token": "a-token", "token_type": "Bearer", "expires_in": 300}')
    }
    const { authorization = '' } = request.headers
    if (authorization === 'Bearer a-token' || isDigest(authorization))
      return void request.pipe(
        sendRequest(endpoint, { method: 'POST', headers: { 'content-type': 'application/json' } }, (answer) =>
          answer.pipe(response.writeHead(200, { 'content-type': 'application/json' })),
        ),
      )
    const challenge = 'Digest realm="here", nonce="abc", qop="auth", algorithm=MD5'
    response.writeHead(401, { 'www-authenticate': challenge }).end()
  }).listen(0, '127.0.0.1')
  await once(guard, 'listening')
  onTestFinished(() => void guard.close())
  const address = guard.address()
  const origin = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  const { run } = await nexusWith({})
  const oauth2 = { authority: origin, grant: 'client_credentials', client: { id: 'me', secret: 'geheim' } }
  for (const authentication of [{ oauth2 }, { digest: { username: 'me', password: 'geheim' } }]) {
    const call = (query: string): JsonObject => ({
      call: 'query.graphql',
      with: { endpoint: `${origin}/graphql`, query, authentication },
    })
    const record = await run([{ a: call('{ many }') }])
    expect(record.error ?? record).toMatchObject({ status: 'completed', output: { many: [1, 2] } })
    const wrong = await run([{ a: call('{ mnay }') }])
    expect(wrong.error?.detail).toMatch(/Did you mean "many"/)
  }
  expect(seen.length).toBe(6)
}, 60_000)
