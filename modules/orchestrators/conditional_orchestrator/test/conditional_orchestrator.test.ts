/** `switch`: which case is chosen, and what the list around it hears. */
import { expect, test } from 'vitest'
import { TaskFault, type Json } from '@nexus/sdk'
import { testContext } from '@nexus/sdk/testing'
import { Module } from '../main.ts'

/** Conditions are names of members of the input here; the real language is not this module's affair. */
function setup(cases: readonly Json[], input: Record<string, Json> = {}) {
  const evaluated: string[] = []
  const context = testContext({
    inputData: { switch: cases },
    input,
    evaluate(expression, given) {
      evaluated.push(expression)
      return (given as Record<string, Json>)[expression] ?? null
    },
  })
  return { evaluated, execute: () => new Module().execute(context) }
}

const cases = [{ one: { when: 'a', then: 'doA' } }, { two: { when: 'b', then: 'doB' } }]

test('the first case that holds says where the flow goes; the input passes through', async () => {
  const { execute, evaluated } = setup(cases, { a: true, b: true })
  expect(await execute()).toMatchObject({
    outputData: { a: true, b: true },
    metadata: { then: 'doA', case: 'one' },
  })
  expect(evaluated).toEqual(['a'])
})

test.for([0, '', [], {}] as Json[])('%j is true, as in jq', async (value) => {
  const { execute } = setup(cases, { b: value })
  expect((await execute()).metadata).toMatchObject({ then: 'doB' })
})

test('false and null are not true, and without a match there is no directive', async () => {
  const { execute } = setup(cases, { a: false, b: null })
  const result = await execute()
  expect(result.success).toBe(true)
  expect(result.metadata).toEqual({})
})

test('the default is chosen last, wherever it stands', async () => {
  const withDefault = [{ otherwise: { then: 'exit' } }, ...cases]
  expect((await setup(withDefault, { b: 1 }).execute()).metadata).toMatchObject({ then: 'doB' })
  expect((await setup(withDefault).execute()).metadata).toMatchObject({ then: 'exit', case: 'otherwise' })
})

test('a condition that cannot be evaluated faults the task', async () => {
  const fault = TaskFault.of('expression', 'Unexpected token.')
  const context = testContext({ inputData: { switch: cases }, evaluate: () => Promise.reject(fault) })
  await expect(new Module().execute(context)).rejects.toBe(fault)
})

test.for([
  [[{ a: { when: 'a' } }], '/switch/0: case "a" needs a `then`'],
  [[{ a: { when: 1, then: 'exit' } }], '`when` of case "a" must be an expression'],
  [[{ a: { then: 'exit' }, b: { then: 'exit' } }], '/switch/0: a case is written as an object with one key'],
  [[{ a: { then: 'exit' } }, { b: { then: 'end' } }], '"a" and "b" both have no `when`'],
] as [Json[], string][])('a wrong case is a configuration error: %j', async ([list, message]) => {
  await expect(setup(list).execute()).rejects.toThrow(message)
})
