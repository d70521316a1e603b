import { whyNotJson } from '@nexus/sdk'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { notJson } from '../src/hosts/json_check.ts'

test('the quick check and the thorough one agree on every value', () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withNullPrototype: true,
    withSparseArray: true,
  })
  fc.assert(
    fc.property(fc.oneof(anything, fc.jsonValue()), (value) => {
      expect(notJson(value)).toBe(whyNotJson(value))
    }),
  )
})

test('a cycle is told, not a crash', () => {
  const value: Record<string, unknown> = {}
  value['self'] = [value]
  expect(notJson(value)).toMatch(/a cycle$/)
})

test('a value that is deep but sound is JSON', () => {
  let value: unknown = 1
  for (let depth = 0; depth < 1000; depth++) value = [value]
  expect(notJson(value)).toBeUndefined()
})
