/** `try` in whole documents, on the real engine with the real expressions. */
import { expect, test } from 'vitest'
import { systemClock } from '@nexus/sdk'
import { pathsOf, run, runInTwoLives } from '@nexus/nexus/testing'

const unavailable = { type: 'https://serverlessworkflow.io/spec/1.0.0/errors/communication', status: 503 }

/** Counts its attempts in the context, and fails until there were that many. */
const failsUntil = (attempts: number) => [
  { count: { set: { n: '${ ($context.n // 0) + 1 }' }, export: { as: '$context + {n: .n}' } } },
  { check: { if: `.n < ${attempts}`, raise: { error: { ...unavailable, title: 'Not yet' } } } },
]

const remember = [{ remember: { set: { caught: '${ $error }' } } }]

test('a caught error is handled with the error at hand, and says where it came from', async () => {
  const errors = { with: { type: 'https://open-workflow-specification.org/dsl/errors/types/communication' } }
  const record = await run([{ guard: { try: failsUntil(9), catch: { errors, do: remember } } }])
  const caught = { status: 503, title: 'Not yet', instance: '/do/0/guard/try/1/check' }
  expect(record).toMatchObject({ status: 'completed', output: { caught } })
})

test('an error of another status is not caught', async () => {
  const guard = { try: failsUntil(9), catch: { errors: { with: { status: 404 } }, do: remember } }
  expect(await run([{ guard }])).toMatchObject({ status: 'faulted', error: { status: 503 } })
})

test('`catch.then` leads to another task, and `end` in `catch.do` ends the workflow', async () => {
  const tasks = [{ never: { set: { reached: true } } }, { mend: { set: { mended: true } } }]
  const jump = { guard: { try: failsUntil(9), catch: { then: 'mend' } } }
  expect((await run([jump, ...tasks])).output).toEqual({ mended: true })
  const leave = {
    guard: { try: failsUntil(9), catch: { do: [{ last: { set: { over: 1 }, then: 'end' } }] } },
  }
  expect((await run([leave, ...tasks])).output).toEqual({ over: 1 })
})

test('a named policy tries again until the list succeeds', async () => {
  const use = {
    retries: { patient: { delay: 'PT1H', backoff: { exponential: {} }, limit: { attempt: { count: 5 } } } },
  }
  const record = await run([{ guard: { try: failsUntil(3), catch: { retry: 'patient' } } }], { use })
  expect(record).toMatchObject({ status: 'completed', output: { n: 3 } })
  expect(pathsOf(record, 'set')).toEqual([
    '/do/0/guard/try/0/count',
    '/do/0/guard/retry/2/try/0/count',
    '/do/0/guard/retry/3/try/0/count',
  ])
})

test('retries end with the time limit of all of them', async () => {
  const retry = { delay: { hours: 1 }, limit: { duration: 'PT3H30M' } }
  const record = await run([{ guard: { try: failsUntil(9), catch: { retry } } }])
  expect(record).toMatchObject({ status: 'faulted', error: { title: 'Not yet' } })
  expect(pathsOf(record, 'set')).toHaveLength(4)
})

const slow = (limitMs: number) => ({
  try: [{ count: { set: { n: 1 } } }, { slow: { if: '$context.quick == null', wait: { hours: 1 } } }],
  catch: {
    retry: { delay: 'PT1S', limit: { attempt: { count: 1, duration: { milliseconds: limitMs } } } },
    do: remember,
  },
})

test('attempts that take too long time out', async () => {
  const record = await run([{ guard: slow(20) }], { clock: systemClock })
  expect(record).toMatchObject({
    status: 'completed',
    output: { caught: { status: 408, instance: '/do/0/guard' } },
  })
  expect(record.tasks.filter(({ kind }) => kind === 'wait').map(({ status }) => status)).toEqual([
    'cancelled',
    'cancelled',
  ])
})

test('closed while it waits for a retry, a run goes on with that retry and repeats no attempt', async () => {
  const retry = { delay: { hours: 1 }, limit: { attempt: { count: 5 } } }
  const { before, after } = await runInTwoLives([{ guard: { try: failsUntil(3), catch: { retry } } }])
  expect(before.status).toBe('running')
  expect(pathsOf(before, 'set')).toHaveLength(1)
  expect(after).toMatchObject({ status: 'completed', output: { n: 3 } })
  expect(after.tasks.filter(({ kind }) => kind === 'set').map(({ attempts }) => attempts)).toEqual([1, 1, 1])
})

test('closed while an error is handled, a run goes on there, although its clock would now allow another retry', async () => {
  let readings = 0
  const flying = () => systemClock.now() + 600_000 * readings++
  const handler = [{ note: { set: { noted: true } } }, { pause: { wait: { hours: 1 } } }]
  const guard = { try: failsUntil(500), catch: { retry: { limit: { duration: 'PT1H' } }, do: handler } }
  const { before, after } = await runInTwoLives([{ guard }], { now: flying })
  expect(pathsOf(before, 'set').at(-1)).toBe('/do/0/guard/catch/do/0/note')
  expect(pathsOf(before, 'set').length).toBeGreaterThan(2)
  expect(after).toMatchObject({ status: 'completed', output: { noted: true } })
  expect(pathsOf(after, 'set')).toEqual(pathsOf(before, 'set'))
})

test('closed for longer than the time limit of its retries, a run begins the one it waited for and no other', async () => {
  const retry = { delay: { hours: 1 }, limit: { duration: 'PT2H' } }
  const { after } = await runInTwoLives([{ guard: { try: failsUntil(9), catch: { retry, do: remember } } }])
  expect(after).toMatchObject({ status: 'completed', output: { caught: { title: 'Not yet' } } })
  expect(pathsOf(after, 'set')).toEqual([
    '/do/0/guard/try/0/count',
    '/do/0/guard/retry/2/try/0/count',
    '/do/0/guard/catch/do/0/remember',
  ])
})

test('an attempt that timed out in an earlier life is a timeout in the next', async () => {
  // The first wait is the attempt's, cut off by the limit; the second that for the retry, in which Nexus closes.
  const { before, after } = await runInTwoLives([{ guard: slow(20) }], { waits: 2 })
  expect(before.tasks.find(({ kind }) => kind === 'wait')).toMatchObject({ status: 'cancelled' })
  expect(after).toMatchObject({ status: 'completed' })
  expect(pathsOf(after, 'wait')).toEqual(['/do/0/guard/try/1/slow', '/do/0/guard/retry/2/try/1/slow'])
  expect(after.tasks.filter(({ kind }) => kind === 'wait').map(({ attempts }) => attempts)).toEqual([1, 1])
})
