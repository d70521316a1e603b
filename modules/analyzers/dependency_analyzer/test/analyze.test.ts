/** `graph.analyze`: which task needs which, and why. */
import { expect, test } from 'vitest'
import type { JsonObject } from '@nexus/sdk'
import { arrows, graphOf, set, shell } from './world.ts'

test('`after` orders tasks, and what takes longest is the critical path', async () => {
  const graph = await graphOf({
    tasks: [{ a: set(1) }, { b: set(2) }, { c: set(3) }, { d: set(4) }],
    after: { c: ['a', 'b'], d: ['c', 'a'] },
    durations: { a: 10, b: 200, c: 5 },
  })
  expect(arrows(graph)).toEqual(['a → c', 'a → d', 'b → c', 'c → d'])
  expect(graph).toMatchObject({
    cycles: [],
    critical_path: ['b', 'c', 'd'],
    length: 206,
    levels: [['a', 'b'], ['c'], ['d']],
    reduced: [
      { from: 'a', to: 'c' },
      { from: 'b', to: 'c' },
      { from: 'c', to: 'd' },
    ],
  })
  expect(graph.edges[0]?.why).toMatch(/^after: /)
})

test('a cycle is named in its order, and the rest is told all the same', async () => {
  const graph = await graphOf({
    tasks: [{ a: set(1) }, { b: set(1) }, { c: set(1) }, { d: set(1) }, { e: set(1) }],
    after: { a: ['c'], b: ['a'], c: ['b'], d: ['c'], e: ['e'] },
  })
  expect(graph.cycles).toContainEqual(['a', 'b', 'c'])
  expect(graph.cycles).toContainEqual(['e'])
  expect(graph.levels.flat()).toHaveLength(5)
  expect(graph.critical_path).toEqual(['a', 'b', 'c', 'd'])
})

test('a task of a graph needs those that it mentions, in every way to write it', async () => {
  const graph = await graphOf({
    tasks: [
      { sum: set('${ $tasks.left + $tasks["right side"] }') },
      { left: set('${ .n }') },
      { 'right side': set('${ "$tasks.sum" }') },
    ],
  })
  expect(arrows(graph)).toEqual(['left → sum', 'right side → sum'])
  expect(graph.tasks[0]?.reads).toEqual(['$tasks.left', '$tasks["right side"]'])
  expect(graph.tasks[1]?.reads).toEqual(['.'])
})

test('in a list, a task needs the one before it if it looks at its input, and only then', async () => {
  const graph = await graphOf({
    tasks: [
      { a: set(1) },
      { reads: set('${ .value }') },
      { not: shell('uptime') },
      { filtered: set('${ .x }', { input: { from: '${ $workflow.input }' } }) },
      { after: set(1, { output: { as: '.value' } }) },
      { names: set(1, { output: { as: '${ . + $input }' } }) },
      { template: { call: 'http', with: { method: 'get', endpoint: 'https://example.com/{id}' } } },
      { maybe: shell('uptime', { if: 'true' }) },
    ],
  })
  expect(arrows(graph)).toEqual(['a → reads', 'after → names', 'names → template', 'template → maybe'])
})

test('what is exported into the context is needed by those that read that member of it', async () => {
  const graph = await graphOf({
    tasks: [
      { a: shell('date', { export: { as: '${ {now: ., "two words": 1} }' } }) },
      { b: shell('id', { export: { as: '${ $context + {who: .} }' } }) },
      { c: set('${ $context.now }') },
      { d: set('${ $context.who }') },
      { e: set('${ $context["two words"] }') },
      { f: set('${ $context }') },
    ],
  })
  expect(arrows(graph)).toEqual(['a → b', 'a → c', 'a → e', 'a → f', 'b → d', 'b → f'])
  expect(graph.tasks[1]).toMatchObject({ reads: [], writes: ['$context.who'] })
  expect(graph.edges.find(({ to }) => to === 'd')?.why).toBe('data: reads $context.who, which it writes')
})

test('an export that replaces the context comes after those that read what it takes away', async () => {
  const graph = await graphOf({
    tasks: [
      { a: shell('date', { export: { as: '${ {x: .} }' } }) },
      { b: set('${ $context.x }') },
      { c: shell('id', { export: { as: '${ . }' } }) },
      { d: set('${ $context.x }') },
    ],
  })
  expect(arrows(graph)).toEqual(['a → b', 'a → c', 'b → c', 'c → d'])
})

test('files that a shell writes are written before they are read', async () => {
  const graph = await graphOf({
    tasks: [
      { make: shell('sort in.txt > "out put.txt" 2>/dev/null') },
      { other: shell('echo "a > b.txt" # > c.txt') },
      { add: shell("printf x >> './out put.txt'") },
      { count: shell('wc -l < "out put.txt" | tee n.txt') },
      { copy: shell('cp n.txt m.txt && rm in.txt') },
      { quote: shell('cat b.txt c.txt') },
    ],
  })
  expect(arrows(graph)).toEqual(['add → count', 'count → copy', 'make → add', 'make → copy'])
  expect(graph.tasks[0]).toMatchObject({ reads: ['file:in.txt'], writes: ['file:out put.txt'] })
  expect(graph.edges.find(({ to }) => to === 'count')?.why).toBe(
    'data: reads file out put.txt, which it writes',
  )
})

test('in a graph, too, a file is written before it is read, unless `after` says otherwise', async () => {
  const tasks = [{ read: shell('cat a.txt') }, { write: shell('date > a.txt') }]
  expect(arrows(await graphOf({ tasks, order: 'graph' }))).toEqual(['write → read'])
  expect(arrows(await graphOf({ tasks, after: { write: ['read'] } }))).toEqual(['read → write'])
})

test('tables and files of SQL order the tasks that use them', async () => {
  const sql = (query: string, more: JsonObject = { connection: 'db' }): JsonObject => ({
    call: 'query.sql',
    with: { query, ...more },
  })
  const graph = await graphOf({
    tasks: [
      { make: sql('CREATE TABLE IF NOT EXISTS Totals (n int) -- FROM nowhere') },
      {
        fill: sql(
          `INSERT INTO totals SELECT 'FROM x' FROM orders o, "Customers" c JOIN main.items USING (id)`,
        ),
      },
      { ask: sql('WITH t AS (SELECT * FROM totals) SELECT * FROM t') },
      { elsewhere: sql('SELECT * FROM totals', { connection: 'other' }) },
      { drop: sql('DELETE FROM totals') },
      { file: sql('SELECT * FROM sales', { files: { sales: 'data/sales.csv' } }) },
      { save: sql("COPY (SELECT * FROM read_csv('data/sales.csv')) TO 'out.parquet'", {}) },
      { load: sql("SELECT * FROM 'out.parquet'", {}) },
    ],
  })
  expect(arrows(graph)).toEqual(['ask → drop', 'fill → ask', 'fill → drop', 'make → fill', 'save → load'])
  const of = (name: string) => graph.tasks.find((task) => task.name === name)
  expect(of('fill')?.reads).toEqual(['table:db/orders', 'table:db/Customers', 'table:db/main.items'])
  expect(of('file')).toMatchObject({ reads: ['file:data/sales.csv'], writes: [] })
})

test('requests that change what is at an address come before those that ask for it', async () => {
  const http = (method: string, endpoint: string): JsonObject => ({
    call: 'http',
    with: { method, endpoint },
  })
  const graph = await graphOf({
    tasks: [
      { put: http('put', 'https://example.com/a') },
      { get: http('GET', 'https://example.com/a?x=1') },
      { other: http('get', 'https://example.com/b') },
    ],
  })
  expect(arrows(graph)).toEqual(['put → get'])
})

test('what decides the flow comes before what it decides about', async () => {
  const graph = await graphOf({
    tasks: [
      { a: set(1) },
      { choose: { switch: [{ big: { when: '.value > 1', then: 'c' } }, { small: { then: 'exit' } }] } },
      { b: shell('uptime') },
      { c: shell('date', { then: 'a' }) },
    ],
  })
  expect(arrows(graph)).toEqual(['a → choose', 'c → a', 'choose → b', 'choose → c'])
  expect(graph.cycles).toEqual([['a', 'choose', 'c']])
})

test('a wait holds what comes after it until what comes before it has ended', async () => {
  const graph = await graphOf({
    tasks: [
      { a: shell('date') },
      { b: shell('id') },
      { pause: { wait: { seconds: 1 } } },
      { c: shell('uptime') },
    ],
  })
  expect(arrows(graph)).toEqual(['a → pause', 'b → pause', 'pause → c'])
})

test('lists inside tasks have graphs of their own, and what they need the task around them needs', async () => {
  const graph = await graphOf({
    workflow: {
      do: [
        { make: shell('date > a.txt') },
        {
          loop: {
            for: { each: 'line', in: '$workflow.input.lines' },
            do: [{ x: set('${ $line }') }, { y: shell('cat a.txt') }, { z: set('${ . }') }],
          },
        },
        { sides: { fork: { branches: [{ left: set('${ .n }') }, { right: shell('date') }] } } },
        { safe: { try: [{ t: shell('false') }], catch: { do: [{ c: set('${ $error.title }') }] } } },
        { inner: { call: 'nexus.dag', with: { tasks: [{ q: set('${ $tasks.p }') }, { p: set(1) }] } } },
      ],
    },
    durations: { y: 50, left: 3 },
  })
  expect(arrows(graph)).toEqual(['loop → sides', 'make → loop'])
  const [, loop, sides, safe, dag] = graph.tasks
  expect(loop).toMatchObject({ duration: 51, reads: ['file:a.txt'], pointer: '/do/1/loop' })
  expect(loop?.inner?.[0]).toMatchObject({ pointer: '/do/1/loop/do', levels: [['x', 'y'], ['z']] })
  expect(loop?.inner?.[0]?.tasks[0]?.reads).toEqual(['$line'])
  expect(sides).toMatchObject({ duration: 3, inner: [{ levels: [['left', 'right']] }] })
  expect(safe?.inner?.map(({ pointer }) => pointer)).toEqual(['/do/3/safe/try', '/do/3/safe/catch/do'])
  expect(dag?.inner?.[0]?.levels).toEqual([['p'], ['q']])
})

test('inner lists are told of as deep as is asked, and count all the way down', async () => {
  const nest = (levels: number): JsonObject =>
    levels === 0 ? shell('cat deep.txt') : { do: [{ x: nest(levels - 1) }] }
  const graph = await graphOf({ tasks: [{ w: shell('date > deep.txt') }, { top: nest(20) }], depth: 1 })
  expect(arrows(graph)).toEqual(['w → top'])
  expect(graph.tasks[1]?.inner?.[0]?.tasks[0]?.inner).toBeUndefined()
  await expect(graphOf({ tasks: [{ top: nest(100) }] })).rejects.toThrow('nested deeper than 64')
})

test.each([
  ['neither a workflow nor tasks', {}, 'either a `workflow`'],
  ['both', { workflow: { do: [] }, tasks: [] }, 'either a `workflow`'],
  ['a workflow without `do`', { workflow: {} }, 'either a `workflow`'],
  ['an entry that is no task', { tasks: [{ a: set(1), b: set(1) }] }, '/tasks/0'],
  ['two tasks of one name', { tasks: [{ a: set(1) }, { a: set(1) }] }, 'two tasks are called "a"'],
  [
    'a name in `after` that nobody has',
    { tasks: [{ fetch: set(1) }], after: { fetch: ['fetsh'] } },
    'Did you mean "fetch"',
  ],
  [
    'an `after` that holds no names',
    { tasks: [{ a: set(1) }], after: { a: [1] } },
    'names of tasks are wanted',
  ],
])('%s is a fault that says so', async (_what, input: JsonObject, message) => {
  await expect(graphOf(input)).rejects.toThrow(message)
})

test('ten thousand tasks take less than a second', async () => {
  const tasks = Array.from({ length: 10_000 }, (_, index) => ({
    [`t${index}`]: set(
      `\${ [$tasks.t${Math.max(0, index - 1)}, $tasks.t${index >> 1}, $tasks["t${index >> 2}"]] }`,
    ),
  }))
  const begin = performance.now()
  const graph = await graphOf({ tasks, order: 'graph' })
  const took = performance.now() - begin
  expect(graph.reduced.length).toBe(9_999 + 1) // the first mentions itself
  expect(graph.critical_path).toHaveLength(10_000)
  expect(took).toBeLessThan(2_500) // twice over the wire, on a machine that does other things
})

test('more tasks or edges than are allowed are refused', async () => {
  const tasks = Array.from({ length: 50 }, (_, index) => ({ [`t${index}`]: set(1) }))
  const names = tasks.flatMap((task) => Object.keys(task))
  const after = Object.fromEntries(names.map((name) => [name, names]))
  await expect(graphOf({ tasks }, { max_tasks: 49 })).rejects.toThrow('at most 49')
  await expect(graphOf({ tasks, after }, { max_edges: 1000 })).rejects.toThrow('more than 1000 dependencies')
})
