/**
 * `nexus.goal`: what becomes of plans that fail, by planners that the test writes. What the planner is asked, and how
 * often, is seen in the run's own record.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { expect, test } from 'vitest'
import { planDocument, type LiveRun, type RunRecord } from '../src/index.ts'
import { documentOf, setup, type World } from './world.ts'

/** A module in this process; `execute` sees `input`, `context` and `globalThis.world`. */
function module(world: World, id: string, provides: string, execute: string, priority = 'high'): void {
  const folder = join(world.folder, 'modules', 'analyzers', id)
  mkdirSync(folder, { recursive: true })
  const manifest = `id: ${id}\nversion: 1.0.0\ntype: analyzer\nname: ${id}\ndescription: Of a test.
entry_points: {main: main.js}\nbehavior: {priority: ${priority}}\nprovides: ${provides}\n`
  writeFileSync(join(folder, 'manifest.yaml'), manifest)
  const main = `import { BaseModule, ModuleResult, TaskFault } from '@nexus/sdk'
const document = (tasks) => ({ document: { dsl: '1.0.3', namespace: 'plans', name: 'plan', version: '1.0.0' }, do: tasks })
export class Module extends BaseModule { async execute(context) { const input = context.inputData; ${execute} } }\n`
  writeFileSync(join(folder, 'main.js'), main)
}

/** A world whose planner gives what the body says: a list of tasks, for `input`. */
async function planning(body: string, more: (world: World) => void = () => {}): Promise<World> {
  const world = await setup()
  module(
    world,
    'planner',
    '[{task: goal.plan}]',
    `const tasks = (() => { ${body} })(); return ModuleResult.ok({ planner: 'test', workflow: document(tasks) })`,
  )
  const analyze = `return ModuleResult.ok(await context.call('service_router.capabilities', {}))`
  module(world, 'looker', '[{task: context.analyze}]', analyze)
  more(world)
  await world.restart({ modules: [join(world.folder, 'modules')], trust: [world.folder] })
  return world
}

const goalOf = (constraints: JsonObject = {}, goal = 'do it'): string =>
  `  - goal: { call: nexus.goal, with: ${JSON.stringify({ goal, constraints })} }\n`

const decisionsOf = ({ tasks }: RunRecord): Json[] =>
  tasks
    .filter(({ kind }) => kind === 'event.emit')
    .flatMap(({ input }) => {
      const data = isJsonObject(input) ? input['data'] : undefined
      return data !== undefined && isJsonObject(data) && 'decision' in data ? [data['decision'] ?? null] : []
    })

const timesOf = ({ tasks }: RunRecord, kind: string): number =>
  tasks.filter((task) => task.kind === kind).length

test('a plan runs as a run of its own, and its outcome is the goal’s', async () => {
  await using world = await planning(
    `return [{ a: { set: { n: 1 } } }, { b: { set: { n: '\${ .n + 1 }' } } }]`,
  )
  const record = await world.run(goalOf())
  expect(record.output).toEqual({ n: 2 })
  const child = record.tasks.find(({ kind }) => kind === 'workflow.run')?.child_run ?? ''
  expect((await world.nexus.runs.get(child)).workflow.name).toBe('plan')
  expect(decisionsOf(record)).toEqual([])
})

/** A task that fails so often with a fault of that kind. */
const failing = (world: World, kind: string, times: number): void =>
  module(
    world,
    'flaky',
    '[{task: flaky}]',
    `const n = (await context.state.get('n') ?? 0) + 1; await context.state.set('n', n)
     if (n <= ${times}) throw TaskFault.of('${kind}', 'not now')
     return ModuleResult.ok(n)`,
  )

test('what may pass is tried again, and what was done is not done again', async () => {
  await using world = await planning(
    `return [{ first: { call: 'count' } }, { second: { call: 'flaky' } }]`,
    (at) => {
      failing(at, 'communication', 1)
      module(
        at,
        'counter',
        '[{task: count}]',
        `const n = (await context.state.get('n') ?? 0) + 1; await context.state.set('n', n); return ModuleResult.ok(n)`,
      )
    },
  )
  const record = await world.run(goalOf())
  expect(record).toMatchObject({ status: 'completed', output: 2 })
  expect(decisionsOf(record)).toEqual(['retry'])
  const runs = record.tasks.filter(({ kind }) => kind === 'workflow.run')
  const last = await world.nexus.runs.get(runs.at(-1)?.child_run ?? '')
  expect(last.tasks.find(({ name }) => name === 'first')?.output).toBe(1)
})

test('another module that provides the task gets it, by its name', async () => {
  await using world = await planning(`return [{ a: { call: 'say' } }]`, (at) => {
    module(at, 'broken', '[{task: say}]', `throw TaskFault.of('validation', 'cannot')`, 'high')
    module(at, 'working', '[{task: say}]', `return ModuleResult.ok('said')`, 'normal')
  })
  const record = await world.run(goalOf())
  expect(record).toMatchObject({ status: 'completed', output: 'said' })
  expect(decisionsOf(record)).toEqual(['alternative'])
})

test('a new plan is made for what is left, by a planner that is told what failed and what is done', async () => {
  await using world = await planning(
    `const failed = input.context?.failed
     const first = { first: { set: { n: 1 } } }
     if (!failed) return [first, { second: { raise: { error: { type: 'about:blank', status: 500, detail: 'no' } } } }]
     return [first, { third: { set: { told: failed.task, done: input.context.done } } }]`,
  )
  const record = await world.run(goalOf())
  expect(record.output).toEqual({ told: 'second', done: { first: { n: 1 } } })
  expect(decisionsOf(record)).toEqual(['replan'])
})

test('a planner that plans the same again is not asked for ever', async () => {
  await using world = await planning(
    `return [{ a: { raise: { error: { type: 'about:blank', status: 500, detail: 'never' } } } }]`,
  )
  const record = await world.run(goalOf())
  expect(record).toMatchObject({ status: 'faulted', error: { detail: 'never' } })
  expect(timesOf(record, 'goal.plan')).toBe(2)
  expect(decisionsOf(record)).toEqual(['replan', 'keep_plan', 'give_up'])
})

test('checks of tasks and of the outcome are kept to', async () => {
  const plan = `const n = input.context?.failed || input.goal === 'five' ? 5 : 1
    return [{ a: { set: { n }, metadata: { expect: '\${ .n > 3 }' } } }]`
  await using world = await planning(plan)
  const record = await world.run(goalOf())
  expect(record).toMatchObject({ status: 'completed', output: { n: 5 } })
  const unmet = await world.run(goalOf({ expect: '${ .n > 9 }', max_replans: 0 }, 'five'))
  expect(unmet.error?.detail).toBe('The outcome is not as expected: ${ .n > 9 }')
  const schema = { type: 'object', properties: { n: { type: 'string' } } }
  const misfit = await world.run(goalOf({ expect: schema, max_replans: 0 }, 'five'))
  expect(misfit.error?.detail).toMatch(
    /^The outcome is not as expected: the schema of the goal\. .*\/n must be string/,
  )
  expect((await world.run(goalOf({ expect: '${ .n == 5 }' }, 'five'))).status).toBe('completed')
})

test('steps, depth and budget are bounds', async () => {
  await using world = await planning(
    `if (input.goal === 'deep') return [{ again: { call: 'nexus.goal', with: { goal: 'deep' } } }]
     return Array.from({ length: 9 }, (_, i) => ({ ['t' + i]: { set: { i } } }))`,
  )
  const steps = await world.run(goalOf({ max_steps: 5 }))
  expect(steps.error?.detail).toContain('This goal has taken 9 tasks, and may take 5.')
  const deep = await world.run(goalOf({ max_replans: 0 }, 'deep'))
  expect(deep.error?.detail).toContain('goals within goals, deeper than `constraints.depth` allows')
  expect((await world.run(goalOf({}, '  '))).error?.detail).toContain('this one is empty')
})

const listening = (run: LiveRun): Promise<void> =>
  new Promise((resolve) => run.listen(({ type }) => type === 'listen.begun' && resolve()))

test('a plan that needs a yes waits for it, also over a restart', async () => {
  await using world = await planning(`return [{ a: { set: { done: true } } }]`)
  const run = await world.nexus.run(world.nexus.check(documentOf(goalOf({ approve: true }))), {})
  await listening(run)
  const nexus = await world.restart({ modules: [join(world.folder, 'modules')], trust: [world.folder] })
  const again = await nexus.runs.resume(run.id)
  await nexus.runs.signal(run.id, { type: 'io.nexus.goal.answered.v1', data: { approve: true } })
  expect(await again.ended).toEqual({ status: 'completed', output: { done: true } })
})

test('a plan that is refused does not run', async () => {
  await using world = await planning(`return [{ a: { set: { done: true } } }]`)
  const run = await world.nexus.run(world.nexus.check(documentOf(goalOf({ approve: true }))), {})
  // Sent before anybody asks: it is kept for the run.
  const data = { approve: false, say: 'Not today.' }
  await world.nexus.runs.signal(run.id, { type: 'io.nexus.goal.answered.v1', data })
  expect(await run.ended).toMatchObject({
    status: 'faulted',
    error: { detail: 'The plan was not approved. Not today.' },
  })
})

const calibrationOf = async (world: World): Promise<JsonObject> =>
  (await world.run('  - told: { call: resources.calibration }\n')).output as JsonObject

test('a plan is estimated from what ran before, and what it took is compared with that', async () => {
  await using world = await planning(`return [{ a: { call: 'nap' } }, { b: { call: 'nap' } }]`, (at) =>
    module(at, 'napper', '[{task: nap}]', `await context.clock.sleep(20); return ModuleResult.ok(1)`),
  )
  for (let run = 0; run < 3; run++) expect((await world.run(goalOf())).status).toBe('completed')
  const told = await calibrationOf(world)
  // Of the first plan nothing was known.
  expect(told).toMatchObject({
    runs: { count: 2 },
    tasks: { count: 4 },
    capabilities: [{ capability: 'nap', count: 4 }],
  })
  await world.restart({ modules: [join(world.folder, 'modules')], trust: [world.folder] })
  expect(await calibrationOf(world)).toEqual(told)
  const { output } = await world.run(
    `  - e: { call: resources.estimate, with: { workflow: { do: [{ a: { call: nap } }] } } }\n`,
  )
  expect(output).toMatchObject({ tasks: [{ basis: 'history', samples: 6 }], fits: true })
})

test('a plan that does not fit into the limits of its goal does not run, and what went on from another run is not compared', async () => {
  await using world = await planning(
    `return [{ first: { set: { a: 1 } } }, { long: { wait: { milliseconds: 1 } } }, { second: { call: 'flaky' } }]`,
    (at) => failing(at, 'communication', 1),
  )
  const tight = await world.run(goalOf({ limits: { memory_mb: 0.001, duration_ms: 0 } }))
  expect(tight.error?.detail).toBe(
    'The plan does not fit into the limits of its goal. What is known of it takes up to 1 ms in nine of ten cases, and may take 0 ms.',
  )
  expect(timesOf(tight, 'workflow.run')).toBe(0)
  const record = await world.run(goalOf())
  expect(decisionsOf(record)).toEqual(['retry'])
  expect(timesOf(record, 'resources.observe')).toBe(0)
})

test('planners are told of the files that a goal names, and what whoever asks knows better goes first', async () => {
  await using world = await planning(`return [{ a: { set: { told: input.context } } }]`, (at) =>
    module(
      at,
      'looker',
      '[{task: context.analyze}]',
      `const { capabilities } = await context.call('service_router.capabilities', {})
       return ModuleResult.ok({ capabilities, files: [{ name: 'a.csv' }], runs: [], memory: { available: false } })`,
    ),
  )
  expect((await world.run(goalOf())).output).toEqual({ told: { files: [{ name: 'a.csv' }] } })
  const given = { files: [{ name: 'b.csv' }], more: 1 }
  const record = await world.run(
    `  - goal: { call: nexus.goal, with: ${JSON.stringify({ goal: 'do it', context: given })} }\n`,
  )
  expect(record.output).toEqual({ told: given })
})

test('a goal is planned and estimated without running it', async () => {
  await using world = await planning(
    `return [{ a: { wait: { seconds: 3 } } }, { b: { set: { told: input.context } } }]`,
    (at) => module(at, 'drawer', '[{task: graph.analyze}]', `return ModuleResult.ok({ edges: [] })`),
  )
  const live = await world.nexus.run(world.nexus.check(planDocument), {
    goal: 'do it',
    context: { known: 1 },
  })
  await live.ended
  const { output } = await world.nexus.runs.get(live.id)
  expect(output).toMatchObject({
    plan: { workflow: { do: [{}, { b: { set: { told: { known: 1 } } } }] } },
    graph: { edges: [] },
    estimate: { makespan_ms: { p50: 3_000, p90: 3_000 }, parallel_ms: { p50: 3_000 } },
  })
})

test('where nothing else is left a person is asked, whose advice the planner gets', async () => {
  await using world = await planning(
    `const { advice } = input.context ?? {}
     if (advice) return [{ a: { set: { advice } } }]
     return [{ a: { raise: { error: { type: 'about:blank', status: 500, detail: 'stuck' } } } }]`,
  )
  const begin = (constraints: JsonObject) =>
    world.nexus.run(world.nexus.check(documentOf(goalOf({ max_replans: 0, ...constraints }))), {})
  const answer = (run: LiveRun, data: JsonObject) =>
    world.nexus.runs.signal(run.id, { type: 'io.nexus.goal.answered.v1', data })
  const helped = await begin({ ask_human: true })
  await answer(helped, { approve: true, say: 'use the other one' })
  expect(await helped.ended).toEqual({ status: 'completed', output: { advice: 'use the other one' } })
  const left = await begin({ ask_human: true })
  await answer(left, { approve: false })
  expect(await left.ended).toMatchObject({ status: 'faulted', error: { detail: 'stuck' } })
})

test('a module that was taken for a task keeps it in later plans, and what it did is not done again', async () => {
  await using world = await planning(
    `const failed = input.context?.failed
     const last = failed ? { give: { set: { done: true } } } : { stop: { raise: { error: { type: 'about:blank', status: 500, detail: 'no' } } } }
     return [{ a: { call: 'say' } }, last]`,
    (at) => {
      module(at, 'broken', '[{task: say}]', `throw TaskFault.of('validation', 'cannot')`, 'high')
      const once = `const n = (await context.state.get('n') ?? 0) + 1; await context.state.set('n', n)
        if (n > 1) throw TaskFault.of('validation', 'twice'); return ModuleResult.ok('said')`
      module(at, 'working', '[{task: say}]', once, 'normal')
    },
  )
  const record = await world.run(goalOf())
  expect(record).toMatchObject({ status: 'completed', output: { done: true } })
  expect(decisionsOf(record)).toEqual(['alternative', 'replan'])
})

test('a check that fails is of its task, which another module may do; checks stand with what they check', async () => {
  await using world = await planning(
    `const say = { call: 'say', metadata: { expect: '\${ . == "said" # or else }' } }
     return [{ a: say }, { a_check: { set: { n: 1 } } }, { both: { fork: { branches: [{ b: { set: { n: 2 }, metadata: { expect: '.n == 2' } } }] } } }]`,
    (at) => {
      module(at, 'wrong', '[{task: say}]', `return ModuleResult.ok('nothing')`, 'high')
      module(at, 'right', '[{task: say}]', `return ModuleResult.ok('said')`, 'normal')
    },
  )
  const record = await world.run(goalOf())
  expect(record).toMatchObject({ status: 'completed', output: [{ n: 2 }] })
  expect(decisionsOf(record)).toEqual(['alternative'])
})

test('goals within goals are bounded wherever they stand, and share what is left', async () => {
  await using world = await planning(
    `const again = { call: 'adaptive_orchestrator/nexus.goal', with: { goal: 'deep', max_steps: 1000 } }
     if (input.goal === 'deep') return [{ side: { fork: { branches: [{ again }] } } }]
     if (input.goal === 'wide') return ['a', 'b'].map((name) => ({ [name]: { call: 'nexus.goal', with: { goal: 'leaf' } } }))
     return [{ told: { set: { steps: input.max_steps } } }]`,
  )
  const deep = await world.run(goalOf({ max_replans: 0 }, 'deep'))
  expect(deep.error?.detail).toContain('goals within goals, deeper than `constraints.depth` allows')
  const wide = await world.run(goalOf({ max_steps: 12 }, 'wide'))
  expect(wide).toMatchObject({ status: 'completed', output: { steps: 5 } })
})

test('planning keeps to its budget, and where its price is not known to none of money', async () => {
  await using world = await setup()
  const plan = `const { budget } = input.constraints ?? {}
    const cost_usd = input.goal === 'unpriced' ? null : 0.4
    const tasks = input.context?.failed ? [{ b: { set: { budget } } }] : [{ a: { raise: { error: { type: 'about:blank', status: 500 } } } }]
    return ModuleResult.ok({ planner: 'test', workflow: document(tasks), usage: { total_tokens: 60 }, cost_usd, assumptions: ['It was written by tiny.'] })`
  module(world, 'planner', '[{task: goal.plan}]', plan)
  await world.restart({ modules: [join(world.folder, 'modules')], trust: [world.folder] })
  const within = await world.run(goalOf({ budget: { tokens: 120, usd: 1 } }))
  expect(within).toMatchObject({ status: 'completed', output: { budget: { tokens: 60, usd: 0.6 } } })
  const tokens = await world.run(goalOf({ budget: { tokens: 100 } }))
  expect(tokens.error?.detail).toContain('This goal has taken 120 tokens, and may take 100.')
  const unpriced = await world.run(goalOf({ budget: { usd: 1 } }, 'unpriced'))
  expect(unpriced.error?.detail).toContain('What planning cost is not known')
  expect(unpriced.error?.detail).toContain('Set `prices` of openai_integration')
})

test('whoever always says yes to trying again is not asked for ever', async () => {
  await using world = await planning(
    `return [{ a: { raise: { error: { type: 'about:blank', status: 500, detail: 'stuck' } } } }]`,
  )
  const live = await world.nexus.run(world.nexus.check(documentOf(goalOf({ ask_human: true }))), {})
  for (let answer = 0; answer < 12; answer++)
    await world.nexus.runs.signal(live.id, { type: 'io.nexus.goal.answered.v1', data: { approve: true } })
  expect(await live.ended).toMatchObject({ status: 'faulted', error: { detail: 'stuck' } })
  const decisions = decisionsOf(await world.nexus.runs.get(live.id))
  expect(decisions.slice(0, 3)).toEqual(['replan', 'keep_plan', 'ask'])
  expect(decisions.at(-1)).toBe('give_up')
  expect(decisions.filter((each) => each === 'ask')).toHaveLength(10)
})

test('bounds that are mistyped, and checks that are none, are found before anything is planned', async () => {
  await using world = await planning(`return [{ a: { set: { n: 1 } } }]`)
  const mistyped = await world.run(goalOf({ max_retrys: 1 }))
  expect(mistyped.error?.detail).toContain('Did you mean "max_retries"?')
  for (const expect_ of ['.n >', { type: 7 }]) {
    const record = await world.run(goalOf({ expect: expect_ }))
    expect(record.error?.detail).toContain('`expect` of the goal is neither an expression nor a schema')
    expect(timesOf(record, 'goal.plan')).toBe(0)
  }
})
