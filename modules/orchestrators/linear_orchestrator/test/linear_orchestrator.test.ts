/** `do`: order, data flow, directives, bounds. */
import { expect, test } from 'vitest'
import { Cancelled, TaskFault, type Json } from '@nexus/sdk'
import { outcome, testContext, type TestTask } from '@nexus/sdk/testing'
import { Module } from '../main.ts'

interface World {
  input?: Json
  config?: { max_visits: number }
  signal?: AbortSignal
}

function setup(tasks: Record<string, TestTask>, world: World = {}) {
  const inputData = { do: Object.keys(tasks).map((name) => ({ [name]: { set: {} } })) }
  const context = testContext({ inputData, tasks, ...world })
  return { context, execute: () => new Module().execute(context) }
}

const append =
  (letter: string): TestTask =>
  (input) =>
    `${typeof input === 'string' ? input : ''}${letter}`

const skipped: TestTask = () => outcome(null, { status: 'skipped' })

const again: TestTask = (input) => outcome(Number(input) + 1, { then: Number(input) < 2 ? 'a' : 'continue' })

test('each task gets the output of the one before it, and the last output is the list’s', async () => {
  const { context, execute } = setup({ a: append('a'), b: append('b'), c: append('c') }, { input: '-' })
  const result = await execute()
  expect(result).toMatchObject({ success: true, outputData: '-abc', metadata: {} })
  expect(context.recorded.children).toEqual([
    { at: ['do', 0, 'a'], input: '-' },
    { at: ['do', 1, 'b'], input: '-a' },
    { at: ['do', 2, 'c'], input: '-ab' },
  ])
})

test('an empty list gives its input', async () => {
  const { execute } = setup({}, { input: { kept: true } })
  expect((await execute()).outputData).toEqual({ kept: true })
})

test('a skipped task passes its input on', async () => {
  const { execute } = setup({ a: append('a'), b: skipped, c: append('c') }, { input: '-' })
  expect((await execute()).outputData).toBe('-ac')
})

test('a name as `then` goes on at that task', async () => {
  const { execute } = setup({ a: () => outcome('a', { then: 'c' }), b: append('b'), c: append('c') })
  expect((await execute()).outputData).toBe('ac')
})

test('`exit` leaves the list with the output so far and says nothing to the list around it', async () => {
  const { execute } = setup({ a: () => outcome('a', { then: 'exit' }), b: append('b') })
  expect(await execute()).toMatchObject({ outputData: 'a', metadata: {} })
})

test('`end` leaves the list and tells the list around it', async () => {
  const { execute } = setup({ a: () => outcome('a', { then: 'end' }), b: append('b') })
  expect(await execute()).toMatchObject({ outputData: 'a', metadata: { then: 'end' } })
})

test('a task that comes round again has a path of its own for each visit', async () => {
  const { context, execute } = setup({ a: again, b: (input) => input }, { input: 0 })
  expect((await execute()).outputData).toBe(3)
  expect(context.recorded.children.map(({ path }) => path)).toEqual([
    undefined,
    ['do', 0, 'a', 1],
    ['do', 0, 'a', 2],
    undefined,
  ])
})

test('an unknown name as `then` is a configuration error that offers the nearest task', async () => {
  const { execute } = setup({ fetch: () => outcome(1, { then: 'reprot' }), report: append('r') })
  const fault = await execute().catch((error: unknown) => error)
  expect(fault).toBeInstanceOf(TaskFault)
  expect(fault).toMatchObject({ error: { type: expect.stringContaining('configuration') } })
  expect(String(fault)).toContain('"fetch" goes on to "reprot"')
  expect(String(fault)).toContain('Did you mean "report"?')
})

test('an unknown name that is near none lists the tasks', async () => {
  const { execute } = setup({ fetch: () => outcome(1, { then: 'elsewhere' }), report: append('r') })
  await expect(execute()).rejects.toThrow('Tasks of this list: fetch, report.')
})

test('a flow that goes round for ever ends at max_visits, naming the task', async () => {
  const world = { config: { max_visits: 50 } }
  const { context, execute } = setup({ a: append('a'), b: () => outcome(null, { then: 'a' }) }, world)
  await expect(execute()).rejects.toThrow('Task "a" ran 50 times in one list')
  expect(context.recorded.children).toHaveLength(100)
})

test('the fault of a task is let through as it is', async () => {
  const fault = TaskFault.of('communication', 'No answer.', { status: 503 })
  const { execute } = setup({
    a: () => {
      throw fault
    },
  })
  await expect(execute()).rejects.toBe(fault)
})

test('a cancelled run starts no further task', async () => {
  const cancel = new AbortController()
  const cancelled = new Cancelled()
  const tasks = { a: () => cancel.abort(cancelled) ?? 1, b: append('b') }
  const { context, execute } = setup(tasks, { signal: cancel.signal })
  await expect(execute()).rejects.toBe(cancelled)
  expect(context.recorded.children).toHaveLength(1)
})

test.for([
  [{ do: 'a' }, 'needs a list of tasks'],
  [{ do: [{ a: {}, b: {} }] }, '/do/0: a task is written as an object with one key'],
  [{ do: [{ a: {} }, 1] }, '/do/1: a task is written'],
] as [Json, string][])(
  'a list that is not one is a configuration error: %j',
  async ([inputData, message]) => {
    const context = testContext({ inputData, tasks: { a: () => 1 } })
    await expect(new Module().execute(context)).rejects.toThrow(message)
  },
)
