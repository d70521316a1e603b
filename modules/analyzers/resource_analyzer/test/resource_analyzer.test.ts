/** Single estimates: what is known, how structure counts, what does not fit, and input that makes no sense. */
import type { Json, JsonObject } from '@nexus/sdk'
import { expect, test } from 'vitest'
import { digestOf, digestToJson, emptyDigest, expectedQuantile, withValues, type Digest } from '../digest.ts'
import { call, setup } from './world.ts'

const fixed = (world: ReturnType<typeof setup>, times: Readonly<Record<string, number>>): void => {
  for (const [capability, durationMs] of Object.entries(times))
    world.ended(...Array.from({ length: 20 }, () => ({ capability, durationMs })))
}

test('tasks in a row add up, side by side the longest counts, and loops count as often as they run', async () => {
  const world = setup()
  fixed(world, { a: 10, b: 30, c: 50 })
  const spanOf = async (list: readonly Json[], more: JsonObject = {}) => {
    const { p50, p90 } = (await world.estimate(list, more))['makespan_ms'] as JsonObject
    expect(p90).toBe(p50)
    return p50
  }
  const branches = [call('x', 'a'), call('y', 'b'), call('z', 'c')]
  expect(await spanOf([call('x', 'a'), call('y', 'b')])).toBe(40)
  expect(await spanOf([{ f: { fork: { branches } } }])).toBe(50)
  expect(await spanOf([{ f: { fork: { branches } } }], { slots: 1 })).toBe(90)
  expect(await spanOf([{ f: { fork: { branches, compete: true } } }])).toBe(10)
  expect(await spanOf([{ l: { for: { in: '${ [1, 2, 3] }' }, do: [call('x', 'a')] } }])).toBe(30)
  const map = { in: [1, 2, 3, 4, 5], concurrency: 2, do: [call('x', 'a'), call('y', 'b')] }
  expect(await spanOf([{ m: { call: 'nexus.map', with: map } }])).toBe(120)
  const tasks = [call('x', 'c'), call('y', 'b', { from: '${ $tasks.x }' }), call('z', 'a'), call('w', 'a')]
  const dag = { tasks, after: { w: ['z'] } }
  expect(await spanOf([{ d: { call: 'nexus.dag', with: dag } }])).toBe(80)
  expect(await spanOf([{ t: { try: [call('x', 'a')], catch: { do: [call('y', 'c')] } } }])).toBe(10)
  expect(
    await spanOf([{ w: { wait: { seconds: 2 } } }, { v: { wait: 'PT1M' } }, { s: { set: { a: 1 } } }]),
  ).toBe(62_000)
  const { assumptions } = await world.estimate([{ l: { for: { in: '.rows' }, do: [call('x', 'a')] } }])
  expect(assumptions).toEqual(['"l" goes over 10 items.'])
})

test('with a graph it says too what the tasks could take side by side', async () => {
  const world = setup()
  fixed(world, { a: 10, b: 30, c: 50 })
  const graph = {
    edges: [
      { from: 'x', to: 'z' },
      { from: 'y', to: 'z' },
    ],
  }
  const told = await world.estimate([call('x', 'a'), call('y', 'b'), call('z', 'c')], { graph })
  expect(told).toMatchObject({ makespan_ms: { p50: 90 }, parallel_ms: { p50: 80 } })
})

test('what nothing is known of has no numbers, and the whole says what of it is known', async () => {
  const world = setup()
  fixed(world, { a: 10 })
  expect(await world.estimate([call('x', 'a'), call('y', 'new')])).toMatchObject({
    tasks: [
      { name: 'x', pointer: '/do/0/x', duration_ms: { p50: 10, p90: 10 }, basis: 'history', samples: 20 },
      { name: 'y', duration_ms: { p50: null, p90: null }, basis: 'none', samples: 0 },
    ],
    makespan_ms: { p50: null, p90: null },
    known_ms: { p50: 10 },
    unknown: ['y'],
  })
})

test('the size of the input counts: that of the workflow, then what the task before it gives', async () => {
  const world = setup()
  const many = (capability: string, durationMs: number, inputBytes: number) =>
    world.ended(...Array.from({ length: 20 }, () => ({ capability, durationMs, inputBytes })))
  many('parse', 10, 100)
  many('parse', 500, 100_000)
  world.samples.push(
    ...Array.from({ length: 20 }, () => ({
      capability: 'read',
      input_bytes: 10,
      output_bytes: 90_000,
      duration_ms: 1,
      status: 'completed',
      at: '2026-02-01T00:00:00Z',
    })),
  )
  const p50Of = async (list: readonly Json[], more: JsonObject) =>
    ((await world.estimate(list, more))['makespan_ms'] as JsonObject)['p50']
  expect(await p50Of([call('p', 'parse')], { input_bytes: 50 })).toBe(10)
  expect(await p50Of([call('p', 'parse')], { input_bytes: 200_000 })).toBe(500)
  expect(await p50Of([call('r', 'read'), call('p', 'parse')], {})).toBe(501)
})

test('what cannot fit into its limits is refused with the reason', async () => {
  const of = (task: string, module: string, memory_mb: number) => ({
    task,
    module,
    requirements: { memory_mb, cpu_cores: 2 },
  })
  const world = setup([of('a', 'one', 300), of('b', 'two', 200), of('c', 'one', 300)])
  fixed(world, { a: 100, b: 100, c: 100 })
  world.samples.push({ capability: 'llm', duration_ms: 5, cost_usd: 0.25, at: '2026-03-01T00:00:00Z' })
  const side = [{ f: { fork: { branches: [call('x', 'a'), call('y', 'b'), call('z', 'c')] } } }]
  const told = await world.estimate(side, { limits: { memory_mb: 400, duration_ms: 50 } })
  expect(told).toMatchObject({ fits: false, total: { memory_mb: 500, cpu_ms: 600 } })
  expect(told['reasons']).toEqual([
    'Its modules ask for 500 MB of memory, and there are 400 MB.',
    'It takes up to 100 ms in nine of ten cases, and may take 50 ms.',
  ])
  const row = [call('x', 'a'), call('y', 'b')]
  expect(await world.estimate(row, { limits: { memory_mb: 400 } })).toMatchObject({
    fits: true,
    total: { memory_mb: 300 },
  })
  const costly = await world.estimate([call('x', 'llm'), call('y', 'llm')], { limits: { cost_usd: 0.4 } })
  expect(costly['reasons']).toEqual(['It costs about 0.5 US dollars, and may cost 0.4.'])
  await expect(world.estimate([], { limits: { memory: 1 } })).rejects.toThrow('no limit "memory"')
})

test('history is taken in once, however often it is asked for', async () => {
  const world = setup()
  fixed(world, { a: 10 })
  const first = await Promise.all([world.estimate([call('x', 'a')]), world.estimate([call('x', 'a')])])
  expect(first.map(({ total }) => (total as JsonObject)['samples'])).toEqual([20, 20])
  world.ended({ capability: 'a', durationMs: 10 })
  expect(await world.estimate([call('x', 'a')])).toMatchObject({ total: { samples: 21 } })
  expect(world.asked.at(-1)).toEqual({ limit: 2_000, after: expect.any(Number) })
})

test('tasks that end at the same moment are all counted, also more of them than are asked for at a time', async () => {
  const world = setup()
  const ended = (amount: number): void =>
    world.ended(...Array.from({ length: amount }, () => ({ capability: 'a', durationMs: 10 })))
  const samplesOf = async () =>
    ((await world.estimate([call('x', 'a')]))['total'] as JsonObject)['samples'] as number
  ended(5)
  expect(await samplesOf()).toBe(5)
  // All at the moment of the ones that are counted already.
  ended(1_900)
  expect(await samplesOf()).toBe(1_905)
  const before = world.asked.length
  ended(4_500)
  await samplesOf()
  expect(world.asked.length - before).toBe(3)
})

test('an outcome is counted once, each task where it stands, and only against a real estimate', async () => {
  const world = setup()
  fixed(world, { a: 10, b: 100 })
  const estimate = await world.estimate([call('x', 'a'), { w: { wait: { seconds: 1 } } }, call('y', 'b')])
  const tasks = [
    { capability: 'a', pointer: '/do/0/x', durationMs: 9 },
    { capability: 'wait', pointer: '/do/1/w', durationMs: 1_001 },
    { capability: 'b', pointer: '/do/2/y', durationMs: 150 },
  ]
  expect(await world.observe(estimate, 'r1', 1_160, tasks)).toEqual({
    observed: true,
    tasks: 2,
    duration_ms: 1_160,
    within_p50: false,
    within_p90: false,
  })
  expect(await world.observe(estimate, 'r1', 1_160, tasks)).toMatchObject({ observed: false })
  expect(await world.observe(estimate, 'r2', 900)).toMatchObject({ within_p50: true })
  expect(await world.calibration()).toEqual({
    runs: { count: 2, within_p50: 0.5, within_p90: 0.5 },
    tasks: { count: 2, within_p50: 0.5, within_p90: 0.5 },
    capabilities: [
      { capability: 'a', count: 1, within_p50: 1, within_p90: 1 },
      { capability: 'b', count: 1, within_p50: 0, within_p90: 0 },
    ],
  })
})

test('an outcome between p50 and p90 counts as within p90 alone', async () => {
  const world = setup()
  world.ended(...Array.from({ length: 100 }, (_, index) => ({ capability: 'a', durationMs: index + 1 })))
  const estimate = await world.estimate([call('x', 'a')])
  const done = { capability: 'a', pointer: '/do/0/x', durationMs: 75 }
  expect(await world.observe(estimate, 'r1', 75, [done])).toMatchObject({
    within_p50: false,
    within_p90: true,
  })
  const between = { count: 1, within_p50: 0, within_p90: 1 }
  expect(await world.calibration()).toMatchObject({ runs: between, tasks: between })
})

test('an empty workflow takes nothing, and what is none is refused with its place', async () => {
  const world = setup()
  expect(await world.estimate([])).toMatchObject({ tasks: [], makespan_ms: { p50: 0, p90: 0 }, fits: true })
  const estimate = (workflow: Json) => world.ask('resources.estimate', { workflow })
  await expect(estimate({})).rejects.toThrow('has no list of tasks')
  await expect(estimate({ do: [{ a: { do: [7] } }] })).rejects.toThrow('There is no task at /do/0/a/do/0')
  await expect(estimate(null)).rejects.toThrow('is a workflow document')
  await expect(world.estimate([], { slots: 0 })).rejects.toThrow('number from 1')
  let deep: Json = [call('x', 'a')]
  for (let level = 0; level < 220; level++) deep = [{ d: { do: deep } }]
  await expect(estimate({ do: deep })).rejects.toThrow('deeper than 200 levels')
  await expect(world.ask('resources.observe', { run: '' })).rejects.toThrow('takes an `estimate`')
})

test('ten thousand tasks are estimated in bounded time, in a row, side by side, and in a graph', async () => {
  const world = setup()
  fixed(world, { a: 10 })
  const list = Array.from({ length: 10_000 }, (_, index) => call(`t${index}`, 'a'))
  const began = performance.now()
  expect(await world.estimate(list)).toMatchObject({ makespan_ms: { p50: 100_000 } })
  const side = [{ f: { fork: { branches: list } } }]
  expect(await world.estimate(side, { slots: 100 })).toMatchObject({ makespan_ms: { p50: 1_000 } })
  const after = Object.fromEntries(list.slice(1).map((_, index) => [`t${index + 1}`, ['t0']]))
  const star = [{ d: { call: 'nexus.dag', with: { tasks: list, after } } }]
  expect(await world.estimate(star)).toMatchObject({ makespan_ms: { p50: 20 } })
  const loops = [{ l: { for: { in: `\${ [${'1,'.repeat(99_999)}1] }` }, do: list.slice(0, 100) } }]
  expect(await world.estimate(loops)).toMatchObject({ makespan_ms: { p50: 100_000_000 } })
  expect(performance.now() - began).toBeLessThan(20_000)
}, 60_000)

test('samples that make no sense are left out and counted', async () => {
  const world = setup()
  const samples = [
    { capability: 'a', duration_ms: 10 },
    { capability: 'a', duration_ms: -1 },
    { capability: 'a', duration_ms: 1e300 },
    { capability: 'a', duration_ms: '5' },
    { capability: 'a', duration_ms: 5, input_bytes: -1 },
    { capability: 'a', duration_ms: 5, status: 'faulted' },
    { capability: 7, duration_ms: 5 },
    { capability: '__proto__', duration_ms: 5 },
    { capability: 'x'.repeat(9_999), duration_ms: 5 },
    'nonsense',
    null,
    [],
  ]
  expect(await world.estimate([call('x', 'a')], { samples })).toMatchObject({
    makespan_ms: { p50: 10 },
    samples_ignored: 9,
  })
  expect(await world.estimate([call('x', 'a')])).toMatchObject({ makespan_ms: { p50: null } })
  await expect(world.estimate([], { samples: 'many' })).rejects.toThrow('is a list')
})

test('a digest of many numbers stays small and near their true quantiles, and damaged ones are none', () => {
  let digest: Digest = emptyDigest
  const values: number[] = []
  let state = 7
  for (let batch = 0; batch < 200; batch++) {
    const more = Array.from({ length: 9 }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
      return -1_000 * Math.log((state + 0.5) / 4_294_967_296)
    })
    values.push(...more)
    digest =
      digestOf(JSON.parse(JSON.stringify(digestToJson(withValues(digest, more)))) as Json) ?? emptyDigest
  }
  values.sort((a, b) => a - b)
  expect(JSON.stringify(digestToJson(digest)).length).toBeLessThanOrEqual(2_048)
  for (const share of [0.1, 0.5, 0.9, 0.99])
    expect(expectedQuantile(digest, share) / (values[Math.floor(share * values.length)] ?? 0)).toBeCloseTo(
      1,
      1,
    )
  expect(expectedQuantile(digest, 1)).toBe(values.at(-1))
  for (const damaged of [
    null,
    'x',
    {},
    { centroids: [1], min: 0, max: 1 },
    { centroids: ['a', 1], min: 0, max: 1 },
  ])
    expect(digestOf(damaged)).toBeUndefined()
})

test('what handles a fault counts as often as tasks fault, and so do further attempts', async () => {
  const world = setup()
  const faulting = (capability: string, share: number): void => {
    for (let at = 0; at < 100; at++)
      world.samples.push({ capability, duration_ms: 10, status: at < share * 100 ? 'faulted' : 'completed' })
  }
  faulting('sound', 0)
  faulting('frail', 0.5)
  faulting('broken', 0.97)
  const tried = (capability: string, more: JsonObject): JsonObject[] => [
    { t: { try: [call('x', capability)], catch: { do: [{ w: { wait: { milliseconds: 100 } } }], ...more } } },
  ]
  const spanOf = async (list: readonly Json[]) => (await world.estimate(list))['makespan_ms']
  expect(await spanOf(tried('sound', {}))).toEqual({ p50: 10, p90: 10 })
  expect(await spanOf(tried('broken', {}))).toEqual({ p50: 110, p90: 110 })
  expect(await spanOf(tried('frail', {}))).toMatchObject({ p90: 110 })
  const retry = { delay: { milliseconds: 5 }, limit: { attempt: { count: 2 } } }
  // Three attempts, two waits between them, and then what handles the fault.
  expect(await spanOf(tried('broken', { retry }))).toEqual({ p50: 140, p90: 140 })
  expect(
    await spanOf(tried('frail', { retry: { ...retry, limit: { attempt: { count: 9 } } } })),
  ).toMatchObject({
    p90: expect.any(Number),
  })
})

test('of the ways through a list the longest counts, and jumps back count once', async () => {
  const world = setup()
  const wait = (name: string, milliseconds: number, then?: string): JsonObject => ({
    [name]: { wait: { milliseconds }, ...(then !== undefined && { then }) },
  })
  const cases = (...thens: string[]): JsonObject => ({
    pick: { switch: thens.map((then, at) => ({ [`case_${at}`]: { when: `.n == ${at}`, then } })) },
  })
  const spanOf = async (list: readonly Json[]) =>
    ((await world.estimate(list))['makespan_ms'] as JsonObject)['p50']
  const branches = [wait('a', 100, 'done'), wait('b', 300, 'done'), wait('done', 1)]
  expect(await spanOf([cases('a', 'b'), ...branches])).toBe(301)
  expect(await spanOf([wait('first', 5, 'done'), ...branches])).toBe(6)
  expect(await spanOf([wait('first', 5, 'end'), ...branches])).toBe(5)
  const looping = await world.estimate([wait('a', 7), wait('b', 1, 'a')])
  expect(looping).toMatchObject({
    makespan_ms: { p50: 8 },
    assumptions: ['"b" goes back to "a", which counts once.'],
  })
  // Thirty choices are no billion ways.
  const many = Array.from({ length: 30 }, (_, at) => ({
    [`pick_${at}`]: { switch: [{ yes: { when: '.x', then: `last_${at}` } }, { no: { then: 'continue' } }] },
  })).flatMap((pick, at) => [pick, wait(`wait_${at}`, 1), wait(`last_${at}`, 1)])
  expect(await spanOf(many)).toBe(60)
})

test('a price that nobody knows is unknown, not nothing, and keeps to no limit of money', async () => {
  const priced = { properties: { cost_usd: { type: ['number', 'null'] } } }
  const chat = { task: 'llm.chat', module: 'openai_integration', requirements: {}, output_schema: priced }
  const world = setup([chat])
  const list = [call('x', 'a'), call('y', 'llm.chat')]
  fixed(world, { a: 10 })
  expect(await world.estimate(list)).toMatchObject({
    tasks: [{ cost_usd: 0 }, { cost_usd: null }],
    total: { cost_usd: null },
    fits: true,
  })
  world.samples.push({ capability: 'llm.chat', duration_ms: 5, cost_usd: null })
  const limited = await world.estimate(list, { limits: { cost_usd: 1 } })
  expect(limited).toMatchObject({ total: { cost_usd: null }, fits: false })
  expect(limited['reasons']).toEqual([expect.stringContaining('What llm.chat costs is not known')])
  world.samples.push({ capability: 'llm.chat', duration_ms: 5, cost_usd: 0.5 })
  expect(await world.estimate(list, { limits: { cost_usd: 1 } })).toMatchObject({
    total: { cost_usd: 0.5 },
    fits: true,
  })
})
