/** What is told of files, addresses, runs, capabilities and memory, and what never is. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { JsonObject } from '@nexus/sdk'
import { expect, test } from 'vitest'
import { setup } from './world.ts'

test('a CSV is told by its delimiter, its columns with types, and the number of its rows', async () => {
  using world = setup()
  const text =
    '\uFEFFcity;amount;at;note;"a ""quoted"" name"\nParis;1,5;2025-01-02;x;1\n"Rome;\nIt";2;2025-02-03;;2.5\n'
  writeFileSync(join(world.folder, 'sales.csv'), text)
  expect(await world.file('read sales.csv, and sum amount by city.')).toMatchObject({
    name: 'sales.csv',
    state: 'found',
    path: 'sales.csv',
    kind: 'csv',
    size_bytes: Buffer.byteLength(text),
    delimiter: ';',
    header: true,
    columns: [
      { name: 'city', type: 'text', samples: ['Paris', 'Rome;\nIt'] },
      { name: 'amount', type: 'text', samples: ['1,5', '2'] },
      { name: 'at', type: 'date' },
      { name: 'note', type: 'text', samples: ['x'] },
      { name: 'a "quoted" name', type: 'number', samples: ['1', '2.5'] },
    ],
    rows_sampled: 2,
    rows_complete: true,
  })
})

test('values of files stay where they are when the configuration says so', async () => {
  using world = setup()
  writeFileSync(join(world.folder, 'a.csv'), 'name\nsecret-value\n')
  writeFileSync(join(world.folder, 'b.json'), '{"name": "secret-value"}')
  writeFileSync(join(world.folder, 'c.json'), '{"name": secret-value}')
  writeFileSync(join(world.folder, 'd.txt'), 'secret-value')
  const told = await world.analyze(
    { files: ['a.csv', 'b.json', 'c.json', 'd.txt'] },
    { config: { sample_rows: 0 } },
  )
  expect(JSON.stringify(told)).not.toContain('secret-value')
  expect(told['files']).toMatchObject([
    { columns: [{ name: 'name', type: 'text' }], rows_sampled: 1 },
    { shape: { type: 'object', members: [{ name: 'name', type: 'string' }] } },
    { kind: 'json', reason: 'It is not valid JSON.' },
    { kind: 'text', lines_sampled: 1 },
  ])
})

test('JSON and JSON lines are told by the shape that fits all their values', async () => {
  using world = setup()
  writeFileSync(join(world.folder, 'a.json'), '[{"n": 1, "tags": ["x"]}, {"n": 2.5, "__proto__": null}]')
  writeFileSync(join(world.folder, 'b.jsonl'), '{"n": 1}\nbroken\n{"n": "x"}\n')
  expect(await world.file('read a.json')).toMatchObject({
    kind: 'json',
    shape: {
      type: 'array',
      length: 2,
      items: {
        members: [
          { name: 'n', type: 'number', samples: [1, 2.5] },
          { name: 'tags', type: 'array', optional: true, items: { type: 'string' } },
          { name: '__proto__', type: 'null' },
        ],
      },
    },
  })
  expect(await world.file('read b.jsonl')).toMatchObject({
    rows_sampled: 2,
    lines_broken: 1,
    shape: { members: [{ name: 'n', type: ['integer', 'string'] }] },
  })
})

test('a database is told by its tables and columns, and nothing is written beside it', async () => {
  using world = setup()
  const path = join(world.folder, 'shop.db')
  const database = new DatabaseSync(path)
  database.exec(`PRAGMA journal_mode = WAL; CREATE TABLE "or ders" (id INTEGER, name TEXT, raw BLOB, twice INTEGER AS (id * 2));
    INSERT INTO "or ders" VALUES (1, '${'long '.repeat(100)}', x'00ff'), (2, NULL, NULL);
    CREATE VIEW few AS SELECT id FROM "or ders"; CREATE VIEW broken AS SELECT x FROM nowhere`)
  database.close()
  const before = readdirSync(world.folder)
  const told = await world.file('query shop.db')
  expect(readdirSync(world.folder)).toEqual(before)
  expect(told).toMatchObject({
    kind: 'sqlite',
    tables: [{ name: 'broken' }, { name: 'few', kind: 'view' }, { name: 'or ders' }],
  })
  const [broken, , orders] = (told?.['tables'] ?? []) as JsonObject[]
  expect(broken?.['reason']).toContain('nowhere')
  expect(orders).toMatchObject({
    rows_sampled: 2,
    columns: [
      { name: 'id', type: 'integer', samples: [1, 2] },
      { name: 'name', type: 'text', samples: [expect.stringMatching(/^long .{74}…$/)] },
      { name: 'raw', type: 'blob', samples: [] },
      { name: 'twice', samples: [] },
    ],
  })
})

test('a missing file is told with the nearest name, and an address is listed and not fetched', async () => {
  using world = setup()
  writeFileSync(join(world.folder, 'sales_2025.csv'), 'a\n')
  const { files } = await world.analyze({
    goal: 'get https://me:pw@shop.example/x?y=1 and compare sale_2025.csv, e.g. and/or v1.x',
  })
  expect(files).toEqual([
    { name: 'sale_2025.csv', state: 'missing', nearest: 'sales_2025.csv' },
    { name: 'https://shop.example/x?y=1', state: 'address' },
  ])
})

test('only what is inside the folders is looked at, wherever links and dots lead', async () => {
  using world = setup()
  using other = setup()
  writeFileSync(join(other.folder, 'secret.csv'), 'a\n1\n')
  symlinkSync(join(other.folder, 'secret.csv'), join(world.folder, 'link.csv'))
  symlinkSync(other.folder, join(world.folder, 'folder'))
  mkdirSync(join(world.folder, '.nexus'))
  writeFileSync(join(world.folder, '.nexus', 'runs.json'), '{}')
  const files = [
    'link.csv',
    'folder/secret.csv',
    'folder/not_there.csv',
    `../${other.folder.split('/').at(-1)}/secret.csv`,
  ]
  const names = [
    ...files,
    join(other.folder, 'secret.csv'),
    '.nexus/runs.json',
    '/etc/passwd',
    'bad\0name.csv',
    '',
  ]
  const told = await world.analyze({ files: names })
  expect((told['files'] as JsonObject[]).map(({ state }) => state)).toEqual(names.map(() => 'refused'))
  const allowed = await world.analyze({ files: ['link.csv'] }, { config: { folders: [other.folder] } })
  expect(allowed['files']).toMatchObject([{ state: 'found', path: join(other.folder, 'secret.csv') }])
})

test('pipes, folders, binaries, empty and huge files are told without being waited for or read whole', async () => {
  using world = setup()
  const at = (name: string): string => join(world.folder, name)
  execFileSync('mkfifo', [at('pipe.csv')])
  mkdirSync(at('data'))
  writeFileSync(at('data/inner.csv'), '')
  writeFileSync(at('bin.txt'), Buffer.from([0, 1, 2]))
  writeFileSync(at('empty.csv'), '')
  writeFileSync(at('empty.json'), '')
  writeFileSync(at('big.csv'), `a,b\n${'1,"x\n'.repeat(600_000)}`)
  writeFileSync(at('wide.csv'), `${'c,'.repeat(5_000)}\n`)
  writeFileSync(at('fake.db'), 'SQLite format 3\0 and nothing else')
  writeFileSync(at('deep.json'), '['.repeat(200_000))
  const files = [
    'pipe.csv',
    'data/',
    'bin.txt',
    'empty.csv',
    'empty.json',
    'big.csv',
    'wide.csv',
    'fake.db',
    'deep.json',
  ]
  const told = (await world.analyze({ files }))['files'] as JsonObject[]
  expect(told).toMatchObject([
    { state: 'found', kind: 'folder', entries: [] },
    { kind: 'folder', entries: ['inner.csv'] },
    { kind: 'binary' },
    { kind: 'csv', columns: [], rows_sampled: 0 },
    { kind: 'json', reason: 'It is not valid JSON.' },
    { kind: 'csv', rows_complete: false },
    { kind: 'csv', columns_left_off: 4_901 },
    { kind: 'sqlite', reason: expect.stringContaining('cannot be read as a database') },
    { kind: 'json', reason: 'It is not valid JSON.' },
  ])
  expect(JSON.stringify(told).length).toBeLessThan(60_000)
})

test('runs of similar goals come first, and the memory is asked where there is one', async () => {
  using world = setup()
  const runs = [
    { id: 'a', goal: 'sum amount by city in sales.csv', status: 'completed' },
    { id: 'b', goal: 'water the plants', status: 'faulted' },
    { id: 'c', goal: 'sum amount by month in sales.csv and store it', status: 'faulted' },
    { id: 'd' },
  ]
  const goal = 'sum amount by city of sales.csv'
  const memory = {
    task: 'memory.search',
    description: 'd'.repeat(9_999),
    input_schema: { properties: { limit: {} } },
  }
  const found = { results: [{ text: 'm'.repeat(9_999), score: 1 }] }
  const told = await world.analyze(
    { goal },
    { runs, capabilities: [memory], calls: { 'memory.search': () => found } },
  )
  expect((told['runs'] as JsonObject[]).map(({ id }) => id)).toEqual(['a', 'c'])
  expect(told['memory']).toMatchObject({ available: true, found: [{ score: 1 }] })
  expect(JSON.stringify(told).length).toBeLessThan(3_000)
  expect(world.contexts[0]?.recorded.calls.at(-1)?.input).toEqual({ query: goal, limit: 5 })
  const broken = {
    'memory.search': () => {
      throw new Error('asleep')
    },
  }
  const without = await world.analyze({ goal }, { capabilities: [memory], calls: broken })
  expect(without['memory']).toEqual({ available: true, found: [], reason: 'asleep' })
})

test('a goal of a megabyte and a list of files that is none are answered at once', async () => {
  using world = setup()
  const told = await world.analyze({ goal: `${'"a.csv '.repeat(150_000)}${'/'.repeat(9)}` })
  expect((told['files'] as JsonObject[]).length).toBeLessThanOrEqual(20)
  await expect(world.analyze({ files: [1] })).rejects.toThrow('list of names of files')
  await expect(world.analyze({ goal: 5 })).rejects.toThrow('is a text')
})

test('values that the goal itself says are told by their column, and no others', async () => {
  using world = setup()
  const csv = 'id,city,country\n1,Berlin,DE\n2,New York,US\n3,Lima,PE\n'
  writeFileSync(join(world.folder, 'a.csv'), csv)
  writeFileSync(join(world.folder, 'b.json'), '[{"status": "open"}, {"status": "hidden-value"}]')
  using database = new DatabaseSync(join(world.folder, 'c.db'))
  database.exec(
    `CREATE TABLE visits (day TEXT, n INTEGER); INSERT INTO visits VALUES ('2025-01-01', 7), ('x', 8)`,
  )
  const goal =
    'of a.csv tell us the berlin rows and those in New York; the open ones of b.json; c.db on 2025-01-01 with 7'
  const { files } = await world.analyze({ goal }, { config: { sample_rows: 0 } })
  expect(files).toMatchObject([
    { columns: [{ name: 'id' }, { name: 'city', named: ['Berlin', 'New York'] }, { name: 'country' }] },
    { shape: { items: { members: [{ name: 'status', named: ['open'] }] } } },
    { tables: [{ columns: [{ named: ['2025-01-01'] }, { named: [7] }] }] },
  ])
  // A short word has to stand as the value does: “us” is no country.
  expect(JSON.stringify(files)).not.toMatch(/"US"|Lima|hidden-value/)
})

test('a file of data is meant by its name without the ending, too', async () => {
  using world = setup()
  for (const name of ['orders.csv', 'count.txt', 'other.csv'])
    writeFileSync(join(world.folder, name), 'a,b\n1,2\n')
  const { files } = await world.analyze({ goal: 'count the Orders' })
  expect(files).toMatchObject([
    { name: 'orders.csv', state: 'found', columns: [{ name: 'a' }, { name: 'b' }] },
  ])
})
