/** The interface that other packages build on. */
import { expect, test } from 'vitest'
import { compile, JqLimitError, JqRuntimeError, JqSyntaxError } from '../src/index.ts'

test('a program gives every output lazily and the first one directly', () => {
  const program = compile('.items | map(select(.x > 1)) | length')
  expect([...program({ items: [{ x: 1 }, { x: 2 }] })]).toEqual([1])
  expect(program.first({ items: [] })).toBe(0)
  expect(compile('empty').first(null)).toBeUndefined()
  expect(compile('repeat(1)')(null).next().value).toBe(1)
})

test('variables are named when compiling and bound when running', () => {
  const program = compile('{a: .b, c: $input.d}', { variables: ['input', 'context'] })
  expect(program.first({ b: 1 }, { input: { d: 2 }, context: {} })).toEqual({ a: 1, c: 2 })
  expect([...program.references]).toEqual(['input'])
  expect(program.usesClock).toBe(false)
  expect(compile('now').usesClock).toBe(true)
})

test('the three kinds of failure are three classes', () => {
  expect(() => compile('.a |')).toThrow(JqSyntaxError)
  expect(() => compile('$nobody')).toThrow('$nobody is not defined')
  expect(() => compile('error({a: 1})').first(null)).toThrow(JqRuntimeError)
  expect(() => compile('[range(1e9)]').first(null)).toThrow(JqLimitError)
  expect(() => compile('now').first(null)).toThrow('run.now')
})
