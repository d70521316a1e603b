/** Retries: how many, how long the waits are, and what becomes of an error that is left. */
import { expect, test } from 'vitest'
import { Cancelled, errorTypeBase, systemClock, TaskFault, type JsonObject } from '@nexus/sdk'
import type { TestTask } from '@nexus/sdk/testing'
import { attemptsOf, errorOf, fails, setup, unavailable, waitsOf, type World } from './setup.ts'

const succeeds: TestTask = () => 'done'

/** A `try` whose policy retries four times, and whose attempts all fail. */
function setupPolicy(policy: JsonObject, world: World = {}) {
  const retry = { limit: { attempt: { count: 4 } }, ...policy }
  return setup({ ...world, catch: { retry, do: [], ...world.catch }, handler: () => 'recovered' })
}

test('a list that fails is tried again, each attempt under a path of its own from the second on', async () => {
  const world = setupPolicy({}, { attempts: [fails(), fails(), succeeds] })
  expect((await world.execute()).outputData).toBe('done')
  expect(world.context.recorded.children).toEqual([
    { at: ['try'], input: 'in' },
    { at: ['try'], path: ['retry', 2], input: 'in' },
    { at: ['try'], path: ['retry', 3], input: 'in' },
  ])
})

test('`count` is how many retries there are besides the first attempt; then `catch.do` handles the last error', async () => {
  const last = TaskFault.of('communication', 'The last.')
  const attempts = [fails(), fails(), fails(last)]
  const world = setupPolicy({ limit: { attempt: { count: 2 } } }, { attempts })
  expect((await world.execute()).outputData).toBe('recovered')
  expect(attemptsOf(world)).toEqual(['first', ['retry', 2], ['retry', 3]])
  expect(world.context.recorded.children.at(-1)?.variables).toEqual({ error: last.error })
})

test('an error that retries leave and nothing else handles is let through', async () => {
  const retry = { limit: { attempt: { count: 1 } } }
  const world = setup({ catch: { retry } })
  await expect(world.execute()).rejects.toBe(unavailable)
  expect(attemptsOf(world)).toHaveLength(2)
})

test('an error that retries leave goes where `catch.then` says', async () => {
  const catchClause = { retry: { limit: { attempt: { count: 1 } } }, then: 'mend' }
  expect(await setup({ catch: catchClause }).execute()).toMatchObject({
    outputData: 'in',
    metadata: { then: 'mend' },
  })
})

test('an error that is not caught is not tried again', async () => {
  const other = TaskFault.of('validation', 'Wrong.')
  const world = setupPolicy(
    { delay: 'PT1S' },
    { attempts: [fails(), fails(other)], catch: { errors: { with: { status: 503 } } } },
  )
  await expect(world.execute()).rejects.toBe(other)
  expect(attemptsOf(world)).toHaveLength(2)
})

test('the wait before each attempt has a key of its own', async () => {
  const world = setupPolicy({ delay: { seconds: 1 }, limit: { attempt: { count: 2 } } })
  await world.execute()
  expect(world.context.recorded.sleeps).toEqual([
    { key: 'retry-2', delayMs: 1000 },
    { key: 'retry-3', delayMs: 1000 },
  ])
})

test.for([
  [{ delay: 'PT0.5S' }, [500, 500, 500, 500]],
  [
    { delay: { minutes: 1, seconds: 2, milliseconds: 3 }, backoff: { constant: {} } },
    [62003, 62003, 62003, 62003],
  ],
  [{ delay: 'PT1S', backoff: { linear: {} } }, [1000, 2000, 3000, 4000]],
  [{ delay: 'PT1S', backoff: { linear: null } }, [1000, 2000, 3000, 4000]],
  [{ delay: 'PT1S', backoff: { linear: { increment: { milliseconds: 250 } } } }, [1000, 1250, 1500, 1750]],
  [{ backoff: { linear: { increment: 'PT1S' } } }, [1000, 2000, 3000]],
  [{ delay: 'PT1S', backoff: { exponential: {} } }, [1000, 2000, 4000, 8000]],
  [{ delay: 'PT1S', backoff: { exponential: { factor: 3 } } }, [1000, 3000, 9000, 27000]],
  [{ delay: 'PT1S', backoff: { exponential: { multiplier: 1.5 } } }, [1000, 1500, 2250, 3375]],
  [
    { delay: { days: 300 }, backoff: { exponential: {} } },
    [300, 365, 365, 365].map((days) => days * 86_400_000),
  ],
  [
    { delay: 'P1W', backoff: { exponential: { factor: 0.5 } } },
    [604_800_000, 302_400_000, 151_200_000, 75_600_000],
  ],
  [{}, []],
] as [JsonObject, number[]][])('the policy %j waits %j ms', async ([policy, waits]) => {
  const world = setupPolicy(policy)
  await world.execute()
  expect(waitsOf(world)).toEqual(waits)
})

test('jitter adds a time between its two ends to the delay', async () => {
  const jitter = { from: { milliseconds: 100 }, to: 'PT0.3S' }
  const waits = async (random: number, policy: JsonObject) => {
    const world = setupPolicy({ ...policy, limit: { attempt: { count: 1 } } }, { random })
    await world.execute()
    return waitsOf(world)
  }
  expect(await waits(0, { delay: 'PT1S', jitter })).toEqual([1100])
  expect(await waits(0.5, { delay: 'PT1S', jitter })).toEqual([1200])
  expect(await waits(0.9999, { jitter })).toEqual([300])
})

test('a wait that may be longer or not there by chance is recorded either way', async () => {
  const world = setupPolicy({ jitter: { from: { seconds: 0 }, to: { seconds: 1 } } })
  await world.execute()
  expect(waitsOf(world)).toEqual([0, 0, 0, 0])
})

test('durations may be expressions, which see the error', async () => {
  const world = setupPolicy({ delay: '${ after }' }, { expressions: { '${ after }': 'PT7S' } })
  await world.execute()
  expect(waitsOf(world)).toEqual([7000, 7000, 7000, 7000])
  expect(world.evaluated[0]?.variables).toEqual({ error: unavailable.error })
})

test.for([
  [{ when: 'yes' }, 5],
  [{ when: 'no' }, 1],
  [{ exceptWhen: 'yes' }, 1],
  [{ exceptWhen: 'no' }, 5],
] as [JsonObject, number][])(
  'the conditions %j of a policy give %i attempts',
  async ([conditions, attempts]) => {
    const world = setupPolicy(conditions, { expressions: { yes: true, no: false } })
    expect((await world.execute()).outputData).toBe('recovered')
    expect(attemptsOf(world)).toHaveLength(attempts)
    expect(world.evaluated[0]?.variables).toEqual({ error: unavailable.error })
  },
)

test('`limit.duration` lets no retry begin whose wait would end after it, by the recorded time', async () => {
  const world = setupPolicy(
    { delay: 'PT2S', limit: { duration: 'PT10S' } },
    { times: [50_000, 55_000, 58_000, 58_001] },
  )
  expect((await world.execute()).outputData).toBe('recovered')
  expect(attemptsOf(world)).toHaveLength(4)
})

test('without a limit of all retries no time is asked for', async () => {
  const world = setupPolicy({ delay: 'PT2S' })
  await world.execute()
  expect(world.timesAsked()).toBe(0)
})

test('max_retries bounds a policy that has no limit', async () => {
  const world = setup({ catch: { retry: {} }, config: { max_retries: 3 } })
  await expect(world.execute()).rejects.toBe(unavailable)
  expect(attemptsOf(world)).toHaveLength(4)
})

/** A clock whose timers the test lets run out. */
function handTimer() {
  const timers: { delayMs: number; fire: () => void; live: boolean }[] = []
  const timer = (delayMs: number, callback: () => void) => {
    const entry = { delayMs, fire: callback, live: true }
    timers.push(entry)
    return () => void (entry.live = false)
  }
  return { timers, clock: { ...systemClock, timer } }
}

const untilAborted: TestTask = (_input, { signal }) =>
  new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })

test('an attempt that takes longer than `limit.attempt.duration` is aborted and faults with a timeout', async () => {
  const { timers, clock } = handTimer()
  const attempts = [untilAborted, succeeds]
  const world = setupPolicy(
    { limit: { attempt: { count: 1, duration: 'PT5S' } } },
    { attempts, clock, catch: { errors: { with: { type: `${errorTypeBase}timeout`, status: 408 } } } },
  )
  const running = world.execute()
  await expect.poll(() => timers.length).toBe(1)
  timers[0]?.fire()
  expect((await running).outputData).toBe('done')
  expect(timers).toMatchObject([
    { delayMs: 5000, live: false },
    { delayMs: 5000, live: false },
  ])
})

test('a timeout that nobody handles says which attempt it was and where', async () => {
  const limit = { attempt: { count: 0, duration: 'PT5S' } }
  // As after a restart: the record says that the attempt was cancelled, and no timer runs out.
  const world = setup({ catch: { retry: { limit } }, attempts: [fails(new Cancelled())] })
  expect(errorOf(await world.execute().catch((error: unknown) => error))).toMatchObject({
    type: `${errorTypeBase}timeout`,
    status: 408,
    instance: '/do/0/guarded',
    detail: expect.stringContaining('Attempt 1 took longer than 5000 ms'),
  })
})

test('a run that is cancelled while an attempt has a limit is cancelled, not timed out', async () => {
  const cancel = new AbortController()
  const cancelled = new Cancelled()
  const attempt: TestTask = () => {
    cancel.abort(cancelled)
    throw cancelled
  }
  const retry = { limit: { attempt: { count: 3, duration: 'PT5S' } } }
  const world = setup({ catch: { retry, do: [] }, attempts: [attempt], signal: cancel.signal })
  await expect(world.execute()).rejects.toBe(cancelled)
})

test('a run that is cancelled between attempts begins no other', async () => {
  const cancel = new AbortController()
  const attempt: TestTask = () => Promise.reject(unavailable)
  const world = setupPolicy({ delay: 'PT1S' }, { attempts: [attempt], signal: cancel.signal })
  const running = world.execute()
  cancel.abort(new Cancelled())
  await expect(running).rejects.toThrow(Cancelled)
  expect(attemptsOf(world)).toHaveLength(1)
})

const inUse = '$workflow.definition.use.retries // {}'

test('the name of a policy stands for the one in `use.retries`', async () => {
  const policies = { patient: { delay: 'PT9S', limit: { attempt: { count: 1 } } } }
  const world = setup({ catch: { retry: 'patient' }, expressions: { [inUse]: policies } })
  await expect(world.execute()).rejects.toBe(unavailable)
  expect(waitsOf(world)).toEqual([9000])
})

test.for(['pateint', 'toString'])(
  'the name "%s", which is no policy’s, is a configuration error',
  async (name) => {
    const world = setup({ catch: { retry: name }, expressions: { [inUse]: { patient: {} } } })
    const fault = await world.execute().catch((error: unknown) => error)
    expect(errorOf(fault)).toMatchObject({ type: `${errorTypeBase}configuration` })
    expect(String(fault)).toContain(name === 'pateint' ? 'Did you mean "patient"?' : 'Declare it there.')
  },
)

test.for([
  [{ delay: 'soon' }, '`delay` of the retry policy is "soon", which is no duration'],
  [{ delay: 'P1M' }, 'is no duration'],
  [{ delay: { fortnights: 1 } }, 'is no duration'],
  [{ delay: { seconds: -1 } }, 'is no duration'],
  [{ delay: 5 }, 'is no duration'],
  [{ backoff: 3 }, '`backoff` of a retry policy must be an object'],
  [{ backoff: { exponential: { factor: 'two' } } }, 'must be a number above 0'],
  [{ jitter: { from: 'PT1S' } }, 'needs `from` and `to`'],
  [{ jitter: { from: 'PT2S', to: 'PT1S' } }, 'goes from 2000 ms to less, 1000 ms'],
  [{ limit: { attempt: { count: 'many' } } }, '`limit.attempt.count` of a retry policy must be a number'],
  [{ when: 1 }, '`when` of a retry policy must be an expression'],
] as [JsonObject, string][])('the policy %j is an error', async ([policy, message]) => {
  await expect(setupPolicy(policy).execute()).rejects.toThrow(message)
})
