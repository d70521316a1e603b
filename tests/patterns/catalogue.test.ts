/** The table in docs/patterns.md, the documents and the tests name the same patterns, and the table leaves none out. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const testsFolder = fileURLToPath(new URL('.', import.meta.url))
const documentsFolder = join(testsFolder, 'documents')
const tableFile = fileURLToPath(new URL('../../docs/patterns.md', import.meta.url))

/** How many patterns the catalogue has. */
const patternCount = 43

const page = readFileSync(tableFile, 'utf8')
const rows = page
  .split('\n')
  .map((line) => line.split(/(?<!\\)\|/).map((cell) => cell.trim()))
  .filter(([, number]) => /^\d+$/.test(number ?? ''))
  .map(([, number, name, said = '', document = '', test = '']) => ({
    pattern: `${number} ${name}`,
    said,
    links: [document, test].map((cell) => /\]\(([^)]+)\)/.exec(cell)?.[1] ?? ''),
  }))
const covered = rows.filter(({ links }) => links.every((link) => link !== ''))

const documents = readdirSync(documentsFolder).map((file) => {
  const text = readFileSync(join(documentsFolder, file), 'utf8')
  const [, number = '', name = ''] = /^# Pattern (\d+), (.+)\.\n/.exec(text) ?? []
  const slug = name.toLowerCase().replaceAll(/[^a-z]+/g, '-')
  return {
    file,
    text,
    pattern: `${number} ${name}`,
    slug,
    expected: `${number.padStart(2, '0')}-${slug}.yaml`,
  }
})

const testFiles = readdirSync(testsFolder).filter((file) => file.endsWith('.test.ts'))
const tests = testFiles.flatMap((file) =>
  [...readFileSync(join(testsFolder, file), 'utf8').matchAll(/^test\('(\d+ [^:']+): /gm)].map(
    ([, pattern = '']) => ({ file, pattern }),
  ),
)

const inOrder = (things: readonly { readonly pattern: string }[]): readonly string[] =>
  things.map(({ pattern }) => pattern).toSorted((a, b) => Number.parseInt(a) - Number.parseInt(b))

test('the table, the documents and the tests name the same patterns, each once', () => {
  expect(covered.length).toBeGreaterThan(0)
  expect(inOrder(documents)).toEqual(inOrder(covered))
  expect(inOrder(tests)).toEqual(inOrder(covered))
})

test('every pattern of the catalogue is in the table, each once, those left out with a reason', () => {
  const numbers = rows.map(({ pattern }) => Number.parseInt(pattern)).toSorted((a, b) => a - b)
  expect(numbers).toEqual(Array.from({ length: patternCount }, (_, index) => index + 1))
  expect(rows.filter(({ said }) => said === '')).toEqual([])
  expect(page).toContain(`${covered.length} of them can be said`)
})

test('a row leads to the document and to the test of its pattern', () => {
  for (const { pattern, links } of covered) {
    const [document, testFile] = links.map((link) => join(dirname(tableFile), link))
    expect(existsSync(document ?? '')).toBe(true)
    expect(readFileSync(document ?? '', 'utf8')).toContain(`# Pattern ${pattern.replace(' ', ', ')}.\n`)
    expect(readFileSync(testFile ?? '', 'utf8')).toContain(`test('${pattern}: `)
  }
})

test('a document is called by its pattern, as a file and in itself', () => {
  for (const { file, text, slug, expected } of documents) {
    expect(file).toBe(expected)
    expect(text).toMatch(new RegExp(`\\bname: ${slug}\\b`))
  }
})
