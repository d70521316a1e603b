import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import type { JsonObject } from '@nexus/sdk'
import { driverConformance } from './driver_conformance.ts'
import { detailOf, setup, temporaryFolder } from './world.ts'

driverConformance({
  name: 'DuckDB',
  async open() {
    const file = join(temporaryFolder(), 'main.duckdb')
    const instance = await DuckDBInstance.create(file)
    instance.closeSync()
    return { driver: 'duckdb', file }
  },
  types: { integer: 'integer', text: 'text', binary: 'blob', json: 'json' },
  endless:
    'SELECT count(*) AS n FROM range(1000000) a, range(1000000) b, range(1000000) c WHERE a.range + b.range > c.range',
  series: 'SELECT range + 1 AS n FROM range($count::bigint)',
  pointsAt: { table: true, syntax: true },
})

async function filesWorld() {
  const folder = temporaryFolder()
  const data = join(folder, 'data')
  mkdirSync(data)
  const world = await setup({ config: { files_allowed: [data] } })
  const file = (name: string, content: string): string => {
    writeFileSync(join(data, name), content)
    return join(data, name)
  }
  return { ...world, folder, data, file }
}

test('CSV, TSV, JSON and JSON lines files are tables, and join each other', async () => {
  const { sql, file } = await filesWorld()
  const files = {
    sales: file('sales.csv', 'city,amount,day\nBern,10,2025-01-02\nBern,5.5,2025-01-03\nUri,1,2025-01-04\n'),
    cities: file('cities.tsv', 'name\tcanton\nBern\tBE\nUri\tUR\n'),
    tags: file('tags.json', '[{"city": "Bern", "tags": ["capital", "bear"]}]'),
    notes: file("it's.jsonl", '{"city": "Uri", "note": {"n": 1}}\n{"city": "Bern", "note": null}\n'),
  }
  const query = `
    SELECT canton, sum(amount) AS total, any_value(tags) AS tags, any_value(note) AS note, max(day) AS day
    FROM sales JOIN cities ON name = sales.city LEFT JOIN tags USING (city) LEFT JOIN notes USING (city)
    WHERE amount > $least GROUP BY canton ORDER BY canton`
  expect(await sql({ files, query, parameters: { least: 0 } })).toEqual([
    { canton: 'BE', total: 15.5, tags: ['capital', 'bear'], note: null, day: '2025-01-03' },
    { canton: 'UR', total: 1, tags: null, note: { n: 1 }, day: '2025-01-04' },
  ])
})

test('Parquet files are tables, several as one', async () => {
  const { sql, data } = await filesWorld()
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const paths = ['a', 'b'].map((name) => join(data, `${name}.parquet`))
  for (const path of paths)
    await connection.run(
      `COPY (SELECT 9007199254740993::BIGINT AS id, 1.10::DECIMAL(6,2) AS price) TO '${path}'`,
    )
  connection.disconnectSync()
  instance.closeSync()
  expect(await sql({ files: { p: paths }, query: 'SELECT * FROM p' })).toEqual([
    { id: '9007199254740993', price: 1.1 },
    { id: '9007199254740993', price: 1.1 },
  ])
})

test('a query of files reads those that are named and nothing else of the machine', async () => {
  const { sql, file, folder } = await filesWorld()
  const files = { t: file('t.csv', 'a\n1\n') }
  writeFileSync(join(folder, 'secret.csv'), 'a\nsecret\n')
  const attempts = [
    `SELECT * FROM read_csv('${folder}/secret.csv')`,
    `SELECT * FROM '${folder}/secret.csv'`,
    "SELECT * FROM read_text('/etc/passwd')",
    "SELECT * FROM glob('/etc/*')",
    "SELECT * FROM read_csv('https://127.0.0.1/x.csv')",
    `SELECT * FROM sniff_csv('${folder}/secret.csv')`,
    `SELECT * FROM read_blob('${folder}/secret.csv')`,
    "WITH x AS (SELECT 1) SELECT * FROM parquet_metadata('/etc/passwd')",
    "SELECT getenv('HOME')",
    "SELECT * FROM sqlite_scan('/tmp/x', 'y')",
    "SELECT * FROM query('ATTACH ''/tmp/x.db''')",
    `EXPLAIN ANALYZE COPY (SELECT 1) TO '${folder}/written.csv'`,
    `EXPLAIN ANALYZE COPY (SELECT 7 AS a) TO '${files.t}' (USE_TMP_FILE false)`,
    `explain/**/(ANALYZE, FORMAT json) COPY (SELECT 7 AS a) TO '${files.t}' (USE_TMP_FILE false)`,
    `(EXPLAIN ANALYZE COPY (SELECT 7 AS a) TO '${files.t}' (USE_TMP_FILE false))`,
    'EXPLAIN ANALYZE COMMIT',
    'EXPLAIN ANALYZE ANALYZE COMMIT',
  ]
  for (const query of attempts)
    expect(await detailOf(sql({ files, query }))).toMatch(/^(?:validation|authorization|runtime): /)
  for (const query of [
    "COPY t TO 'x'",
    'INSTALL httpfs',
    'LOAD httpfs',
    'SET lock_configuration = false',
    'PRAGMA version',
    'CALL duckdb_settings()',
    'CREATE TABLE x AS SELECT 1',
    "EXPORT DATABASE 'x'",
  ])
    expect(await detailOf(sql({ files, query }))).toMatch(/^validation: /)
  expect(await detailOf(sql({ files, query: 'SELECT 1', write: true }))).toMatch(
    /^authorization: .*Files are read, never written/,
  )
  expect(await sql({ files, query: 'SELECT * FROM t' })).toEqual([{ a: 1 }])
})

test('a document names files of the folders that are allowed, wherever links and dots lead', async () => {
  const { sql, folder, data } = await filesWorld()
  writeFileSync(join(folder, 'secret.csv'), 'a\nsecret\n')
  symlinkSync(join(folder, 'secret.csv'), join(data, 'link.csv'))
  mkdirSync(join(data, '.nexus'))
  writeFileSync(join(data, '.nexus', 'own.csv'), 'a\n1\n')
  for (const path of [
    join(folder, 'secret.csv'),
    join(data, '../secret.csv'),
    join(data, 'link.csv'),
    join(data, '.nexus/own.csv'),
    '/proc/self/environ',
  ])
    expect(await detailOf(sql({ files: { t: path }, query: 'SELECT * FROM t' }))).toMatch(
      /^authorization: .*files_allowed/,
    )
  const bad = (files: JsonObject): Promise<string> => detailOf(sql({ files, query: 'SELECT 1' }))
  expect(await bad({ t: 'https://example.com/a.csv' })).toMatch(/no address/)
  expect(await bad({ 'a"; DROP': join(data, 'x.csv') })).toMatch(/named in letters/)
  expect(await bad({ t: join(data, 'x.exe') })).toMatch(/files that end in ".exe" are not known/)
  expect(await bad({ t: join(data, '*.csv') })).toMatch(/List the files/)
  expect(await bad({ t: join(data, 'gone.csv') })).toMatch(
    /^validation: The file .*gone.csv.* cannot be read as the table t/,
  )
})

test('DuckDB takes no more memory and disk than it may, and its folder is gone with it', async () => {
  const before = new Set(readdirSync(tmpdir()))
  const { sql, stop } = await setup({ config: { duckdb_memory_mb: 40, duckdb_disk_mb: 8 } })
  const connection = { driver: 'duckdb', file: ':memory:' }
  const large =
    'SELECT * FROM (SELECT range AS n, repeat(md5(range::varchar), 10) AS m FROM range(500000)) ORDER BY m'
  expect(await detailOf(sql({ connection, query: large, return: 'blob' }))).toMatch(
    /^runtime: .*(?:out of memory|Out of Memory)/i,
  )
  expect(await sql({ connection, query: 'SELECT 1 AS one' })).toEqual([{ one: 1 }])
  const mine = (): readonly string[] =>
    readdirSync(tmpdir()).filter((name) => name.startsWith('nexus-duckdb-') && !before.has(name))
  await stop()
  expect(mine()).toEqual([])
}, 60_000)

test('an error in the middle of the rows is a fault, and not fewer rows', async () => {
  const { sql } = await setup()
  const connection = { driver: 'duckdb', file: ':memory:' }
  const query = "SELECT CASE WHEN range < 500000 THEN '1' ELSE 'x' END::INT AS a FROM range(1000000)"
  for (const mode of ['blob', 'arrow', 'result'])
    expect(await detailOf(sql({ connection, query, return: mode, rows_max: 10 })), mode).toMatch(
      /^runtime: .*middle of the rows|Conversion Error/,
    )
})

test('what a query changes of the engine is not there for the next one', async () => {
  const file = join(temporaryFolder(), 'main.duckdb')
  const { sql } = await setup({
    config: { connections: { main: { driver: 'duckdb', file, read_only: false } } },
  })
  const write = (query: string) => sql({ connection: 'main', query, write: true })
  await write('CREATE TABLE t AS SELECT 1 AS a')
  await write('CREATE TEMP TABLE left_over AS SELECT 1 AS a')
  await write('CREATE TEMP MACRO left_macro() AS 1')
  await sql({ connection: 'main', query: 'FROM enable_logging()' })
  expect(await detailOf(sql({ connection: 'main', query: 'FROM left_over' }))).toMatch(/left_over/)
  expect(await detailOf(sql({ connection: 'main', query: 'SELECT left_macro()' }))).toMatch(/left_macro/)
  expect(await sql({ connection: 'main', query: 'SELECT count(*) AS n FROM duckdb_logs' })).toEqual([
    { n: 0 },
  ])
})

test('a process of DuckDB that is killed from outside is one fault, and the next query finds another', async () => {
  const { sql } = await setup()
  const connection = { driver: 'duckdb', file: ':memory:' }
  const endless = 'SELECT count(*) AS n FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = 7'
  const work = detailOf(sql({ connection, query: endless }))
  const children = (): readonly number[] =>
    execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(process.pid)], { encoding: 'utf8' })
      .split('\n')
      .flatMap((line) => (line.includes('duckdb') ? [Number.parseInt(line, 10)] : []))
  await expect.poll(() => children().length, { timeout: 10_000 }).toBe(1)
  for (const pid of children()) process.kill(pid, 'SIGKILL')
  expect(await work).toMatch(/^communication: .*the process that held the database open has ended/)
  expect(await sql({ connection, query: 'SELECT 1 AS one' })).toEqual([{ one: 1 }])
})

test('many read and write one file at once, also by two names', async () => {
  const folder = temporaryFolder()
  const file = join(folder, 'main.duckdb')
  const connections = {
    main: { driver: 'duckdb', file, read_only: false },
    other: { driver: 'duckdb', file },
  }
  const { sql } = await setup({ config: { connections } })
  await sql({ connection: 'main', query: 'CREATE TABLE t (n integer)', write: true })
  const calls = Array.from({ length: 24 }, (_, n) =>
    n % 4 === 0
      ? sql({ connection: 'main', query: 'INSERT INTO t VALUES ($n)', parameters: { n }, write: true })
      : sql({ connection: n % 2 === 0 ? 'main' : 'other', query: 'SELECT count(*) AS n FROM t' }),
  )
  expect((await Promise.all(calls)).length).toBe(24)
  expect(await sql({ connection: 'other', query: 'SELECT count(*) AS n FROM t' })).toEqual([{ n: 6 }])
}, 60_000)
