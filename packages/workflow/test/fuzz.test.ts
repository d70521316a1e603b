/** Valid documents, mutated: reading never throws and always gives a document or an error with a place. */
import * as fc from 'fast-check'
import { Compile } from 'typebox/schema'
import { expect, test } from 'vitest'
import { parseDocument } from 'yaml'
import { formatProblems, parseWorkflow, workflowSchema } from '../src/index.ts'
import { validTasks, withTask, withTasks } from './documents.ts'

const samples = [
  ...Object.values(validTasks).map((task) => withTask(task)),
  withTasks(
    Object.values(validTasks)
      .map((task, index) => `  - t${index}: ${task}\n`)
      .join(''),
  ),
]

const junk = fc.oneof(
  fc.constantFrom(
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    ': ',
    '- ',
    '\n',
    '\t',
    '#',
    '&a ',
    '*a',
    '!',
    '|\n',
    '>',
    '${',
    '}',
    '\0',
    '---\n',
    '<<: ',
  ),
  fc.constantFrom(
    'call',
    'do',
    'with',
    'then',
    'null',
    '5',
    'true',
    '__proto__',
    'constructor',
    '~',
    '.x | ',
    '$x',
  ),
  fc.string({ maxLength: 5 }),
)

const mutation = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  removed: fc.nat({ max: 8 }),
  added: junk,
})

/** One word of a document, taken out, mistyped, or replaced by another word of another document. */
const misspelt = fc
  .tuple(
    fc.constantFrom(...samples),
    fc.nat(),
    fc.constantFrom(...samples),
    fc.nat(),
    fc.constantFrom('swap', 'double', 'drop', 'other'),
  )
  .map(([sample, nth, otherSample, otherNth, how]) => {
    const words = [...sample.matchAll(/[\w.]+/g)]
    const others = [...otherSample.matchAll(/[\w.]+/g)]
    const { 0: word, index } = words[nth % words.length] ?? { 0: '', index: 0 }
    const replacement = {
      swap: word.slice(1, 2) + word.slice(0, 1) + word.slice(2),
      double: word + word.slice(-1),
      drop: '',
      other: others[otherNth % others.length]?.[0] ?? '',
    }[how]
    return sample.slice(0, index) + replacement + sample.slice(index + word.length)
  })

const mutated = fc
  .tuple(fc.constantFrom(...samples), fc.array(mutation, { minLength: 1, maxLength: 4 }))
  .map(([sample, mutations]) =>
    mutations.reduce((text, { at, removed, added }) => {
      const place = Math.floor(at * text.length)
      return text.slice(0, place) + added + text.slice(place + removed)
    }, sample),
  )

const fuzzMs = 2500

const anyMutated = fc.oneof(mutated, misspelt)

test('a mutated document is accepted or refused with a place, and never throws', () => {
  fc.assert(
    fc.property(anyMutated, (text) => {
      const parsed = parseWorkflow(text)
      const errors = parsed.problems.filter((problem) => problem.severity === 'error')
      expect(parsed.document === undefined).toBe(errors.length > 0)
      for (const { code, start, end, message } of parsed.problems) {
        expect(code).not.toBe('unreadable')
        expect(message).not.toBe('')
        expect(start.line).toBeGreaterThan(0)
        expect(start.column).toBeGreaterThan(0)
        expect(end.offset).toBeGreaterThanOrEqual(start.offset)
        expect(end.offset).toBeLessThanOrEqual(parsed.text.length)
      }
      formatProblems(parsed.problems, parsed)
    }),
    { interruptAfterTimeLimit: fuzzMs, numRuns: 100_000, markInterruptAsFailure: false },
  )
})

const shapeCodes = new Set([
  'unknown_key',
  'missing_key',
  'exclusive_keys',
  'wrong_type',
  'wrong_value',
  'too_few',
  'too_many',
  'two_tasks',
  'two_kinds',
  'unknown_task_kind',
])

test('a mutated document that the schema accepts has no mistake of shape, and one that it refuses has', () => {
  const validator = Compile(JSON.parse(JSON.stringify(workflowSchema)))
  fc.assert(
    fc.property(anyMutated, (text) => {
      const { problems } = parseWorkflow(text)
      const codes = problems.filter((problem) => problem.severity === 'error').map((problem) => problem.code)
      if (codes.some((code) => !shapeCodes.has(code))) return
      const value: unknown = parseDocument(text, { logLevel: 'silent' }).toJS()
      expect(validator.Check(value)).toBe(codes.length === 0)
    }),
    { interruptAfterTimeLimit: fuzzMs, numRuns: 100_000, markInterruptAsFailure: false },
  )
})
