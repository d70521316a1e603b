/** `nexus.dag`: what needs what, when each task begins, what it sees, and how the whole ends. */
import { expect, test } from 'vitest'
import { Cancelled, errorTypeBase, type Json, type JsonObject } from '@nexus/sdk'
import { outcome, testContext, type TestTask } from '@nexus/sdk/testing'
import { Module } from '../main.ts'
import { endless, fails, nextTurn } from './play.ts'

interface World {
  after?: JsonObject
  concurrency?: Json
  /** What the tasks' definitions say, by name. */
  definitions?: Readonly<Record<string, Json>>
  config?: JsonObject
  signal?: AbortSignal
  evaluate?: (expression: string) => Json
}

function setup(tasks: Record<string, TestTask>, world: World = {}) {
  const { after, concurrency, definitions = {}, ...rest } = world
  const list = Object.keys(tasks).map((name) => ({ [name]: definitions[name] ?? { set: {} } }))
  const call = { tasks: list, ...(after && { after }), ...(concurrency !== undefined && { concurrency }) }
  const context = testContext({
    inputData: { call: 'nexus.dag', with: call },
    input: 'in',
    tasks,
    ...rest,
  })
  return { context, execute: () => new Module().execute(context) }
}

/** Tasks whose ends the test decides, and a record of which have begun. */
function byHand(names: readonly string[]) {
  const begun: string[] = []
  const ends = new Map<string, () => void>()
  const tasks = Object.fromEntries(
    names.map((name): [string, TestTask] => [
      name,
      async () => {
        begun.push(name)
        await new Promise<void>((resolve) => ends.set(name, resolve))
        return name.toUpperCase()
      },
    ]),
  )
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.()
    await nextTurn()
  }
  return { begun, tasks, end }
}

const uses = (...names: string[]): Json => ({
  set: { value: `\${ [${names.map((name) => `$tasks.${name}`).join()}] }` },
})

test('each task gets the call’s input and the outputs of those that it needs; the output is name → output', async () => {
  const { context, execute } = setup(
    { c: () => 3, a: () => 1, b: () => 2 },
    { definitions: { c: uses('a', 'b'), b: uses('a') } },
  )
  expect(await execute()).toMatchObject({ outputData: { a: 1, b: 2, c: 3 }, metadata: {} })
  expect(context.recorded.children).toEqual([
    { at: ['with', 'tasks', 1, 'a'], input: 'in', variables: { tasks: {} } },
    { at: ['with', 'tasks', 2, 'b'], input: 'in', variables: { tasks: { a: 1 } } },
    { at: ['with', 'tasks', 0, 'c'], input: 'in', variables: { tasks: { a: 1, b: 2 } } },
  ])
})

test('no tasks give an empty object', async () => {
  expect((await setup({}).execute()).outputData).toEqual({})
})

test('a task begins the moment the last of those that it needs has ended, whatever else still runs', async () => {
  const { begun, tasks, end } = byHand(['a', 'slow', 'b', 'c', 'd'])
  const { execute } = setup(tasks, { after: { b: ['a'], c: ['b'], d: ['c', 'slow'] } })
  const running = execute()
  await nextTurn()
  expect(begun).toEqual(['a', 'slow'])
  await end('a')
  expect(begun).toEqual(['a', 'slow', 'b'])
  await end('b')
  expect(begun).toEqual(['a', 'slow', 'b', 'c'])
  await end('c')
  expect(begun).not.toContain('d')
  await end('slow')
  expect(begun).toContain('d')
  await end('d')
  expect((await running).outputData).toEqual({ a: 'A', slow: 'SLOW', b: 'B', c: 'C', d: 'D' })
})

test.for([
  '${ $tasks.a }',
  '.x | $tasks.a.deep[0]',
  '${ $tasks["a"] }',
  '${ $tasks.["a"] }',
  '${ $tasks."a" }',
  '${ $tasks [ "a" ] }',
] as string[])('%s is a dependency, however deep it stands', async (text) => {
  const { context, execute } = setup(
    { b: () => 2, a: () => 1 },
    { definitions: { b: { do: [{ inner: { set: { list: [{ value: text }] } } }] } } },
  )
  await execute()
  expect(context.recorded.children.map(({ at }) => at.at(-1))).toEqual(['a', 'b'])
})

test('names that no identifier could be are dependencies too', async () => {
  const { context, execute } = setup(
    { b: () => 2, 'a-1 é': () => 1, ['__proto__']: () => 0 },
    { definitions: { b: { set: { value: '${ $tasks["a-1 é"] + $tasks["__proto__"] }' } } } },
  )
  const result = await execute()
  expect(Object.entries(context.recorded.children.at(-1)?.variables?.['tasks'] ?? {})).toEqual([
    ['a-1 é', 1],
    ['__proto__', 0],
  ])
  expect(Object.keys(result.outputData as JsonObject)).toEqual(['b', 'a-1 é', '__proto__'])
})

test('inside a graph in a graph, `$tasks` means the inner tasks; around them it means the outer ones', async () => {
  const inner = {
    call: 'nexus.dag',
    with: { tasks: [{ x: { set: {} } }, { y: uses('x') }], concurrency: '${ $tasks.a }' },
  }
  const { context, execute } = setup({ b: () => 2, a: () => 1 }, { definitions: { b: inner } })
  await execute()
  expect(context.recorded.children[1]?.variables).toEqual({ tasks: { a: 1 } })
})

test('what a call of something else has under the name of `tasks` is looked into', async () => {
  const call = { call: 'planner', with: { tasks: ['${ $tasks.a }'] } }
  const { context, execute } = setup({ b: () => 2, a: () => 1 }, { definitions: { b: call } })
  await execute()
  expect(context.recorded.children[1]?.variables).toEqual({ tasks: { a: 1 } })
})

test('where `after` names a task it alone counts, and a mention besides it is told to the operator', async () => {
  const { context, execute } = setup(
    { c: () => 3, a: () => 1, b: () => nextTurn().then(() => 2) },
    { after: { c: ['b'] }, definitions: { c: uses('a', 'b') } },
  )
  await execute()
  expect(context.recorded.children.at(-1)?.variables).toEqual({ tasks: { b: 2 } })
  expect(context.recorded.logs).toEqual([
    {
      level: 'warn',
      message: 'Task "c" mentions $tasks["a"], which `after.c` does not list: it has no value there.',
    },
  ])
})

test('a skipped task counts as ended, with its input as its output', async () => {
  const { context, execute } = setup(
    { a: () => outcome(null, { status: 'skipped' }), b: () => 2 },
    { definitions: { b: uses('a') } },
  )
  expect((await execute()).outputData).toEqual({ a: 'in', b: 2 })
  expect(context.recorded.children[1]?.variables).toEqual({ tasks: { a: 'in' } })
})

test('a task that faults aborts the others, waits for them and faults the call; nothing begins after it', async () => {
  const other = endless()
  const { context, execute } = setup(
    { other: other.task, wrong: fails('Broken.'), behind: () => 1 },
    { after: { behind: ['wrong'] } },
  )
  await expect(execute()).rejects.toThrow('Broken.')
  expect(other.state).toEqual({ started: true, gone: true })
  expect(context.recorded.children).toHaveLength(2)
})

test('`end` in a task aborts the others and ends the workflow with its output', async () => {
  const other = endless()
  const { execute } = setup({ other: other.task, last: () => outcome('over', { then: 'end' }) })
  expect(await execute()).toMatchObject({ outputData: 'over', metadata: { then: 'end' } })
  expect(other.state.gone).toBe(true)
})

test('`exit` ends its task alone, and a task cannot go on to another', async () => {
  const exit = setup({ a: () => outcome(1, { then: 'exit' }), b: () => 2 })
  expect((await exit.execute()).outputData).toEqual({ a: 1, b: 2 })
  const jump = setup({ a: () => outcome(1, { then: 'b' }), b: () => 2 })
  await expect(jump.execute()).rejects.toThrow('Task "a" of a `nexus.dag` goes on to "b"')
})

test('cancelling the run aborts every task and waits for them', async () => {
  const cancel = new AbortController()
  const cancelled = new Cancelled()
  const other = endless()
  const running = setup({ other: other.task }, { signal: cancel.signal }).execute()
  await nextTurn()
  cancel.abort(cancelled)
  await expect(running).rejects.toBe(cancelled)
  expect(other.state.gone).toBe(true)
})

test('in a resumed run a task that was aborted then does not hide the fault that ended the call', async () => {
  const { execute } = setup({ aborted: () => Promise.reject(new Cancelled()), wrong: fails('Broken.') })
  await expect(execute()).rejects.toThrow('Broken.')
})

test('a task that is cancelled while nothing else decides cancels the call', async () => {
  const cancelled = new Cancelled()
  await expect(setup({ a: () => Promise.reject(cancelled), b: () => 1 }).execute()).rejects.toBe(cancelled)
})

test.for([
  [2, 2],
  ['${ .slots }', 3],
  [50, 4],
] as [Json, number][])('with a concurrency of %j, %i tasks run at once', async ([concurrency, expected]) => {
  let running = 0
  let most = 0
  const task: TestTask = async () => {
    most = Math.max(most, ++running)
    await nextTurn()
    return --running
  }
  const tasks = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`t${index}`, task]))
  await setup(tasks, { concurrency, config: { max_concurrency: 4 }, evaluate: () => 3 }).execute()
  expect(most).toBe(expected)
})

test.for([0, 1.5, '${ .slots }'] as Json[])(
  'the concurrency %j is a validation error',
  async (concurrency) => {
    const fault = await setup({ a: () => 1 }, { concurrency, evaluate: () => null })
      .execute()
      .catch((error: unknown) => error)
    expect(fault).toMatchObject({ error: { type: `${errorTypeBase}validation` } })
  },
)

test('where places are few, the task with the longest chain behind it goes first', async () => {
  const order: string[] = []
  const task =
    (name: string): TestTask =>
    () =>
      void order.push(name)
  const names = ['alone', 'short', 'long', 'short2', 'long2', 'long3']
  const after = { short2: ['short'], long2: ['long'], long3: ['long2'] }
  await setup(Object.fromEntries(names.map((name) => [name, task(name)])), {
    after,
    concurrency: 1,
  }).execute()
  expect(order).toEqual(['long', 'short', 'long2', 'alone', 'short2', 'long3'])
})

test('2,000 tasks with 20,000 dependencies run once each, none before those that it needs', async () => {
  const names = Array.from({ length: 2000 }, (_, index) => `t${index}`)
  const needs = (index: number) =>
    index === 0
      ? []
      : [...new Set(Array.from({ length: 10 }, (_, nth) => (index * 7919 + nth * 104_729) % index))]
  const after = Object.fromEntries(
    names.map((name, index) => [name, needs(index).map((other) => `t${other}`)]),
  )
  const ended = new Set<string>()
  const early: string[] = []
  const task =
    (name: string): TestTask =>
    async () => {
      if ((after[name] ?? []).some((other) => !ended.has(other))) early.push(name)
      await nextTurn()
      ended.add(name)
    }
  const { context, execute } = setup(Object.fromEntries(names.map((name) => [name, task(name)])), { after })
  await execute()
  expect(early).toEqual([])
  expect(context.recorded.children).toHaveLength(2000)
})

test.for([
  [{ a: ['b'], b: ['a'] }, 'a → b → a'],
  [{ a: ['a'] }, 'a → a'],
  [{ a: ['b'], b: ['c'], c: ['d'], d: ['b'] }, 'b → c → d → b'],
] as [JsonObject, string][])(
  'the cycle in %j is printed as %s, and nothing begins',
  async ([after, cycle]) => {
    const one = () => 1
    const { context, execute } = setup({ a: one, b: one, c: one, d: one }, { after })
    const fault = await execute().catch((error: unknown) => error)
    expect(fault).toMatchObject({ error: { type: `${errorTypeBase}configuration` } })
    expect(String(fault)).toContain(`wait for each other: ${cycle}. `)
    expect(context.recorded.children).toEqual([])
  },
)

test.for([
  [{ after: { build: ['fecth'] } }, '"fecth"; `after.build` names it. Did you mean "fetch"?'],
  [{ after: { biuld: ['fetch'] } }, '"biuld"; `after` names it. Did you mean "build"?'],
  [{ definitions: { build: uses('fetched') } }, '"fetched"; task "build" mentions it. Did you mean "fetch"?'],
  [{ after: { build: ['elsewhere'] } }, 'Tasks: fetch, build.'],
] as [World, string][])('an unknown name is a configuration error: %j', async ([world, message]) => {
  const { execute } = setup({ fetch: () => 1, build: () => 2 }, world)
  const fault = await execute().catch((error: unknown) => error)
  expect(fault).toMatchObject({ error: { type: `${errorTypeBase}configuration` } })
  expect(String(fault)).toContain(message)
})

test.for([
  [undefined, 'needs a list of tasks'],
  [{ tasks: {} }, 'needs a list of tasks'],
  [{ tasks: [{ a: {}, b: {} }] }, '/with/tasks/0: a task is written as'],
  [{ tasks: [{ a: {} }, { a: {} }] }, 'Two tasks of a `nexus.dag` are named "a"'],
  [{ tasks: [], after: [] }, '`after` of a `nexus.dag` is written as'],
  [{ tasks: [{ a: {} }], after: { a: 'b' } }, '`after.a` of a `nexus.dag` must be a list'],
] as [Json | undefined, string][])('a wrong call is a configuration error: %j', async ([call, message]) => {
  const context = testContext({ inputData: { call: 'nexus.dag', ...(call !== undefined && { with: call }) } })
  await expect(new Module().execute(context)).rejects.toThrow(message)
})
