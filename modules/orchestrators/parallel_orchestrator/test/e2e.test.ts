/** `fork`, `nexus.dag` and `nexus.map` in whole documents, on the real engine with the real expressions. */
import { expect, test } from 'vitest'
import type { Json, JsonObject } from '@nexus/sdk'
import { pathsOf, run, runInTwoLives, stillClock } from '@nexus/nexus/testing'

const dag = (tasks: readonly JsonObject[], options: JsonObject = {}): JsonObject => ({
  call: 'nexus.dag',
  with: { tasks, ...options },
})
const set = (value: Json): JsonObject => ({ set: { n: value } })
const pause: JsonObject = { wait: { hours: 1 } }
const broken: JsonObject = {
  raise: { error: { type: 'https://example.com/errors/broken', status: 418, title: 'Broken' } },
}

const diamond = [
  { bottom: set('${ $tasks.left.n + $tasks["right"].n }') },
  { left: set('${ $tasks.top.n + 1 }') },
  { right: set('${ $tasks.top.n + 10 }') },
  { top: set('${ .start }') },
]

test('a graph of tasks runs in the order of what they mention, and gives name → output', async () => {
  const record = await run([{ graph: dag(diamond, { concurrency: '${ .slots }' }) }], {
    input: { start: 100, slots: 2 },
  })
  expect(record.output).toEqual({ bottom: { n: 211 }, left: { n: 101 }, right: { n: 110 }, top: { n: 100 } })
  expect(pathsOf(record, 'set')).toEqual([
    '/do/0/graph/with/tasks/3/top',
    '/do/0/graph/with/tasks/1/left',
    '/do/0/graph/with/tasks/2/right',
    '/do/0/graph/with/tasks/0/bottom',
  ])
})

test('a graph inside a graph has tasks of its own', async () => {
  const inner = dag([{ x: set('${ .start }') }, { y: set('${ $tasks.x.n * 2 }') }])
  const record = await run([{ graph: dag([{ a: inner }, { b: set('${ $tasks.a.y.n + 1 }') }]) }], {
    input: { start: 5 },
  })
  expect(record.output).toMatchObject({ b: { n: 11 } })
})

test('a task of a graph that faults is the fault of the run, and says where', async () => {
  const record = await run([{ graph: dag([{ a: broken }, { b: set(1) }], { after: { b: ['a'] } }) }])
  expect(record).toMatchObject({ status: 'faulted', error: { instance: '/do/0/graph/with/tasks/0/a' } })
  expect(pathsOf(record, 'set')).toEqual([])
})

test('closed in the middle, a graph goes on, and no task that had ended runs again', async () => {
  const tasks = [...diamond, { slow: pause }, { last: { ...set('${ $tasks.bottom.n + 1 }') } }]
  const { before, after } = await runInTwoLives(
    [{ graph: dag(tasks, { after: { last: ['slow', 'bottom'] } }) }],
    { input: { start: 1 } },
  )
  expect(before.status).toBe('running')
  expect(after).toMatchObject({ status: 'completed', output: { bottom: { n: 13 }, last: { n: 14 } } })
  expect(after.tasks.filter(({ kind }) => kind === 'set').map(({ attempts }) => attempts)).toEqual([
    1, 1, 1, 1, 1,
  ])
})

const map = (options: JsonObject, tasks: readonly JsonObject[]): JsonObject => ({
  call: 'nexus.map',
  with: { in: '.items', ...options, do: tasks },
})

test('a list runs for each item, and the outputs come in the order of the items', async () => {
  const record = await run(
    [
      {
        all: map({ each: 'x', at: 'i', concurrency: 2 }, [
          { one: set('${ $x * 10 }') },
          { two: set('${ .n + $i }') },
        ]),
      },
    ],
    { input: { items: [1, 2, 3] } },
  )
  expect(record.output).toEqual([{ n: 10 }, { n: 21 }, { n: 32 }])
  expect(pathsOf(record, 'set')).toContain('/do/0/all/item/2/with/do/1/two')
  expect(record.tasks.find(({ name }) => name === 'two')?.reference).toBe('/do/0/all/with/do/1/two')
})

test('a thousand items run with a bounded concurrency', async () => {
  const items = Array.from({ length: 1000 }, (_, index) => index)
  const record = await run([{ all: map({ concurrency: 16 }, [{ one: set('${ $item }') }]) }], {
    input: { items },
  })
  expect(record.output).toEqual(items.map((n) => ({ n })))
})

const fails = { if: '$item == "bad"', ...broken }

test('`any` takes the first item to complete; an item that faults drops out, one that waits is cancelled', async () => {
  const waits = { if: '$item == "slow"', ...pause }
  const record = await run(
    [{ first: map({ join: 'any' }, [{ fails }, { waits }, { one: set('${ $item }') }]) }],
    { input: { items: ['slow', 'bad', 'good'] }, clock: stillClock },
  )
  expect(record).toMatchObject({ status: 'completed', output: [{ n: 'good' }] })
  expect(record.tasks.find(({ kind }) => kind === 'wait')?.status).toBe('cancelled')
})

test('where too few items can complete, the error of the first as written is the fault', async () => {
  const record = await run([{ some: map({ join: { count: 2 } }, [{ fails }, { one: set(1) }]) }], {
    input: { items: ['bad', 'good', 'bad'] },
  })
  expect(record).toMatchObject({
    status: 'faulted',
    error: { status: 418, instance: '/do/0/some/with/do/0/fails' },
  })
})

test('closed in the middle, a map goes on with the items that had not ended', async () => {
  const { before, after } = await runInTwoLives(
    [{ all: map({ concurrency: 2 }, [{ one: set('${ $item }') }, { two: { if: '$item > 1', ...pause } }]) }],
    { input: { items: [0, 1, 2, 3, 4] }, waits: 2 },
  )
  expect(pathsOf(before, 'set')).toHaveLength(4)
  expect(after.output).toEqual([0, 1, 2, 3, 4].map((n) => ({ n })))
  expect(after.tasks.filter(({ kind }) => kind === 'set').map(({ attempts }) => attempts)).toEqual([
    1, 1, 1, 1, 1,
  ])
})

test('closed after a race, a run goes on with its winner', async () => {
  const branches = [{ slow: pause }, { fast: { do: [{ one: set(1) }] } }]
  const tasks = [
    { race: { fork: { compete: true, branches } } },
    { later: pause },
    { done: set('${ .n + 1 }') },
  ]
  const { before, after } = await runInTwoLives(tasks, { waits: 2 })
  expect(before.tasks.find(({ name }) => name === 'slow')?.status).toBe('cancelled')
  expect(after).toMatchObject({ status: 'completed', output: { n: 2 } })
})
