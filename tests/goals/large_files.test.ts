/** Goals over files that are too large to be values of a run, and over Parquet: each is asked by one query. */
import { copyFileSync, existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openFolder } from './folder.ts'

const before = process.cwd()
const folder = await openFolder()
afterAll(() => folder[Symbol.asyncDispose]())

const rowsInFile = 100_000
const cities = ['Rome', 'Paris', 'Oslo']
const lines = Array.from({ length: rowsInFile }, (_, at) => `${at},${cities[at % 3]},${(at * 7919) % 1000}\n`)
writeFileSync('sales.csv', `id,city,amount\n${lines.join('')}`)
writeFileSync(
  'visits.csv',
  `id,visits\n${Array.from({ length: rowsInFile }, (_, at) => `${at},${at % 7}\n`).join('')}`,
)

const context = {
  files: [
    { path: 'sales.csv', columns: ['id', 'city', 'amount'], size_bytes: statSync('sales.csv').size },
    { path: 'visits.csv', columns: ['id', 'visits'], size_bytes: 2_000_000 },
  ],
}

const pursue = (goal: string) => folder.pursue(goal, context)

test('what several clauses make of a large file is one query', async () => {
  const { steps, output } = await pursue(
    'Read sales.csv, keep the rows where city is Rome and amount is over 990, sort them by amount descending, and show the first 2',
  )
  expect(steps).toEqual(['query.sql'])
  expect(output).toMatchObject([
    { city: 'Rome', amount: 999 },
    { city: 'Rome', amount: 999 },
  ])
})

test('the top rows, counts and sums of a large file are asked for', async () => {
  expect((await pursue('top 1 rows by amount from sales.csv')).output).toMatchObject([{ amount: 999 }])
  expect((await pursue('Read sales.csv and count it')).output).toBe(rowsInFile)
  const { output } = await pursue('total amount by city in sales.csv, largest first')
  expect(output).toHaveLength(3)
  const grouped = await pursue(
    'Read sales.csv, count the rows by city, and keep the rows where count is over 33333',
  )
  expect(grouped).toMatchObject({ steps: ['query.sql'], output: [{ city: 'Rome', count: 33334 }] })
})

test('two large files are joined by one query', async () => {
  const joined = await pursue(
    'Join sales.csv and visits.csv by id, keep the rows where id is below 3, then show only id and visits',
  )
  expect(joined.steps).toEqual(['query.sql'])
  expect(joined.output).toEqual(
    expect.arrayContaining([
      { id: 0, visits: 0 },
      { id: 2, visits: 2 },
    ]),
  )
})

test('all rows of a file that has too many are no value, and the run says so', async () => {
  expect((await pursue('Read sales.csv and write it to copy.json')).detail).toContain('rows')
  expect(existsSync('copy.json')).toBe(false)
})

test('Parquet is asked, and never read or written as a text', async () => {
  copyFileSync(join(before, 'node_modules/vega-datasets/data/flights-3m.parquet'), 'flights.parquet')
  const { steps, output } = await pursue('How many rows are there in flights.parquet?')
  expect(steps).toEqual(['query.sql'])
  expect(output).toBe(3_000_000)
  expect((await pursue('Write {"a": 1} to out.parquet')).detail).toContain('kind')
  expect((await pursue('Read report.xlsx and count the lines')).detail).toContain('kind')
})
