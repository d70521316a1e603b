/**
 * What every driver passes, whatever its engine: the same calls of `query.sql`, the same outputs and faults. An engine
 * gives a connection to a database of its own and says how it names some types.
 */
import { tableFromIPC } from 'apache-arrow'
import { expect, test } from 'vitest'
import type { BlobReference, Json, JsonObject } from '@nexus/sdk'
import { readAll } from '@nexus/sdk/testing'
import { detailOf, faultOf, setup, type World } from './world.ts'

export interface Engine {
  readonly name: string
  /** A new database, as a connection in the configuration. */
  open(): Promise<JsonObject>
  readonly types: {
    readonly integer: string
    readonly text: string
    readonly binary: string
    readonly json: string
  }
  /** A query that takes for ever, or as good as. */
  readonly endless: string
  /** A SELECT of the numbers from 1 to $count, as `n`. */
  readonly series: string
  /** Whether a fault of an unknown name points at it. */
  readonly pointsAt: { readonly table: boolean; readonly syntax: boolean }
  /** How many connections, or processes, the module has open now. */
  openConnections?(): Promise<number>
  readonly skip?: string | undefined
}

export function driverConformance(engine: Engine): void {
  const { name, types } = engine
  const check = (title: string, work: () => Promise<void>): void => {
    test.skipIf(engine.skip !== undefined)(`${name}: ${title}`, work, 60_000)
  }

  async function world(own: World = {}, connection: JsonObject = {}) {
    const config = { connections: { main: { read_only: false, ...(await engine.open()), ...connection } } }
    const made = await setup({ ...own, config: { ...config, ...own.config } })
    const sql = (
      query: string,
      parameters: Json = [],
      more: JsonObject = {},
      call: World = {},
    ): Promise<Json> => made.sql({ connection: 'main', query, parameters, ...more }, call)
    const write = (
      query: string,
      parameters: Json = [],
      more: JsonObject = {},
      call: World = {},
    ): Promise<Json> => sql(query, parameters, { write: true, ...more }, call)
    const people = async (): Promise<void> => {
      await write(
        `CREATE TABLE people (id ${types.integer} PRIMARY KEY, name ${types.text}, age ${types.integer})`,
      )
      await write("INSERT INTO people VALUES (1, 'Ada', 36), (2, 'Grace', 85), (3, 'Edsger', NULL)")
    }
    return { ...made, query: sql, write, people }
  }

  check('gives rows as objects, in their order', async () => {
    const { query, people } = await world()
    await people()
    expect(await query('SELECT name, age FROM people ORDER BY id')).toEqual([
      { name: 'Ada', age: 36 },
      { name: 'Grace', age: 85 },
      { name: 'Edsger', age: null },
    ])
  })

  check('binds parameters by name and in a list', async () => {
    const { query, people } = await world()
    await people()
    const wanted = [{ id: 2 }]
    expect(await query('SELECT id FROM people WHERE name = $name', { name: 'Grace' })).toEqual(wanted)
    expect(
      await query('SELECT id FROM people WHERE name = :name AND age > :age', { name: 'Grace', age: 80 }),
    ).toEqual(wanted)
    const place = /postgres/i.test(name) ? ['$1', '$2'] : ['?', '?']
    expect(
      await query(`SELECT id FROM people WHERE name = ${place[0]} AND age > ${place[1]}`, ['Grace', 80]),
    ).toEqual(wanted)
  })

  check('binds a list in IN and NOT IN, an empty one too', async () => {
    const { query, people } = await world()
    await people()
    const ids = (condition: string, list: Json): Promise<Json> =>
      query(`SELECT id FROM people WHERE id ${condition} ($ids) ORDER BY id`, { ids: list })
    expect(await ids('IN', [1, 3])).toEqual([{ id: 1 }, { id: 3 }])
    expect(await ids('NOT IN', [1, 3])).toEqual([{ id: 2 }])
    expect(await ids('IN', [])).toEqual([])
    expect(await ids('NOT IN', [])).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }])
  })

  check('carries every kind of value to the database and back', async () => {
    const { query, write } = await world()
    await write(
      `CREATE TABLE things (id ${types.integer}, big bigint, word ${types.text}, data ${types.binary}, doc ${types.json}, real_number double precision)`,
    )
    const text = 'naïve – 数据 🜁 \' " \\ % ; -- \u0001'
    const parameters = {
      id: 1,
      big: { integer: '9007199254740993' },
      word: text,
      data: { base64: 'AAH//g==' },
      doc: { a: [1, { b: null }], 'c"': "d'" },
      real: 0.1,
    }
    await write('INSERT INTO things VALUES ($id, $big, $word, $data, $doc, $real)', parameters)
    const [row] = (await query('SELECT * FROM things')) as JsonObject[]
    const doc = row?.['doc']
    expect({ ...row, doc: typeof doc === 'string' ? (JSON.parse(doc) as Json) : doc }).toEqual({
      id: 1,
      big: '9007199254740993',
      word: text,
      data: { base64: 'AAH//g==' },
      doc: parameters.doc,
      real_number: 0.1,
    })
    await write('INSERT INTO things VALUES (2, $a, $b, $c, $d, $e)', {
      a: null,
      b: null,
      c: null,
      d: null,
      e: null,
    })
    expect(await query('SELECT big, word, data, doc, real_number FROM things WHERE id = 2')).toEqual([
      { big: null, word: null, data: null, doc: null, real_number: null },
    ])
    expect(await query('SELECT count(*) AS n FROM things WHERE big = $big', { big: parameters.big })).toEqual(
      [{ n: 1 }],
    )
  })

  check('binds true and false', async () => {
    const { query, write } = await world()
    await write('CREATE TABLE flags (id integer, flag boolean)')
    await write('INSERT INTO flags VALUES (1, $yes), (2, $no)', { yes: true, no: false })
    const rows = (await query('SELECT id FROM flags WHERE flag = $yes', { yes: true })) as Json
    expect(rows).toEqual([{ id: 1 }])
  })

  check('refuses a number beyond 2^53 that has lost digits', async () => {
    const { query } = await world()
    expect(await detailOf(query('SELECT $n AS n', { n: 2 ** 53 + 2 }))).toMatch(
      /^validation: .*beyond 2\^53.*integer/,
    )
  })

  check('tells the result with its columns, and how many rows a write changed', async () => {
    const { query, write, people } = await world()
    await people()
    const result = (await query('SELECT id, name FROM people WHERE id = 1', [], {
      return: 'result',
    })) as JsonObject
    expect(result).toMatchObject({ rows: [{ id: 1, name: 'Ada' }], row_count: 1 })
    expect((result['columns'] as JsonObject[]).map(({ name }) => name)).toEqual(['id', 'name'])
    const changed = await write('UPDATE people SET age = 1 WHERE id > $id', { id: 1 }, { return: 'result' })
    expect(changed).toMatchObject({ changed_rows: 2, rows: [], row_count: 0 })
  })

  check('gives columns of one name a number, so that none is lost', async () => {
    const { query } = await world()
    expect(await query('SELECT a.id, b.id FROM (SELECT 1 AS id) a, (SELECT 2 AS id) b')).toEqual([
      { id: 1, id_2: 2 },
    ])
  })

  check('says which parameter has no value, and which is not used', async () => {
    const { query } = await world()
    expect(await detailOf(query('SELECT $year AS y', { yaer: 1 }))).toMatch(
      /^validation: .*\$year.*given are yaer.*Did you mean yaer/,
    )
    expect(await detailOf(query('SELECT $year AS y', { year: 1, moth: 2 }))).toMatch(
      /does not use the parameter "moth"/,
    )
  })

  check('points into the SQL where it is wrong', async () => {
    const { query } = await world()
    const syntax = await detailOf(query('SELECT 1 AS one,\n  $two FRM nowhere', { two: 2 }))
    expect(syntax).toMatch(/^validation: The query on the connection "main" failed: /)
    if (engine.pointsAt.syntax) expect(syntax).toMatch(/at line 2, column \d+:\n .*FRM nowhere\n +\^/)
    const table = await detailOf(query('SELECT 1\nFROM no_such_table'))
    expect(table).toMatch(/^validation: .*no_such_table/)
    if (engine.pointsAt.table) expect(table).toMatch(/at line 2, column 6/)
  })

  check('runs one statement, and refuses several', async () => {
    const { query, people } = await world()
    await people()
    const detail = await detailOf(query('SELECT 1;\nDELETE FROM people'))
    expect(detail).toMatch(/^validation: A call runs one statement.*\n.*line 2, column 1/s)
    expect(await query("SELECT ';' AS semicolon ; ;")).toEqual([{ semicolon: ';' }])
    expect(await query('SELECT count(*) AS n FROM people')).toEqual([{ n: 3 }])
  })

  check('only reads, unless the task and the configuration both say otherwise', async () => {
    const { query, people } = await world()
    await people()
    expect(await detailOf(query('DELETE FROM people'))).toMatch(/^validation: .*write: true/)
    const connection = await engine.open()
    const closed = await setup({ config: { connections: { main: connection } } })
    const work = closed.sql({ connection: 'main', query: 'SELECT 1', write: true })
    expect(await detailOf(work)).toMatch(/^authorization: .*read_only: false/)
    expect(await query('SELECT count(*) AS n FROM people')).toEqual([{ n: 3 }])
  })

  check('does not write from a statement that begins as if it read', async () => {
    const { query, people } = await world()
    await people()
    const hidden = [
      'WITH gone AS (DELETE FROM people RETURNING id) SELECT * FROM gone',
      'WITH one AS (SELECT 1) DELETE FROM people',
      "WITH one AS (SELECT 1) INSERT INTO people SELECT 9, 'x', 9",
      'EXPLAIN ANALYZE DELETE FROM people',
    ]
    // Some engines do not know some of these; none of them may do it.
    for (const text of hidden) await query(text).catch(() => undefined)
    expect(await query('SELECT count(*) AS n FROM people')).toEqual([{ n: 3 }])
  })

  check('does not run what would leave its transaction or its database', async () => {
    const { query, write } = await world()
    for (const text of [
      'COMMIT',
      'BEGIN',
      'ROLLBACK',
      'SET x = 1',
      "ATTACH 'other' AS other",
      "COPY people TO '/tmp/x'",
      "/**/ ( LOAD 'x'",
      'USE mysql',
    ]) {
      expect(await detailOf(query(text))).toMatch(/^validation: .*is not run/)
      expect(await detailOf(write(text))).toMatch(/^validation: .*is not run/)
    }
  })

  check('rolls a write back that fails, is cancelled or takes too long', async () => {
    const { query, write, people } = await world()
    await people()
    expect(await detailOf(write("INSERT INTO people VALUES (4, 'Alan', 41), (1, 'Eve', 1)"))).toMatch(
      /^runtime: /,
    )
    const slow = `INSERT INTO people SELECT n + 10, 'x', 1 FROM (${engine.endless}) AS endless`
    expect(await detailOf(write(slow, [], { timeout_ms: 300 }))).toMatch(/^timeout: .*300 ms/)
    expect(await query('SELECT count(*) AS n FROM people')).toEqual([{ n: 3 }])
  })

  check('stops a query in the engine when its time is up, and takes the next', async () => {
    const { query } = await world()
    const startedMs = performance.now()
    expect(await detailOf(query(engine.endless, [], { timeout_ms: 300 }))).toMatch(/^timeout: /)
    expect(performance.now() - startedMs).toBeLessThan(3_000)
    expect(await query('SELECT 1 AS one')).toEqual([{ one: 1 }])
  })

  check('stops a query when its task is cancelled, and leaves no connection of it', async () => {
    const { query, stop } = await world()
    const cancel = new AbortController()
    const work = query(engine.endless, [], {}, { signal: cancel.signal })
    const reason = new Error('cancelled by the test')
    setTimeout(() => cancel.abort(reason), 300)
    await expect(work).rejects.toBe(reason)
    expect(await query('SELECT 1 AS one')).toEqual([{ one: 1 }])
    await stop()
    await expect.poll(async () => (await engine.openConnections?.()) ?? 0, { timeout: 5_000 }).toBe(0)
  })

  check('does not block others while a query takes long', async () => {
    const { query } = await world()
    const cancel = new AbortController()
    const slow = query(engine.endless, [], {}, { signal: cancel.signal }).catch(() => 'stopped')
    expect(await query('SELECT 1 AS one')).toEqual([{ one: 1 }])
    cancel.abort()
    expect(await slow).toBe('stopped')
  })

  check('faults beyond the cap of rows or bytes instead of leaving rows out', async () => {
    const { query } = await world()
    const detail = await detailOf(query(engine.series, { count: 500 }, { rows_max: 100 }))
    expect(detail).toMatch(/^runtime: .*100 rows \(rows_max\).*return: blob/)
    const wide = await world({ config: { result_mb: 0.01 } })
    expect(await detailOf(wide.query(engine.series, { count: 5_000 }))).toMatch(/result_mb/)
  })

  check('puts all rows into a blob, by themselves or beside the first of them', async () => {
    const { query, blobs } = await world()
    const reference = (await query(engine.series, { count: 5_000 }, { return: 'blob' })) as BlobReference
    const lines = (await readAll(blobs, reference)).trimEnd().split('\n')
    expect(lines.length).toBe(5_000)
    expect([lines[0], lines[4_999]]).toEqual(['{"n":1}', '{"n":5000}'])
    const result = (await query(
      engine.series,
      { count: 5_000 },
      { return: 'result', rows_max: 10 },
    )) as JsonObject
    expect(result).toMatchObject({ row_count: 5_000, blob: { media_type: 'application/x-ndjson' } })
    expect((result['rows'] as Json[]).length).toBe(10)
    const all = (await readAll(blobs, result['blob'] as BlobReference)).trimEnd().split('\n')
    expect(all).toEqual(lines)
  })

  check('puts all rows into an Arrow stream, with the types of its columns', async () => {
    const { query, blobs, people } = await world()
    await people()
    const text = 'SELECT id, name, age, 0.5 * id AS half FROM people ORDER BY id'
    const reference = (await query(text, [], { return: 'arrow' })) as BlobReference
    const pieces: Uint8Array[] = []
    for await (const piece of blobs.read(reference)) pieces.push(piece)
    const table = tableFromIPC(Buffer.concat(pieces))
    expect(table.toArray().map((row) => ({ ...row.toJSON(), half: Number(row.half) }))).toEqual([
      { id: 1n, name: 'Ada', age: 36n, half: 0.5 },
      { id: 2n, name: 'Grace', age: 85n, half: 1 },
      { id: 3n, name: 'Edsger', age: null, half: 1.5 },
    ])
    const many = (await query(engine.series, { count: 5_000 }, { return: 'arrow' })) as BlobReference
    const all: Uint8Array[] = []
    for await (const piece of blobs.read(many)) all.push(piece)
    expect(tableFromIPC(Buffer.concat(all)).numRows).toBe(5_000)
  })

  check('writes once, and gives the recorded result, however often it is attempted', async () => {
    const { query, write, people } = await world()
    await people()
    const call = (key: string): Promise<Json> =>
      write(
        'UPDATE people SET age = age + 1 WHERE id = $id',
        { id: 1 },
        { idempotency: { table: 'nexus_calls' }, return: 'result' },
        { idempotencyKey: key },
      )
    expect(await detailOf(call('a'))).toMatch(/^configuration: .*CREATE TABLE nexus_calls/)
    await write(`CREATE TABLE nexus_calls (call_key varchar(255) PRIMARY KEY, result ${types.text})`)
    const first = await call('a')
    expect(first).toMatchObject({ changed_rows: 1 })
    expect(await call('a')).toEqual(first)
    expect(await query('SELECT age FROM people WHERE id = 1')).toEqual([{ age: 37 }])
    await call('b')
    expect(await query('SELECT age FROM people WHERE id = 1')).toEqual([{ age: 38 }])
  })

  check('keeps values values, whatever they say, in every place of a parameter', async () => {
    const { query, write, people } = await world()
    await people()
    const hostile = [
      "' OR '1'='1",
      "'; DROP TABLE people; --",
      '" OR ""="',
      "\\' OR 1=1 #",
      '1) OR (1=1',
      '$name',
      '?',
      '%',
      "x' UNION SELECT 1, name, 1 FROM people --",
      '\u0000'.replace('\u0000', '\u0002'),
      '*/ OR 1=1 /*',
      '`',
      ']',
    ]
    for (const value of hostile) {
      expect(await query('SELECT id FROM people WHERE name = $name', { name: value })).toEqual([])
      expect(await query('SELECT id FROM people WHERE name IN ($names)', { names: [value, value] })).toEqual(
        [],
      )
      expect(
        await query(
          /mysql|maria/i.test(name)
            ? 'SELECT CONCAT($value) AS same'
            : `SELECT CAST($value AS ${types.text}) AS same`,
          { value },
        ),
      ).toEqual([{ same: value }])
      await query('SELECT id FROM people ORDER BY id LIMIT $limit', { limit: value }).catch(() => undefined)
      await query('SELECT id FROM people WHERE id = $id', { id: value }).catch(() => undefined)
      await write('UPDATE people SET name = $value WHERE id = $id', { value, id: 3 })
      expect(await query('SELECT name FROM people WHERE id = 3')).toEqual([{ name: value }])
      expect(await detailOf(query('SELECT 1 AS one', { [value]: 1 }))).toMatch(/^validation/)
      expect(await detailOf(write('SELECT 1', [], { idempotency: { table: value } }))).toMatch(/^validation/)
    }
    expect(await query('SELECT count(*) AS n FROM people')).toEqual([{ n: 3 }])
  })

  check('serves many calls at once with few connections', async () => {
    const { query } = await world({}, { pool_max: 2 })
    const values = await Promise.all(Array.from({ length: 40 }, (_, n) => query('SELECT $n + 0 AS n', { n })))
    expect(values.map((rows) => Number((rows as JsonObject[])[0]?.['n']))).toEqual(
      Array.from({ length: 40 }, (_, n) => n),
    )
  })

  check('refuses arguments of a wrong kind, saying which', async () => {
    const { sql } = await setup({ config: { connections: { main: await engine.open() } } })
    const bad = async (input: JsonObject): Promise<string> =>
      (await faultOf(sql({ connection: 'main', query: 'SELECT 1', ...input }))).message
    expect(await bad({ timeout_ms: 10 ** 9 })).toMatch(/timeout_ms must be a whole number from 1 to/)
    expect(await bad({ parameters: 'x' })).toMatch(/parameters must be/)
    expect(await bad({ query: '-- nothing' })).toMatch(/no statement/)
    expect(await bad({ query: 'SELECT \0' })).toMatch(/NUL/)
    expect(await bad({ return: 'csv' })).toMatch(/return must be one of rows/)
    expect(await bad({ connection: 'mian' })).toMatch(/No connection "mian".*Did you mean "main"/)
    expect(await bad({ wirte: true })).toMatch(/wirte/)
  })
}
