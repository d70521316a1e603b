/** `fork`: all branches or a race; what happens to the others. */
import { getEventListeners } from 'node:events'
import { expect, test } from 'vitest'
import { Cancelled, TaskFault, type Json } from '@nexus/sdk'
import { outcome, testContext, type TestTask } from '@nexus/sdk/testing'
import { Module } from '../main.ts'
import { endless, fails } from './play.ts'

interface World {
  compete?: boolean
  config?: { max_concurrency: number }
  signal?: AbortSignal
}

function setup(tasks: Record<string, TestTask>, { compete, ...world }: World = {}) {
  const branches = Object.keys(tasks).map((name) => ({ [name]: { set: {} } }))
  const fork = { branches, ...(compete !== undefined && { compete }) }
  const context = testContext({ inputData: { fork }, input: 'in', tasks, ...world })
  return { context, execute: () => new Module().execute(context) }
}

const failsLate: TestTask = async () => {
  await new Promise((resolve) => void setImmediate(resolve))
  throw TaskFault.of('runtime', 'Late.')
}

const skipped: TestTask = () => outcome(null, { status: 'skipped' })

test('the outputs come in the order of the branches, whichever is done first', async () => {
  const first = Promise.withResolvers<Json>()
  const { context, execute } = setup({
    slow: () => first.promise,
    fast: (input) => {
      first.resolve('slow')
      return input
    },
  })
  expect(await execute()).toMatchObject({ outputData: ['slow', 'in'], metadata: {} })
  expect(context.recorded.children).toEqual([
    { at: ['fork', 'branches', 0, 'slow'], input: 'in' },
    { at: ['fork', 'branches', 1, 'fast'], input: 'in' },
  ])
})

test('no branches give an empty array', async () => {
  expect((await setup({}).execute()).outputData).toEqual([])
})

test('a skipped branch leaves the input at its place', async () => {
  expect((await setup({ a: skipped, b: () => 1 }).execute()).outputData).toEqual(['in', 1])
})

test('the first fault aborts the other branches, waits for them and faults the task', async () => {
  const other = endless()
  const { execute } = setup({ other: other.task, wrong: fails('Broken.') })
  await expect(execute()).rejects.toThrow('Broken.')
  expect(other.state).toEqual({ started: true, gone: true })
})

test('in a race the first to complete wins, faults drop out, and the others are aborted and waited for', async () => {
  const other = endless()
  const tasks = { other: other.task, wrong: fails('Broken.'), skipped, winner: () => ({ won: true }) }
  expect((await setup(tasks, { compete: true }).execute()).outputData).toEqual({ won: true })
  expect(other.state).toEqual({ started: true, gone: true })
})

test('a race that nobody completes faults with the error of the first branch as written', async () => {
  const { execute } = setup({ late: failsLate, second: fails('Second.'), skipped }, { compete: true })
  await expect(execute()).rejects.toThrow('Late.')
})

test('a race in which every branch is skipped gives the input', async () => {
  expect((await setup({ a: skipped, b: skipped }, { compete: true }).execute()).outputData).toBe('in')
})

test('`end` in a branch aborts the others and ends the workflow with that branch’s output', async () => {
  const other = endless()
  const { execute } = setup({ other: other.task, last: () => outcome('over', { then: 'end' }) })
  expect(await execute()).toMatchObject({ outputData: 'over', metadata: { then: 'end' } })
  expect(other.state.gone).toBe(true)
})

test('`exit` ends its branch alone', async () => {
  const { execute } = setup({ a: () => outcome(1, { then: 'exit' }), b: () => 2 })
  expect(await execute()).toMatchObject({ outputData: [1, 2], metadata: {} })
})

test('a branch cannot go on to another task', async () => {
  const { execute } = setup({ a: () => outcome(1, { then: 'b' }), b: () => 2 })
  await expect(execute()).rejects.toThrow('Branch "a" of a fork goes on to "b"')
})

test('no more than max_concurrency branches run at once, and all run', async () => {
  let running = 0
  let most = 0
  const task: TestTask = async () => {
    most = Math.max(most, ++running)
    await new Promise((resolve) => void setImmediate(resolve))
    return --running
  }
  const tasks = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`t${index}`, task]))
  const { context, execute } = setup(tasks, { config: { max_concurrency: 3 } })
  expect((await execute()).outputData).toHaveLength(10)
  expect(context.recorded.children).toHaveLength(10)
  expect(most).toBe(3)
})

test('branches that wait for a place never start once another has decided', async () => {
  const { context, execute } = setup(
    { a: fails('Broken.'), b: () => 1, c: () => 2 },
    { config: { max_concurrency: 1 } },
  )
  await expect(execute()).rejects.toThrow('Broken.')
  expect(context.recorded.children).toHaveLength(1)
})

test('cancelling the run aborts every branch, waits for them and says why', async () => {
  const cancel = new AbortController()
  const cancelled = new Cancelled()
  const [a, b] = [endless(), endless()]
  const { execute } = setup({ a: a.task, b: b.task }, { signal: cancel.signal })
  const running = execute()
  cancel.abort(cancelled)
  await expect(running).rejects.toBe(cancelled)
  expect([a.state.gone, b.state.gone]).toEqual([true, true])
})

test('in a resumed run a branch that was aborted then does not hide the fault that ended the fork', async () => {
  const aborted = () => Promise.reject(new Cancelled())
  const { execute } = setup({ aborted, wrong: fails('Broken.') })
  await expect(execute()).rejects.toThrow('Broken.')
})

test('in a resumed run nothing begins in the place of a branch that was aborted then', async () => {
  const aborted = () => Promise.reject(new Cancelled())
  const tasks = { aborted, done: () => 1, wrong: fails('Broken.'), never: () => 2 }
  const { context, execute } = setup(tasks, { config: { max_concurrency: 2 } })
  await expect(execute()).rejects.toThrow('Broken.')
  expect(context.recorded.children.map(({ at }) => at.at(-1))).toEqual(['aborted', 'done', 'wrong'])
})

test('a branch that is cancelled while nothing else decides cancels the fork', async () => {
  const cancelled = new Cancelled('This branch alone.')
  const { execute } = setup({ a: () => Promise.reject(cancelled), b: () => 1 })
  await expect(execute()).rejects.toBe(cancelled)
})

test('a fork leaves no listener on the run’s signal', async () => {
  const { signal } = new AbortController()
  await setup({ a: () => 1, b: () => 2 }, { signal }).execute()
  expect(getEventListeners(signal, 'abort')).toHaveLength(0)
})

test('a definition that is no fork is a configuration error', async () => {
  const context = testContext({ inputData: { fork: { branches: [{ a: {}, b: {} }] } } })
  await expect(new Module().execute(context)).rejects.toThrow('/fork/branches/0: a branch is written as')
})
