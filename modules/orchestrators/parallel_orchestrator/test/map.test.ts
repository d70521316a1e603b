/** `nexus.map`: items, variables, how many at once, and when enough have completed. */
import { expect, test } from 'vitest'
import { Cancelled, errorTypeBase, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { outcome, testContext, type TestTask } from '@nexus/sdk/testing'
import { Module } from '../main.ts'
import { nextTurn } from './play.ts'

interface World {
  call?: JsonObject
  config?: JsonObject
  signal?: AbortSignal
  evaluate?: (expression: string) => Json
}

function setup(items: Json, list: TestTask, { call = {}, ...rest }: World = {}) {
  const context = testContext({
    inputData: { call: 'nexus.map', with: { in: items, do: [{ one: { set: {} } }], ...call } },
    input: 'in',
    tasks: { do: list },
    ...rest,
  })
  return { context, execute: () => new Module().execute(context) }
}

const item: TestTask = (_input, { variables }) => variables?.['item']

/** An item's list does what the item says: `wait` runs until it is aborted, `fail…` faults, anything else is its output. */
function player() {
  const aborted: Json[] = []
  const list: TestTask = async (_input, { variables, signal }) => {
    const said = variables?.['item']
    if (typeof said === 'string' && said.startsWith('fail')) throw TaskFault.of('runtime', said)
    if (said !== 'wait') return said
    await new Promise((resolve) => {
      signal?.addEventListener('abort', resolve, { once: true })
    })
    await nextTurn()
    aborted.push(variables?.['index'] ?? null)
    throw signal?.reason
  }
  return { aborted, list }
}

test('the list runs for each item with the call’s input; the outputs come in the order of the items', async () => {
  const first = Promise.withResolvers<void>()
  const list: TestTask = async (_input, { variables }) => {
    if (variables?.['index'] === 0) await first.promise
    else first.resolve()
    return variables?.['item']
  }
  const { context, execute } = setup(['x', 'y'], list)
  expect(await execute()).toMatchObject({ outputData: ['x', 'y'], metadata: {} })
  expect(context.recorded.children).toEqual([
    { at: ['with', 'do'], path: ['item', 0], input: 'in', variables: { item: 'x', index: 0 } },
    { at: ['with', 'do'], path: ['item', 1], input: 'in', variables: { item: 'y', index: 1 } },
  ])
})

test('the variables of item and index have the names that the call gives them', async () => {
  const { context, execute } = setup(['x'], () => 1, { call: { each: 'page', at: 'number' } })
  await execute()
  expect(context.recorded.children[0]?.variables).toEqual({ page: 'x', number: 0 })
})

test('items may come from an expression, or stand in the document with expressions in them', async () => {
  const evaluate = (expression: string): Json => (expression === '.list' ? [1, 2] : 'value')
  expect((await setup('.list', item, { evaluate }).execute()).outputData).toEqual([1, 2])
  expect((await setup([{ deep: '${ .x }' }, 3], item, { evaluate }).execute()).outputData).toEqual([
    { deep: 'value' },
    3,
  ])
})

test('no items give an empty array', async () => {
  expect((await setup([], item).execute()).outputData).toEqual([])
})

test('the first fault aborts the other items, waits for them and faults the call', async () => {
  const { aborted, list } = player()
  await expect(setup(['wait', 'fail: broken', 'wait'], list).execute()).rejects.toThrow('fail: broken')
  expect(aborted).toEqual([0, 2])
})

test('`any` gives the output of the first item to complete; faults drop out and the rest is aborted', async () => {
  const { aborted, list } = player()
  const { execute } = setup(['wait', 'fail', 'won', 'also'], list, { call: { join: 'any' } })
  expect((await execute()).outputData).toEqual(['won'])
  expect(aborted).toEqual([0])
})

test('a count gives the outputs of as many as first completed, in the order of the items', async () => {
  const second = Promise.withResolvers<void>()
  const list: TestTask = async (_input, { variables, signal }) => {
    if (variables?.['index'] === 0) await second.promise
    if (variables?.['index'] === 1)
      await new Promise((_resolve, reject) =>
        signal?.addEventListener('abort', () => reject(signal.reason as Error)),
      )
    second.resolve()
    return variables?.['item']
  }
  const { execute } = setup(['a', 'b', 'c'], list, { call: { join: { count: 2 } } })
  expect((await execute()).outputData).toEqual(['a', 'c'])
})

test('items that complete at the same moment give no more than were asked for', async () => {
  const { execute } = setup([1, 2, 3, 4], item, { call: { join: { count: 2 } } })
  expect((await execute()).outputData).toEqual([1, 2])
})

test('when enough can no longer complete, the rest is aborted and the first error as written is the fault', async () => {
  const late = Promise.withResolvers<void>()
  const { aborted, list } = player()
  const lateFirst: TestTask = async (input, child) => {
    if (child.variables?.['index'] === 0) await late.promise
    if (child.variables?.['index'] === 1) late.resolve()
    return list(input, child)
  }
  const { execute } = setup(['fail first', 'fail second', 'wait', 'done'], lateFirst, {
    call: { join: { count: 3 } },
  })
  await expect(execute()).rejects.toThrow('fail first')
  expect(aborted).toEqual([2])
})

test.for([
  ['any', [], 'waits for 1 to complete, but there are 0 items'],
  [{ count: 3 }, [1, 2], 'waits for 3 to complete, but there are 2 items'],
] as [Json, Json, string][])('a join of %j over %j is a validation error', async ([join, items, message]) => {
  const { context, execute } = setup(items, item, { call: { join } })
  const fault = await execute().catch((error: unknown) => error)
  expect(fault).toMatchObject({ error: { type: `${errorTypeBase}validation` } })
  expect(String(fault)).toContain(message)
  expect(context.recorded.children).toEqual([])
})

test('`end` in an item aborts the others and ends the workflow with its output', async () => {
  const { aborted, list } = player()
  const ending: TestTask = (input, child) =>
    child.variables?.['item'] === 'last' ? outcome('over', { then: 'end' }) : list(input, child)
  const { execute } = setup(['wait', 'last'], ending)
  expect(await execute()).toMatchObject({ outputData: 'over', metadata: { then: 'end' } })
  expect(aborted).toEqual([0])
})

test('10,000 items run 64 at once, and never more than 64 have begun and not ended', async () => {
  let running = 0
  let most = 0
  let begun = 0
  const list: TestTask = async () => {
    begun++
    most = Math.max(most, ++running)
    await nextTurn()
    return --running
  }
  const items = Array.from({ length: 10_000 }, (_, index) => index)
  const result = await setup(items, list, { call: { concurrency: 64 } }).execute()
  expect(result.outputData).toHaveLength(10_000)
  expect([begun, most]).toEqual([10_000, 64])
})

test('cancelling the run aborts the items that run and begins no other', async () => {
  const cancel = new AbortController()
  const cancelled = new Cancelled()
  const { aborted, list } = player()
  const { context, execute } = setup(['wait', 'wait', 'wait'], list, {
    call: { concurrency: 2 },
    signal: cancel.signal,
  })
  const running = execute()
  await nextTurn()
  cancel.abort(cancelled)
  await expect(running).rejects.toBe(cancelled)
  expect(aborted).toEqual([0, 1])
  expect(context.recorded.children).toHaveLength(2)
})

test('in a resumed run items that were aborted then hold their places until what decided is heard', async () => {
  const list: TestTask = (_input, { variables }) => {
    if (variables?.['item'] === 'aborted') throw new Cancelled()
    return variables?.['item']
  }
  const world = { call: { join: { count: 2 }, concurrency: 2 } }
  const { context, execute } = setup(['aborted', 'a', 'b', 'never'], list, world)
  expect((await execute()).outputData).toEqual(['a', 'b'])
  expect(context.recorded.children).toHaveLength(3)
})

test.for([
  [null, 'gave null'],
  [{ a: 1 }, 'gave an object'],
] as [Json, string][])('items that are no list are a validation error: %j', async ([items, message]) => {
  const fault = await setup('.list', item, { evaluate: () => items })
    .execute()
    .catch((error: unknown) => error)
  expect(fault).toMatchObject({ error: { type: `${errorTypeBase}validation` } })
  expect(String(fault)).toContain(`A \`nexus.map\` goes through a list, but its \`in\` (.list) ${message}`)
})

test.for([
  [{ in: 1 }, '`in` of a `nexus.map` must be'],
  [{ each: 1 }, '`each` of a `nexus.map` must be'],
  [{ at: 1 }, '`at` of a `nexus.map` must be'],
  [{ do: {} }, 'needs a list of tasks, `do`'],
  [{ join: 'some' }, '`join` of a `nexus.map` must be'],
  [{ join: { count: 0 } }, '`join` of a `nexus.map` must be'],
] as [JsonObject, string][])('a wrong call is a configuration error: %j', async ([call, message]) => {
  const fault = await setup([1], item, { call })
    .execute()
    .catch((error: unknown) => error)
  expect(fault).toMatchObject({ error: { type: `${errorTypeBase}configuration` } })
  expect(String(fault)).toContain(message)
})
