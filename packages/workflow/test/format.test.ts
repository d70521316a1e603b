/** Problems as people see them. */
import { expect, test } from 'vitest'
import { formatProblems, parseWorkflow } from '../src/index.ts'
import { withTask, withTasks } from './documents.ts'

test('a problem shows its place, its line, a mark below it and a hint', () => {
  const parsed = parseWorkflow(withTask('{call: http, wiht: {}}'), { file: 'pets.yaml' })
  expect(formatProblems(parsed.problems, parsed)).toBe(
    [
      'pets.yaml:7:21 error  `wiht` is not a key of this http call.',
      '  7 |   - t: {call: http, wiht: {}}',
      '    |                     ^^^^',
      '  hint: Did you mean `with`?',
    ].join('\n'),
  )
})

test('problems above the number that is shown are counted', () => {
  const parsed = parseWorkflow(withTasks('  - t: {wait: x}\n'.repeat(5)))
  const text = formatProblems(parsed.problems, parsed, { shownMax: 2 })
  expect(text.match(/ error /g)).toHaveLength(2)
  expect(text).toMatch(/… and 7 more problems\.$/)
})

test('colours are given only when they are asked for', () => {
  const parsed = parseWorkflow('5')
  expect(formatProblems(parsed.problems, parsed)).not.toContain('\u001B')
  expect(formatProblems(parsed.problems, parsed, { color: true })).toContain('\u001B[31;1merror\u001B[0m')
})

test('control characters of a file do not reach the terminal', () => {
  const parsed = parseWorkflow(withTask('{wait: "\u001B[2J\u202Esoon"}'))
  const text = formatProblems(parsed.problems, parsed)
  expect(text).not.toContain('\u001B')
  expect(text).not.toContain('\u202E')
})

test('a mark stands below its place in a long line and behind tabs', () => {
  const parsed = parseWorkflow(withTask(`{set: {a: ${'x'.repeat(300)}}, »wait: PT1S}`.replace('»', '')))
  const [, line, mark] = formatProblems(parsed.problems, parsed).split('\n')
  expect(line?.slice(mark?.indexOf('^'))).toMatch(/^wait/)
  expect(line?.length).toBeLessThan(130)
})
