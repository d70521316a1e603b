/** Queries in whole documents: the module as it is built, in a Nexus of its own. */
import { openNexus } from '@nexus/nexus'
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
