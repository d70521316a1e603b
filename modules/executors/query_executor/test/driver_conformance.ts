/**
 * What every driver passes, whatever its engine: the same calls of `query.sql`, the same outputs and faults. An engine
 * gives a connection to a database of its own and says how it names some types.
 */
import { expect } from 'vitest'
import type { Json, JsonObject } from '@nexus/sdk'
import { boundsConformance } from './bounds_conformance.ts'
import { suiteOf, type Engine } from './engine.ts'
import { detailOf, setup } from './world.ts'

export function driverConformance(engine: Engine): void {
  const { name, types } = engine
  const { check, world } = suiteOf(engine)
  boundsConformance(engine)

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
    const rows = await query('SELECT id FROM flags WHERE flag = $yes', { yes: true })
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
}
