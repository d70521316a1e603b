/** Whatever a text holds, reading it ends soon with a document or with a problem that has a place. */
import { describe, expect, test } from 'vitest'
import { parseWorkflow } from '../src/index.ts'
import { parseMarked, told, withTask, withTasks } from './documents.ts'

describe('what is no workflow is refused', () => {
  test.each([
    ['an empty file', '', 'document_empty'],
    ['only comments', '# nothing\n', 'document_empty'],
    ['only a byte order mark', '\uFEFF', 'document_empty'],
    ['a number', '5', 'wrong_type'],
    ['a list', '- a\n', 'wrong_type'],
    ['a text', 'hello', 'wrong_type'],
    ['a binary file', '\u007FELF\0\0', 'not_text'],
    ['prose', 'Dear all: this is: not YAML\n', 'yaml_syntax'],
    ['an open bracket', '{document: [', 'yaml_syntax'],
    ['broken JSON', '{"document": {"dsl": }', 'missing_key'],
  ])('%s', (_name, text, code) => {
    const { document, problems } = parseWorkflow(text)
    expect(document).toBeUndefined()
    expect(problems.some((problem) => problem.severity === 'error')).toBe(true)
    if (code !== 'missing_key') expect(problems[0]?.code).toBe(code)
  })
})

describe('YAML that JSON cannot hold is refused at its place', () => {
  test.each([
    ['a tab as indentation', 'do:\n»\t- a: 1\n', 'yaml_syntax', 'Indent with spaces.'],
    ['a key that is there twice', withTask('{set: {x: 1}, »set: {y: 1}}'), 'duplicate_key', 'there twice'],
    ['the key __proto__', withTask('{set: {»__proto__: {admin: true}}}'), 'key_not_allowed', '__proto__'],
    ['a key that is a list', withTask('{set: {»[a]: 1}}'), 'key_not_text', 'must be a text'],
    ['a key that is nothing', withTask('{set: {»~: 1}}'), 'key_not_text', 'must be a text'],
    ['a merge key', withTasks('  - a: &a {set: {x: 1}}\n  - b:\n      »<<: *a\n'), 'merge_key', 'YAML 1.1'],
    ['a number without end', withTask('{set: {x: ».inf}}'), 'not_json', 'JSON'],
    ['a tag', withTask('{set: {x: !thing »5}}'), 'yaml_tag', '!thing'],
    ['an alias of nothing', withTask('{set: {x: »*gone}}'), 'unknown_anchor', '&gone'],
    ['an alias that holds itself', withTask('{set: &a {x: »*a}}'), 'cyclic_alias', 'holds itself'],
    [
      'a second document',
      `${withTask('{set: {x: 1}}')}»---\na: 1\n`,
      'several_documents',
      'more than one document',
    ],
    [
      'an expression without quotes',
      withTasks('  - a:\n      set: {x: 1}\n      if: ».a: 1\n'),
      'yaml_syntax',
      'quotes',
    ],
  ])('%s', (_name, text, code, message) => {
    const { parsed, place } = parseMarked(text)
    expect(parsed.document).toBeUndefined()
    expect(told(parsed)[0]).toContain(`${place} ${code}`)
    expect(told(parsed)[0]).toContain(message)
  })
})

test('words that were booleans in YAML 1.1 are texts', () => {
  const { document } = parseWorkflow(withTask('{set: {a: yes, b: on, c: 0o17, d: 017, e: 12:30}}'))
  expect(document?.do[0]?.['t']).toEqual({ set: { a: 'yes', b: 'on', c: 15, d: 17, e: '12:30' } })
})

test('keys that look like numbers are texts', () => {
  const { document } = parseWorkflow(withTask('{set: {404: gone, true: 1}}'))
  expect(document?.do[0]?.['t']).toEqual({ set: { '404': 'gone', true: 1 } })
})

test('anchors and aliases are read', () => {
  const { document } = parseWorkflow(withTasks('  - a: &a {set: {x: 1}}\n  - b: *a\n'))
  expect(document?.do[1]?.['b']).toEqual({ set: { x: 1 } })
})

test('a byte order mark and Windows line ends do no harm', () => {
  const { document } = parseWorkflow(`\uFEFF${withTask('{set: {x: 1}}').replaceAll('\n', '\r\n')}`)
  expect(document?.document.name).toBe('sample')
})

test('a file that was not UTF-8 gets a warning where a character is lost', () => {
  const { parsed, place } = parseMarked(withTask('{set: {x: »\uFFFD}}'))
  expect(told(parsed)).toEqual([expect.stringContaining(`${place} not_utf8`)])
})

test('JSON is read, with positions, tabs and long keys too', () => {
  const text = JSON.stringify(
    {
      document: { dsl: '1.0.3', namespace: 'a', name: 'b', version: '1.0.0' },
      do: [{ t: { set: { ['k'.repeat(2000)]: '😀' } } }],
    },
    null,
    '\t',
  )
  expect(told(parseWorkflow(text))).toEqual([])
  const broken = parseWorkflow(text.replace('"set"', '"sett"'), { file: 'flow.json' })
  expect(broken.problems[0]).toMatchObject({ code: 'unknown_task_kind', start: { line: 11, column: 5 } })
})

const level = (depth: number): string =>
  depth === 0 ? '&l0 [x, x, x, x, x, x, x, x, x, x]' : `&l${depth} [${`*l${depth - 1}, `.repeat(10)}]`

/** Fifty levels around an alias of what stands before. */
const deeper = (_: unknown, at: number): string =>
  at === 0 ? 'd0: &d0 [x]' : `d${at}: &d${at} ${'['.repeat(50)}*d${at - 1}${']'.repeat(50)}`

describe('limits hold before memory and time are spent', () => {
  const bomb = withTask(
    `{set: {${Array.from({ length: 12 }, (_, depth) => `l${depth}: ${level(depth)}`).join(', ')}}}`,
  )
  test.each([
    ['more than eight million characters', `a: ${'x'.repeat(8 * 1024 * 1024)}`, 'document_too_large'],
    ['a hundred thousand brackets', '['.repeat(100_000), 'document_too_large'],
    ['a hundred thousand dashes', '- '.repeat(100_000), 'document_too_large'],
    [
      'aliases that make it deep',
      withTask(`{set: {${Array.from({ length: 6 }, deeper).join(', ')}}}`),
      'document_too_large',
    ],
    ['a million items', '- 1\n'.repeat(1_000_000), 'document_too_large'],
    ['aliases of aliases of aliases', bomb, 'document_too_large'],
    [
      'ten thousand tasks that wait for each other',
      withTask(
        `{call: nexus.dag, with: {tasks: [${Array.from({ length: 10_000 }, (_, at) => `{t${at}: {set: '\${ $tasks.t${(at + 1) % 10_000} }'}}`).join(', ')}]}}`,
      ),
      'endless_cycle',
    ],
    [
      'an open brace many times',
      withTask(`{set: {x: '${'${ '.repeat(100_000)}'}, then: nowhere}`),
      'unknown_target',
    ],
    ['a hundred thousand mistakes', withTasks('  - a: {wait: x, then: y}\n'.repeat(20_000)), 'wrong_type'],
  ])('%s', (_name, text, code) => {
    const { document, problems } = parseWorkflow(text)
    expect(document).toBeUndefined()
    expect(problems.map((problem) => problem.code)).toContain(code)
    expect(problems.length).toBeLessThanOrEqual(200)
  })
})
