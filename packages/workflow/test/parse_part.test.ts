/** Tasks and JSON Schemas that stand in files of their own. */
import { expect, test } from 'vitest'
import { parseJsonSchema, parseTask, parseWorkflow, type ParsedPart } from '../src/index.ts'
import { told, withTask } from './documents.ts'

function documentWith(above = '') {
  const { document } = parseWorkflow(withTask('{set: {x: 1}}', above))
  if (!document) throw new Error('The sample document is not valid.')
  return document
}

const taskIn = (text: string, above?: string) =>
  parseTask(text, { name: 'log:1.0.0@shared', document: documentWith(above), file: 'function.yaml' })

test('a task in a file of its own is read, as YAML and as JSON', () => {
  expect(taskIn('set: {x: "${ .a }"}\n')).toMatchObject({ value: { set: { x: '${ .a }' } }, problems: [] })
  expect(taskIn('{"wait": "PT1S"}')).toMatchObject({ value: { wait: 'PT1S' }, problems: [] })
  expect(taskIn('\uFEFF---\nwait: PT1S\n')).toMatchObject({ value: { wait: 'PT1S' }, problems: [] })
})

test.each([
  ['an unknown kind', 'rnu:\n  shell: {command: ls}\n', /^1:1 unknown_task_kind .*Did you mean `run`/],
  ['two kinds', 'wait: PT1S\nset: {x: 1}\n', /^2:1 two_kinds The task `log:1.0.0@shared`/],
  ['a list', '- set: {x: 1}\n', /^1:1 wrong_type .* must be an object; found a list/],
  ['no YAML', 'set: {x: 1\n', /yaml_syntax/],
  ['nothing', '', /^1:1 document_empty The file is empty\.$/],
  ['a key that is there twice', 'do:\n  - a:\n      set: {x: 1, x: 2}\n', /^3:19 duplicate_key/],
  ['a wrong expression', 'do:\n  - a:\n      set: {x: "${ .a + }"}\n', /^3:\d+ expression_syntax/],
  [
    'a target that is not there',
    'do:\n  - a:\n      set: {x: 1}\n      then: nowhere\n',
    /^4:13 unknown_target/,
  ],
])('what is wrong has its place in the file: %s', (_what, text, expected) => {
  const part = taskIn(text)
  expect(part.value).toBeUndefined()
  expect(told(part)[0]).toMatch(expected)
})

test('a task may name what the document declares, and nothing else', () => {
  const above = 'use: {timeouts: {short: {after: PT1S}}}\n'
  expect(taskIn('wait: PT1S\ntimeout: short\n', above).problems).toEqual([])
  expect(told(taskIn('wait: PT1S\ntimeout: long\n', above))[0]).toMatch(/^2:10 unknown_reference .*`long`/)
})

test('what is wrong elsewhere in the document is not said again', () => {
  const above = 'use: {functions: {}, retries: {r: {delay: PT1S, limit: {attempt: {count: 1}}}}}\n'
  expect(taskIn('wait: PT1S\n', above).problems).toEqual([])
})

test('pointers and positions are those of the part', () => {
  const part = taskIn('do:\n  - a:\n      set: {x: 1}\n      than: end\n')
  expect(part.problems[0]?.pointer).toBe('/do/0/a/than')
  expect(part.positionOf('/do/0/a/set').start).toMatchObject({ line: 3, column: 12 })
})

test('a JSON Schema in a file of its own is read and checked', () => {
  expect(parseJsonSchema('{"type": "object"}', 'x.json').value).toEqual({ type: 'object' })
  expect(parseJsonSchema('type: object\n', 'x.yaml').value).toEqual({ type: 'object' })
  const wrong: ParsedPart<unknown> = parseJsonSchema(
    '{\n  "type": "object",\n  "properties": {"a": {"type": "strng"}}\n}',
    'x.json',
  )
  expect(wrong.value).toBeUndefined()
  expect(told(wrong)[0]).toMatch(/^3:32 invalid_schema .*Did you mean `string`/)
})
