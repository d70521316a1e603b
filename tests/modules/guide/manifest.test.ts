/**
 * The table of manifest keys in docs/modules.md is what the schema says, row by row; and the guide itself: what it links
 * to is there, and a block that nobody would run is refused.
 */
import { Manifest } from '@nexus/sdk'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { patternOf, readGuide } from './blocks.ts'
import { guide } from './follow.ts'

interface Schema {
  readonly description?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly required?: readonly string[]
}

function rowsOf({ properties = {}, required = [] }: Schema, above = ''): string[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const needed = required.includes(key) ? 'yes' : ''
    const row = `| \`${above}${key}\` | ${needed} | ${schema.description ?? ''} |`
    const below = schema.items?.properties ? rowsOf(schema.items, `${above}${key}[].`) : []
    return [row, ...rowsOf(schema, `${above}${key}.`), ...below]
  })
}

/** As `nexus schema manifest` prints it. */
const schema: Schema = JSON.parse(JSON.stringify(Manifest))

test('the table of manifest keys is the one that the schema gives', () => {
  const [, table = ''] = /<!-- manifest -->\n([\s\S]*?)<!-- \/manifest -->/.exec(guide) ?? []
  const wanted = ['| key | needed | is |', '|---|---|---|', ...rowsOf(schema)]
  expect(table.trim().split('\n')).toEqual(wanted)
})

test('every key of the manifest says what it is', () => {
  expect(rowsOf(schema).filter((row) => row.endsWith('|  |'))).toEqual([])
})

test('whatever the guide links to is there', () => {
  const targets = [...guide.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target)
  const titles = [...guide.matchAll(/^## (.+)$/gm)].map(([, title = '']) => title)
  const anchors = new Set(titles.map((title) => `#${title.toLowerCase().replaceAll(' ', '-')}`))
  const lost = targets.filter((target) =>
    target.startsWith('#')
      ? !anchors.has(target)
      : !existsSync(join(import.meta.dirname, '../../../docs', target.replace(/#.*/, ''))),
  )
  expect(lost).toEqual([])
})

test('a block that nobody would follow is refused', () => {
  const block = '```ts\nconst x = 1\n```\n'
  expect(() => readGuide(`# T\n\n## S\n\n${block}`)).toThrow(/docs\/modules\.md:5: .* no file/)
  expect(() => readGuide(`# T\n\n${block}\n## S\n`)).toThrow(/2 fences, and 0 blocks/)
})

test('a transcript is compared word by word, but for what it leaves open', () => {
  expect('✓ a   done in 5 ms\n"x"\n').toMatch(patternOf('✓ a done in … ms\n"x"\n'))
  expect('✓ a   done in 1.2 s\n').toMatch(patternOf('✓ a done in … ms\n'))
  expect('one\ntwo\nthree\n').toMatch(patternOf('…\nthree\n'))
  expect('one\ntwo\n').not.toMatch(patternOf('one\n'))
  expect('one two').not.toMatch(patternOf('one three'))
})
