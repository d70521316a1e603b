/** `for`: items, variables, the data between iterations, conditions, bounds. */
import { expect, test } from 'vitest'
import { Cancelled, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { outcome, testContext, type TestTask } from '@nexus/sdk/testing'
import { Module } from '../main.ts'

interface World {
  head?: JsonObject
  condition?: string
  input?: Json
  config?: JsonObject
  signal?: AbortSignal
  /** Plays expressions; by default an expression gives the items a, b, c. */
  evaluate?: (expression: string, input: Json, variables: JsonObject) => Json | Promise<Json>
}

function setup(list: TestTask, world: World = {}) {
  const { head = { in: '.items' }, condition, evaluate = () => ['a', 'b', 'c'], ...rest } = world
  const evaluated: { expression: string; input: Json; variables: JsonObject }[] = []
  const context = testContext({
    inputData: {
      for: head,
      ...(condition !== undefined && { while: condition }),
      do: [{ one: { set: {} } }],
    },
    tasks: { do: list },
    evaluate(expression, input, variables) {
      evaluated.push({ expression, input, variables })
      return evaluate(expression, input, variables)
    },
    input: '-',
    ...rest,
  })
  return { context, evaluated, execute: () => new Module().execute(context) }
}

const appendItem: TestTask = (input, { variables = {} }) => text(input) + text(variables['item'])
const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '')
const identity: TestTask = (input) => input

test('each iteration gets the output of the one before it, and the last output is the loop’s', async () => {
  const { context, evaluated, execute } = setup(appendItem)
  expect(await execute()).toMatchObject({ success: true, outputData: '-abc', metadata: {} })
  expect(context.recorded.children).toEqual([
    { at: ['do'], path: ['for', 0], input: '-', variables: { item: 'a', index: 0 } },
    { at: ['do'], path: ['for', 1], input: '-a', variables: { item: 'b', index: 1 } },
    { at: ['do'], path: ['for', 2], input: '-ab', variables: { item: 'c', index: 2 } },
  ])
  expect(evaluated).toEqual([{ expression: '.items', input: '-', variables: {} }])
})

test('the variables of item and index have the names that the loop gives them', async () => {
  const { context, execute } = setup(identity, { head: { each: 'color', in: '.colors', at: 'place' } })
  await execute()
  expect(context.recorded.children[1]?.variables).toEqual({ color: 'b', place: 1 })
})

test('a loop over nothing gives its input', async () => {
  const { context, execute } = setup(appendItem, { evaluate: () => [] })
  expect((await execute()).outputData).toBe('-')
  expect(context.recorded.children).toEqual([])
})

test('a list that is written out is gone through with the expressions in it evaluated', async () => {
  const head = { in: [1, { deep: ['${ .x }', 'no ${ .x }'] }, ' ${ .y } '] }
  const { context, execute } = setup(identity, { head, evaluate: (expression) => expression.trim().length })
  await execute()
  expect(context.recorded.children.map(({ variables }) => variables?.['item'])).toEqual([
    1,
    { deep: [7, 'no ${ .x }'] },
    7,
  ])
})

test('`while` is asked before each iteration, with its variables and the data so far, and ends the loop', async () => {
  const { evaluated, execute } = setup(appendItem, {
    condition: '. != "-ab"',
    evaluate: (expression, input) => (expression === '.items' ? ['a', 'b', 'c'] : input !== '-ab'),
  })
  expect((await execute()).outputData).toBe('-ab')
  expect(
    evaluated.slice(1).map(({ input, variables }) => [input, variables['item'], variables['index']]),
  ).toEqual([
    ['-', 'a', 0],
    ['-a', 'b', 1],
    ['-ab', 'c', 2],
  ])
})

test('a `while` that gives null ends the loop, one that gives 0 does not', async () => {
  const answers: Json[] = [0, null]
  const { context, execute } = setup(identity, {
    condition: '.go',
    evaluate: (expression) => (expression === '.items' ? [1, 2, 3] : (answers.shift() ?? null)),
  })
  await execute()
  expect(context.recorded.children).toHaveLength(1)
})

test('`end` in an iteration ends the loop and tells the list around it', async () => {
  const { context, execute } = setup(() => outcome('over', { then: 'end' }))
  expect(await execute()).toMatchObject({ outputData: 'over', metadata: { then: 'end' } })
  expect(context.recorded.children).toHaveLength(1)
})

test.for([
  [null, 'gave null'],
  [{ a: 1 }, 'gave an object'],
  ['abc', 'gave the string "abc"'],
  [3, 'gave the number 3'],
  ['x'.repeat(100), `gave the string "${'x'.repeat(59)}…`],
] as [Json, string][])(
  'items that are no list are a validation error that says what they are: %j',
  async ([items, message]) => {
    const fault = await setup(identity, { evaluate: () => items })
      .execute()
      .catch((error: unknown) => error)
    expect(fault).toBeInstanceOf(TaskFault)
    expect(fault).toMatchObject({ error: { type: expect.stringContaining('validation') } })
    expect(String(fault)).toContain(`its \`in\` (.items) ${message}`)
  },
)

test('100,000 iterations run one after the other and leave one output', async () => {
  let iterations = 0
  const items = Array.from({ length: 100_000 }, (_, index) => index)
  // Without testContext: it keeps every child, which is what this loop must not do.
  const { context } = setup(identity, { evaluate: () => items })
  const run = {
    ...context.run,
    list: async ({ input }: { input: Json }) => {
      iterations++
      return { status: 'completed' as const, output: Number(input) + 1, then: 'continue' }
    },
    input: 0,
  }
  expect((await new Module().execute({ ...context, run })).outputData).toBe(100_000)
  expect(iterations).toBe(100_000)
})

test('more items than max_iterations are refused before the first iteration', async () => {
  const { context, execute } = setup(identity, { config: { max_iterations: 2 } })
  await expect(execute()).rejects.toThrow('A loop over 3 items goes beyond the 2 iterations')
  expect(context.recorded.children).toEqual([])
})

test('with a `while` that ends it in time a loop may have more items than max_iterations', async () => {
  const evaluate: World['evaluate'] = (expression, _input, { index }) =>
    expression === '.items' ? [1, 2, 3] : Number(index) < 2
  const world = { config: { max_iterations: 2 }, condition: '$index < 2', evaluate }
  expect((await setup(identity, world).execute()).success).toBe(true)
})

test('a `while` that holds beyond max_iterations ends in an error there', async () => {
  const evaluate: World['evaluate'] = (expression) => (expression === '.items' ? [1, 2, 3] : true)
  const { context, execute } = setup(identity, { config: { max_iterations: 2 }, condition: 'true', evaluate })
  await expect(execute()).rejects.toThrow('raise max_iterations of loop_orchestrator')
  expect(context.recorded.children).toHaveLength(2)
})

test('the fault of a task is let through as it is', async () => {
  const fault = TaskFault.of('communication', 'No answer.', { status: 503 })
  await expect(setup(() => Promise.reject(fault)).execute()).rejects.toBe(fault)
})

test('a cancelled run starts no further iteration', async () => {
  const cancel = new AbortController()
  const cancelled = new Cancelled()
  const { context, execute } = setup(() => cancel.abort(cancelled) ?? 1, { signal: cancel.signal })
  await expect(execute()).rejects.toBe(cancelled)
  expect(context.recorded.children).toHaveLength(1)
})

test.for([
  [{ do: [] }, 'says what it goes through'],
  [{ for: { each: 'x' }, do: [] }, '`in` of a loop must be'],
  [{ for: { in: { a: 1 } }, do: [] }, '`in` of a loop must be'],
  [{ for: { in: '.a', each: 1 }, do: [] }, '`each` of a loop must be'],
  [{ for: { in: '.a', at: 1 }, do: [] }, '`at` of a loop must be'],
  [{ for: { in: '.a' }, while: true, do: [] }, '`while` of a loop must be'],
] as [Json, string][])(
  'a definition that is no loop is a configuration error: %j',
  async ([inputData, message]) => {
    const fault = await new Module().execute(testContext({ inputData })).catch((error: unknown) => error)
    expect(fault).toMatchObject({ error: { type: expect.stringContaining('configuration') } })
    expect(String(fault)).toContain(message)
  },
)
