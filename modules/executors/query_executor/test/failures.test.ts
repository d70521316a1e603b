/** What goes wrong around a query: servers that die, results that are large, addresses that may not be reached. */
import { execFileSync } from 'node:child_process'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, onTestFinished, test } from 'vitest'
import { openPolicy, type BlobReference, type Blobs, type JsonObject } from '@nexus/sdk'
import { testContext } from '@nexus/sdk/testing'
import { mariadbMissing, startMariadb } from './servers/mariadb.ts'
import { postgresMissing, startPostgres, type TestServer } from './servers/postgres.ts'
import { detailOf, setup, temporaryFolder } from './world.ts'

const closed = { ...openPolicy, network: { private: false } }

const engines = [
  {
    driver: 'postgres',
    user: 'postgres',
    database: 'postgres',
    missing: postgresMissing,
    start: startPostgres,
    slow: 'SELECT pg_sleep(60)',
  },
  {
    driver: 'mysql',
    user: 'tester',
    database: 'mysql',
    missing: mariadbMissing,
    start: startMariadb,
    slow: 'SELECT sleep(60)',
  },
] as const

for (const { missing, start, slow, ...connection } of engines) {
  const { driver } = connection
  const named = (server: TestServer): JsonObject => ({ ...connection, host: '127.0.0.1', port: server.port })
  const world = async () => {
    const server = await start()
    onTestFinished(() => server.stop())
    const config = { connections: { main: { ...named(server), password_secret: 'main_password' } } }
    const made = await setup({ config, secrets: { main_password: server.password } })
    const query = (text: string, more: JsonObject = {}) =>
      made.sql({ connection: 'main', query: text, ...more })
    return { ...made, server, query }
  }

  test.skipIf(missing !== undefined)(
    `${driver}: a server that dies under a query is a communication fault, and the next call finds the new one`,
    async () => {
      const { query, server } = await world()
      expect(await query('SELECT 1 AS one')).toEqual([{ one: 1 }])
      const work = detailOf(query(slow))
      await query('SELECT 1 AS one')
      await server.kill()
      expect(await work).toMatch(/^communication: .*connection "main" failed/)
      expect(await detailOf(query('SELECT 1'))).toMatch(/^communication: .*Is the server running/)
      await server.start()
      expect(await query('SELECT 1 AS one')).toEqual([{ one: 1 }])
      // Lost while it lay idle: nobody notices.
      await server.kill()
      await server.start()
      expect(await query('SELECT 1 AS one')).toEqual([{ one: 1 }])
    },
    60_000,
  )

  test.skipIf(missing !== undefined)(
    `${driver}: a wrong password, an unknown database and a session that was changed`,
    async () => {
      const { query, server, sql } = await world()
      const other = (more: JsonObject) =>
        detailOf(sql({ connection: { ...named(server), ...more }, query: 'SELECT 1' }))
      expect(await other({ password: 'wrong' })).toMatch(/^authentication: /)
      expect(await other({ password: server.password, database: 'nowhere' })).toMatch(
        /^configuration: .*nowhere/,
      )
      if (driver === 'mysql') await query('SELECT @left_over := 1 AS x')
      else await query("SELECT set_config('my.left_over', '1', false)")
      const left =
        driver === 'mysql'
          ? 'SELECT @left_over AS x'
          : "SELECT nullif(current_setting('my.left_over', true), '') AS x"
      expect(await query(left)).toEqual([{ x: null }])
    },
    60_000,
  )

  test.skipIf(missing !== undefined)(
    `${driver}: a connection that a document describes reaches no private address where the policy says so; a named one does`,
    async () => {
      const server = await start()
      onTestFinished(() => server.stop())
      const config = { connections: { main: { ...named(server), password: server.password } } }
      const { sql } = await setup({ config, policy: closed })
      for (const host of ['127.0.0.1', 'localhost', '::1', '10.0.0.1', '169.254.169.254', '::ffff:127.0.0.1'])
        expect(
          await detailOf(sql({ connection: { ...named(server), host }, query: 'SELECT 1' })),
          host,
        ).toMatch(/^authorization: .*policy.network.private/)
      expect(await sql({ connection: 'main', query: 'SELECT 1 AS one' })).toEqual([{ one: 1 }])
    },
    60_000,
  )
}

test('a server that never answers is a timeout, and its connection is closed', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const { sql } = await setup()
  for (const driver of ['postgres', 'mysql']) {
    const gone = new Promise((resolve) => {
      server.once('connection', (socket) => void socket.resume().once('close', resolve))
    })
    const connection = { driver, host: '127.0.0.1', port, user: 'x' }
    expect(await detailOf(sql({ connection, query: 'SELECT 1', timeout_ms: 200 }))).toMatch(/^timeout: /)
    await gone
  }
  server.close()
  await once(server, 'close')
})

test('a million rows go into a blob without being in memory', async () => {
  const file = join(temporaryFolder(), 'big.db')
  new DatabaseSync(file).exec('PRAGMA user_version = 1')
  const config = { connections: { main: { driver: 'sqlite', file } } }
  const { module } = await setup({ config })
  let lines = 0
  let peakBytes = 0
  const startBytes = process.memoryUsage().rss
  const blobs: Blobs = {
    async write(content): Promise<BlobReference> {
      let sizeBytes = 0
      for await (const piece of content) {
        const text = String(piece)
        sizeBytes += text.length
        for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lines += 1
        peakBytes = Math.max(peakBytes, process.memoryUsage().rss - startBytes)
      }
      return { blob: `sha256:${'0'.repeat(64)}`, size_bytes: sizeBytes, media_type: 'application/x-ndjson' }
    },
    async *read() {},
  }
  const query =
    "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 1000000) SELECT n, 'row number ' || n AS name, n * 0.5 AS half FROM s"
  const input = { connection: 'main', query, return: 'blob' }
  const context = testContext({ inputData: input, config, blobs, metadata: { kind: 'query.sql' } })
  const { outputData } = await module.execute(context)
  expect(lines).toBe(1_000_000)
  expect((outputData as JsonObject)['size_bytes']).toBeGreaterThan(40_000_000)
  console.log(`1,000,000 rows: ${(peakBytes / 1_048_576).toFixed(0)} MB more than before`)
  expect(peakBytes).toBeLessThan(128 * 1_048_576)
}, 60_000)

test('connections that lie idle are closed, and their processes are gone', async () => {
  const file = join(temporaryFolder(), 'a.db')
  new DatabaseSync(file).exec('PRAGMA user_version = 1')
  const { sql } = await setup({ config: { pool_idle_ms: 50 } })
  const children = (): number =>
    execFileSync('ps', ['-o', 'args=', '--ppid', String(process.pid)], { encoding: 'utf8' }).split(file)
      .length - 1
  await sql({ connection: { driver: 'sqlite', file }, query: 'SELECT 1' }).catch((error: unknown) => error)
  const { sql: allowed } = await setup({ config: { pool_idle_ms: 50, files_allowed: ['/'] } })
  await allowed({ connection: { driver: 'sqlite', file }, query: 'SELECT 1' })
  await expect.poll(children, { timeout: 5_000 }).toBe(0)
})

test('SQLite does not attach files, load extensions or change settings, also where it may write', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'a.db')
  new DatabaseSync(file).exec("CREATE TABLE t (a); INSERT INTO t VALUES ('x')")
  const { sql } = await setup({
    config: { connections: { main: { driver: 'sqlite', file, read_only: false } } },
  })
  const attempts = [
    'PRAGMA writable_schema = 1',
    'PRAGMA journal_mode = DELETE',
    "SELECT load_extension('x')",
    `PRAGMA temp_store_directory = '${folder}'`,
    "SELECT writefile('x', 'y')",
  ]
  for (const query of attempts)
    for (const write of [false, true])
      expect(await detailOf(sql({ connection: 'main', query, write }))).toMatch(
        /^(?:authorization|validation|runtime): /,
      )
  expect(await sql({ connection: 'main', query: 'PRAGMA table_info(t)' })).toMatchObject([{ name: 'a' }])
})
