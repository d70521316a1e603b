/** `try` and `catch`: which errors are caught, and what becomes of them. */
import { expect, test } from 'vitest'
import { Cancelled, errorTypeBase, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { outcome, testContext } from '@nexus/sdk/testing'
import { Module } from '../main.ts'
import { fails, setup, unavailable } from './setup.ts'

const recovered = () => 'recovered'

test('without an error the output of the list is the output, and nothing is caught', async () => {
  const { context, execute } = setup({ attempts: [(input) => ({ got: input })], handler: recovered })
  expect(await execute()).toMatchObject({ success: true, outputData: { got: 'in' }, metadata: {} })
  expect(context.recorded.children).toEqual([{ at: ['try'], input: 'in' }])
})

test('an error that is caught goes to `catch.do`, which gets the task’s input and the error as `$error`', async () => {
  const { context, execute } = setup({ catch: { do: [] }, handler: recovered })
  expect(await execute()).toMatchObject({ outputData: 'recovered', metadata: {} })
  expect(context.recorded.children[1]).toEqual({
    at: ['catch', 'do'],
    input: 'in',
    variables: { error: unavailable.error },
  })
})

test('`as` names the variable of the error', async () => {
  const { context, execute } = setup({ catch: { as: 'problem', do: [] }, handler: recovered })
  await execute()
  expect(Object.keys(context.recorded.children[1]?.variables ?? {})).toEqual(['problem'])
})

test('an error that is caught by a clause without `do` leaves the task’s input as the output', async () => {
  expect(await setup({ catch: {} }).execute()).toMatchObject({
    success: true,
    outputData: 'in',
    metadata: {},
  })
})

test.for([
  [{ status: 503 }, true],
  [{ status: 404 }, false],
  [{ type: `${errorTypeBase}communication`, status: 503 }, true],
  [{ type: `${errorTypeBase}communication`, status: 500 }, false],
  [{ type: `${errorTypeBase}timeout` }, false],
  [{ type: 'https://open-workflow-specification.org/dsl/errors/types/communication' }, true],
  [{ type: 'https://serverlessworkflow.io/dsl/errors/types/communication' }, true],
  [{ type: 'https://serverlessworkflow.io/spec/1.0.0/errors/communication' }, true],
  [{ type: 'https://serverlessworkflow.io/spec/1.0.0/errors/timeout' }, false],
  [{ type: 'https://example.com/spec/1.0.0/errors/communication' }, false],
  [{ type: 'communication' }, false],
  [{ title: 'Communication Error', detail: 'No answer.' }, true],
  [{ title: 'Another' }, false],
  [{ detail: 'Another' }, false],
  [{ instance: '/do/0/guarded/try/0/one' }, true],
  [{ instance: '/do/1' }, false],
  [{ unheardOf: 'x' }, false],
] as [JsonObject, boolean][])('the filter %j catches the error: %j', async ([filter, caught]) => {
  const fault = new TaskFault({ ...unavailable.error, instance: '/do/0/guarded/try/0/one' })
  const { execute } = setup({
    catch: { errors: { with: filter }, do: [] },
    attempts: [fails(fault)],
    handler: recovered,
  })
  if (caught) expect((await execute()).outputData).toBe('recovered')
  else await expect(execute()).rejects.toBe(fault)
})

test('a type of one’s own is caught by the very same type alone', async () => {
  const fault = new TaskFault({ type: 'https://example.com/errors/stock', status: 409 })
  const caughtBy = (type: string) =>
    setup({ catch: { errors: { with: { type } } }, attempts: [fails(fault)] }).execute()
  expect((await caughtBy('https://example.com/errors/stock')).success).toBe(true)
  await expect(caughtBy('https://example.org/errors/stock')).rejects.toBe(fault)
})

test.for([
  [{ when: 'yes' }, true],
  [{ when: 'no' }, false],
  [{ when: 'nothing' }, false],
  [{ exceptWhen: 'no' }, true],
  [{ exceptWhen: 'yes' }, false],
  [{ when: 'yes', exceptWhen: 'yes' }, false],
] as [JsonObject, boolean][])('the conditions %j catch the error: %j', async ([conditions, caught]) => {
  const { evaluated, execute } = setup({
    catch: { as: 'e', ...conditions },
    expressions: { yes: 0, no: false, nothing: null },
  })
  if (caught) await execute()
  else await expect(execute()).rejects.toBe(unavailable)
  expect(evaluated[0]?.variables).toEqual({ e: unavailable.error })
})

test('conditions are not asked of an error that the filter does not let through', async () => {
  const { evaluated, execute } = setup({ catch: { errors: { with: { status: 404 } }, when: 'yes' } })
  await expect(execute()).rejects.toBe(unavailable)
  expect(evaluated).toEqual([])
})

test('`catch.then` says where the flow goes after an error, with and without `do`', async () => {
  const clause = { then: 'mend' }
  expect((await setup({ catch: clause }).execute()).metadata).toEqual({ then: 'mend' })
  const { execute } = setup({ catch: { ...clause, do: [] }, handler: recovered })
  expect(await execute()).toMatchObject({ outputData: 'recovered', metadata: { then: 'mend' } })
})

test('`catch.then` says nothing where there was no error', async () => {
  expect((await setup({ catch: { then: 'mend' }, attempts: [() => 1] }).execute()).metadata).toEqual({})
})

test('`end` ends the workflow, in the list as in `catch.do`', async () => {
  const end = () => outcome('over', { then: 'end' })
  const ended = { outputData: 'over', metadata: { then: 'end' } }
  expect(await setup({ attempts: [end] }).execute()).toMatchObject(ended)
  expect(await setup({ catch: { do: [], then: 'mend' }, handler: end }).execute()).toMatchObject(ended)
})

test('an error in `catch.do` is not caught again', async () => {
  const second = TaskFault.of('runtime', 'It cannot be mended.')
  await expect(setup({ catch: { do: [] }, handler: fails(second) }).execute()).rejects.toBe(second)
})

test('a cancellation is never caught', async () => {
  const cancelled = new Cancelled()
  const { execute } = setup({ attempts: [fails(cancelled)], catch: { do: [] }, handler: recovered })
  await expect(execute()).rejects.toBe(cancelled)
})

test('what a list fails with while its run is stopped is not caught', async () => {
  const stop = new AbortController()
  const reason = new Error('The process stops.')
  const attempt = () => {
    stop.abort(reason)
    throw unavailable
  }
  const world = { attempts: [attempt], catch: { do: [] }, handler: recovered, signal: stop.signal }
  await expect(setup(world).execute()).rejects.toBe(reason)
})

test('an exception that is no fault of a task is not caught', async () => {
  const bug = new Error('A bug.')
  await expect(
    setup({ attempts: [fails(bug)], catch: { do: [] }, handler: recovered }).execute(),
  ).rejects.toBe(bug)
})

test.for([
  [{ catch: {} }, 'needs a list of tasks'],
  [{ try: [] }, 'needs a `catch`'],
  [{ try: [], catch: { errors: [] } }, '`catch.errors` is written as'],
  [{ try: [], catch: { errors: { with: 404 } } }, '`catch.errors` is written as'],
  [{ try: [], catch: { as: 1 } }, '`catch.as` must be a text'],
  [{ try: [], catch: { when: true } }, '`catch.when` must be a text'],
  [{ try: [], catch: { do: {} } }, '`catch.do` must be a list'],
  [{ try: [], catch: { retry: 3 } }, '`catch.retry` must be a retry policy'],
] as [Json, string][])(
  'a definition that is no try is a configuration error: %j',
  async ([inputData, message]) => {
    const fault = await new Module().execute(testContext({ inputData })).catch((error: unknown) => error)
    expect(fault).toMatchObject({ error: { type: `${errorTypeBase}configuration` } })
    expect(String(fault)).toContain(message)
  },
)
