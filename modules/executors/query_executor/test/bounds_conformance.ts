/** The part of the drivers' suite about what bounds a query: its time, its rows, its connections, and what hostile values may do. */
import { tableFromIPC } from 'apache-arrow'
import { expect } from 'vitest'
import type { BlobReference, Json, JsonObject } from '@nexus/sdk'
import { readAll } from '@nexus/sdk/testing'
import { suiteOf, type Engine } from './engine.ts'
import { detailOf, faultOf, setup } from './world.ts'

export function boundsConformance(engine: Engine): void {
  const { name, types } = engine
  const { check, world } = suiteOf(engine)

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
    const none = (await query('SELECT id FROM people WHERE id > 9', [], { return: 'arrow' })) as BlobReference
    const empty: Uint8Array[] = []
    for await (const piece of blobs.read(none)) empty.push(piece)
    expect(tableFromIPC(Buffer.concat(empty)).schema.names).toEqual(['id'])
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
