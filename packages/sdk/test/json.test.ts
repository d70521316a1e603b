import { expect, test } from 'vitest'
import { whyNotJson } from '../src/index.ts'

test('JSON values of every kind are JSON, and members that are undefined are left out', () => {
  for (const value of [
    null,
    true,
    0,
    -1.5,
    'ü',
    [],
    {},
    [1, [null]],
    { a: { b: [1] }, c: undefined },
    Object.create(null),
  ]) {
    expect(whyNotJson(value)).toBeUndefined()
  }
})

test.each([
  ['a function', { a: { b: () => 1 } }, '/a/b: a function is not JSON'],
  ['a big integer', [1, 2n], '/1: a bigint is not JSON'],
  ['what is no number', { x: Number.NaN }, '/x: NaN is not a JSON number'],
  ['infinity', Number.POSITIVE_INFINITY, '/: Infinity is not a JSON number'],
  ['a date', { at: new Date(0) }, '/at: a Date is not JSON'],
  ['a map', new Map(), '/: a Map is not JSON'],
  ['a hole in a list', [1, undefined], '/1: a undefined is not JSON'],
  ['a symbol', Symbol('x'), '/: a symbol is not JSON'],
])('%s is not JSON, and the place is named', (_name, value, why) => {
  expect(whyNotJson(value)).toBe(why)
})

test('a cycle ends with a reason', () => {
  const value: Record<string, unknown> = {}
  value['self'] = [value]
  expect(whyNotJson(value)).toMatch(/a cycle$/)
})

test('what is nested deeper than the limit is refused, what is at the limit is not', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)])
  expect(whyNotJson(nested(1_000))).toBeUndefined()
  expect(whyNotJson(nested(1_001))).toMatch(/deeper than 1000/)
})
