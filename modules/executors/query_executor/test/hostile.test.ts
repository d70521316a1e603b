/** What a hostile statement, value or server may try on each engine: to write where it only reads, to leave something behind, to fill memory. */
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import mysql from 'mysql2/promise'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { systemClock, type Json, type JsonObject } from '@nexus/sdk'
import { openPostgres } from '../drivers/postgres/connection.ts'
import { namesOf } from '../names.ts'
import { decimalJson, documentJson } from '../values.ts'
import { mariadbMissing, startMariadb } from './servers/mariadb.ts'
import { postgresMissing, startPostgres, type TestServer } from './servers/postgres.ts'
import { detailOf, setup, temporaryFolder } from './world.ts'

let postgres: TestServer
let mariadb: TestServer

beforeAll(async () => {
  if (postgresMissing === undefined) postgres = await startPostgres()
  if (mariadbMissing === undefined) mariadb = await startMariadb()
}, 60_000)

afterAll(async () => {
  await postgres?.stop()
  await mariadb?.stop()
})

const onPostgres = test.skipIf(postgresMissing !== undefined)
const onMariadb = test.skipIf(mariadbMissing !== undefined)

async function world(connection: JsonObject, config: JsonObject = {}) {
  const made = await setup({ config: { connections: { main: connection }, ...config } })
  const query = (text: string, more: JsonObject = {}): Promise<Json> =>
    made.sql({ connection: 'main', query: text, ...more })
  return { ...made, query }
}

const postgresAt = (port: number): JsonObject => ({
  driver: 'postgres',
  host: '127.0.0.1',
  port,
  user: 'postgres',
  password: postgres.password,
})
const serverOf = (port: number): mysql.ConnectionOptions => ({
  host: '127.0.0.1',
  port,
  user: 'tester',
  password: mariadb.password,
})
const mariadbAt = (port: number): JsonObject => ({
  driver: 'mysql',
  host: '127.0.0.1',
  port,
  user: 'tester',
  password: mariadb.password,
  database: 'mysql',
})

onMariadb('MySQL: no statement writes a file of the server, however it hides that', async () => {
  const folder = mkdtempSync('/tmp/outfile-')
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const admin = await mysql.createConnection(serverOf(mariadb.port))
  onTestFinished(() => admin.end())
  const file = join(folder, 'out')
  const hidden = [
    `SELECT 1--1 INTO OUTFILE '${file}'`,
    `SELECT '/*!' AS a /*!50000 INTO OUTFILE '${file}' */`,
    `SELECT "a" /*M!100000 INTO OUTFILE '${file}' */`,
    `SELECT '\\' INTO OUTFILE '${file}' -- '`,
    `SELECT "\\" INTO DUMPFILE '${file}' -- "`,
  ]
  for (const mode of ['', 'NO_BACKSLASH_ESCAPES', 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES']) {
    await admin.query(`SET GLOBAL sql_mode = '${mode}'`)
    const { query } = await world(mariadbAt(mariadb.port))
    for (const text of hidden.slice(0, 3)) expect(await detailOf(query(text)), text).toMatch(/^validation: /)
    // What one mode reads as a string is an INTO in another.
    for (const text of hidden.slice(3)) await query(text).catch(() => undefined)
    expect(await query('SELECT 5 -- 1\n AS five')).toEqual([{ five: 5 }])
    expect(await query('SELECT 5--$one AS six', { parameters: { one: 1 } })).toEqual([{ six: 6 }])
    expect(existsSync(file)).toBe(false)
  }
})

onMariadb('MySQL: nothing of a session is left for the next call, and reading does not write', async () => {
  const admin = await mysql.createConnection(serverOf(mariadb.port))
  onTestFinished(() => admin.end())
  await admin.query('CREATE OR REPLACE DATABASE state')
  await admin.query('CREATE SEQUENCE state.numbers')
  await admin.query('CREATE TABLE state.t (a int) ENGINE = MyISAM')
  await admin.query(
    'CREATE FUNCTION state.sneak() RETURNS int MODIFIES SQL DATA BEGIN INSERT INTO state.t VALUES (1); RETURN 1; END',
  )
  const connection = { ...mariadbAt(mariadb.port), database: 'state', pool_max: 1, read_only: false }
  const { query } = await world(connection)
  await query('CREATE TEMPORARY TABLE left_over AS SELECT 1 AS a', { write: true })
  await query("SELECT GET_LOCK('mine', 1) AS got")
  await query('SELECT @left_over := 1 AS x')
  expect(await detailOf(query('SELECT * FROM left_over'))).toMatch(/left_over/)
  expect(await query("SELECT IS_USED_LOCK('mine') AS who, @left_over AS x")).toEqual([{ who: null, x: null }])
  expect(await detailOf(query('SELECT state.sneak() AS n'))).toMatch(/^authorization: .*READ ONLY/)
  for (const text of ['SELECT NEXTVAL(state.numbers) AS n', 'WITH x AS (SELECT 1) DELETE FROM t'])
    await query(text).catch(() => undefined)
  expect(await query('SELECT count(*) AS n FROM t')).toEqual([{ n: 0 }])
})

onMariadb('MySQL: the server itself stops a statement whose client is gone', async () => {
  const { query } = await world(mariadbAt(mariadb.port))
  const [row] = (await query('SELECT @@max_statement_time AS seconds', { timeout_ms: 3_000 })) as JsonObject[]
  expect(Number(row?.['seconds'])).toBeGreaterThan(2)
  expect(Number(row?.['seconds'])).toBeLessThan(10)
})

onPostgres('PostgreSQL: the engine refuses to become writable within a call, whatever the text', async () => {
  const ssl = { mode: 'off' } as const
  const { password, port } = postgres
  const target = { host: '127.0.0.1', port, database: 'postgres', user: 'postgres', password, ssl }
  const { signal } = new AbortController()
  const connection = await openPostgres({ target, clock: systemClock, reach: 'any' }, signal)
  onTestFinished(() => connection.close())
  for (const text of ['SET TRANSACTION READ WRITE', 'SET transaction_read_only = off']) {
    await connection.begin({ write: false, timeoutMs: 5_000, signal })
    await expect(connection.execute({ text, values: [] }), text).rejects.toThrow(/read-write/)
    await connection.rollback()
  }
})

onPostgres('PostgreSQL: nothing of a session is left for the next call', async () => {
  const { query } = await world({ ...postgresAt(postgres.port), pool_max: 1, read_only: false })
  await query('CREATE ROLE other', { write: true })
  await query("SELECT set_config('role', 'other', false)")
  await query('CREATE TEMP TABLE left_over AS SELECT 1 AS a', { write: true })
  await query('SELECT pg_advisory_lock(7)')
  expect(await query('SELECT current_user::text AS who')).toEqual([{ who: 'postgres' }])
  expect(await detailOf(query('SELECT * FROM left_over'))).toMatch(/left_over/)
  expect(await query("SELECT count(*) AS n FROM pg_locks WHERE locktype = 'advisory'")).toEqual([{ n: 0 }])
})

onPostgres(
  'PostgreSQL: rows that are too large for memory are a fault, and the program lives',
  async () => {
    const { query } = await world(postgresAt(postgres.port))
    const startBytes = process.memoryUsage().rss
    for (const text of [
      "SELECT repeat('x', 600000000) AS large",
      "SELECT repeat('x', 40000000) AS large FROM generate_series(1, 40)",
    ])
      expect(await detailOf(query(text))).toMatch(/^runtime: .*(?:MB|result_mb)/)
    expect(process.memoryUsage().rss - startBytes).toBeLessThan(1_500 * 1_048_576)
    expect(await query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  },
  60_000,
)

onMariadb(
  'MySQL: rows that are too large for memory are a fault, and the program lives',
  async () => {
    const { query } = await world(mariadbAt(mariadb.port))
    const text = "SELECT repeat('x', 12000000) AS large FROM seq_1_to_400"
    expect(await detailOf(query(text))).toMatch(/^runtime: .*(?:MB|result_mb)/)
    expect(await query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  },
  60_000,
)

onPostgres(
  'PostgreSQL: numbers that JSON does not have are texts, and long ones are read at once',
  async () => {
    const { query } = await world(postgresAt(postgres.port))
    expect(
      await query(
        "SELECT 'NaN'::numeric AS a, 'Infinity'::numeric AS b, 'NaN'::float8 AS c, '-Infinity'::float8 AS d",
      ),
    ).toEqual([{ a: 'NaN', b: 'Infinity', c: 'NaN', d: '-Infinity' }])
  },
)

test('a decimal of many digits takes no longer than its length', () => {
  const startedMs = performance.now()
  for (const text of [`0.${'0'.repeat(100_000)}1`, `${'0'.repeat(100_000)}x`, `1${'0'.repeat(100_000)}`])
    expect(decimalJson(text)).toBe(text)
  expect(performance.now() - startedMs).toBeLessThan(200)
  expect(['1.50', '0.00', '100', '0.1', '12345678901234567.1', '.5', '5.'].map(decimalJson)).toEqual([
    1.5,
    0,
    100,
    0.1,
    '12345678901234567.1',
    0.5,
    5,
  ])
  expect(documentJson('{"a": 12345678901234567890, "__proto__": 1}')).toEqual(
    JSON.parse('{"a": "12345678901234567890", "__proto__": 1}'),
  )
})

test('columns of one name are named in no time, however many there are', () => {
  const startedMs = performance.now()
  const names = namesOf(Array.from({ length: 50_000 }, () => ({ name: 'a' })))
  expect(new Set(names).size).toBe(50_000)
  expect(performance.now() - startedMs).toBeLessThan(500)
  expect(namesOf(['a', 'a_2', 'a', 'a'].map((name) => ({ name })))).toEqual(['a', 'a_2', 'a_3', 'a_4'])
})

test('a column may have any name', async () => {
  const { query } = await sqliteWorld()
  const [row] = (await query('SELECT 1 AS "__proto__", 2 AS "constructor", 3 AS "toString"')) as JsonObject[]
  expect(Object.entries(row ?? {})).toEqual([
    ['__proto__', 1],
    ['constructor', 2],
    ['toString', 3],
  ])
})

async function sqliteWorld(connection: JsonObject = {}) {
  const file = join(temporaryFolder(), 'a.db')
  new DatabaseSync(file).exec('CREATE TABLE t (a); CREATE TABLE log (a)')
  return world({ driver: 'sqlite', file, read_only: false, ...connection })
}

test('SQLite: no temporary table, view or trigger is left for the next call', async () => {
  const { query } = await sqliteWorld()
  for (const text of [
    'CREATE TEMP TABLE t AS SELECT 1 AS a',
    'CREATE TEMP VIEW t AS SELECT 1 AS a',
    'CREATE TEMP TRIGGER spy AFTER INSERT ON main.t BEGIN INSERT INTO log VALUES (new.a); END',
  ])
    expect(await detailOf(query(text, { write: true })), text).toMatch(/^(?:authorization|validation): /)
  await query('INSERT INTO t VALUES (1)', { write: true })
  expect(await query('SELECT count(*) AS n FROM log')).toEqual([{ n: 0 }])
})

test('a database in memory is a new one at each call', async () => {
  for (const driver of ['sqlite', 'duckdb']) {
    const { query } = await world({ driver, file: ':memory:', read_only: false })
    await query('CREATE TABLE kept (a integer)', { write: true })
    expect(await detailOf(query('SELECT * FROM kept', { write: true })), driver).toMatch(
      /^validation: .*kept/,
    )
  }
})

test('SQLite: sorting and large values are bounded in memory, and in what they put on the disk', async () => {
  const { query } = await sqliteWorld()
  const rows = 'WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 3000)'
  const sorted = `${rows} SELECT n FROM (SELECT n, randomblob(1000000) AS b FROM s) ORDER BY b`
  expect(await detailOf(query(sorted))).toMatch(/^runtime: .*(?:out of memory|more than it may)/)
  const large = `${rows} SELECT n, zeroblob(20000000) AS b FROM s`
  expect(await detailOf(query(large))).toMatch(/^runtime: .*result_mb/)
  expect(await query('SELECT 1 AS one')).toEqual([{ one: 1 }])
}, 60_000)

/** Between a client and a server; it can fall silent, as a network does, without closing anything. */
async function frozenBetween(port: number): Promise<{ port: number; freeze(): void }> {
  const pairs: Socket[] = []
  const server = createServer((client) => {
    const upstream = connect(port, '127.0.0.1')
    pairs.push(client, upstream)
    client.on('error', () => undefined).pipe(upstream)
    upstream.on('error', () => undefined).pipe(client)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  let isFrozen = false
  server.on('connection', (client) => isFrozen && client.unpipe().pause())
  onTestFinished(async () => {
    for (const socket of pairs) socket.destroy()
    server.close()
    await once(server, 'close')
  })
  return {
    port: (server.address() as AddressInfo).port,
    freeze() {
      isFrozen = true
      for (const socket of pairs) socket.unpipe().pause()
    },
  }
}

for (const [name, run, at, of] of [
  ['PostgreSQL', onPostgres, postgresAt, () => postgres.port],
  ['MySQL', onMariadb, mariadbAt, () => mariadb.port],
] as const)
  run(
    `${name}: a network that falls silent between two calls does not hold the next one beyond its time`,
    async () => {
      const between = await frozenBetween(of())
      const { query, stop } = await world(at(between.port))
      expect(await query('SELECT 1 AS one')).toEqual([{ one: 1 }])
      between.freeze()
      const startedMs = performance.now()
      expect(await detailOf(query('SELECT 1 AS one', { timeout_ms: 300 }))).toMatch(/^timeout: /)
      expect(performance.now() - startedMs).toBeLessThan(4_000)
      await stop()
    },
    20_000,
  )

test('no secret of an address stands in an error', async () => {
  const { sql } = await setup()
  const url = 'postgres://me:geheim1@127.0.0.1:1/db?password=geheim2'
  expect(await detailOf(sql({ connection: { driver: 'postgres', url }, query: 'SELECT 1' }))).not.toMatch(
    /geheim/,
  )
})
