import { formatProblem, ModuleFailure, type Kernel } from '@nexus/kernel'
import { TaskFault } from '@nexus/sdk'
import { describe, expect, test } from 'vitest'
import { echo, makeWorld, manualClock, outputOf, task } from './world.ts'

function stateOf(kernel: Kernel, id: string): string | undefined {
  return kernel.modules().find((module) => module.id === id)?.state
}

function problemsOf(kernel: Kernel, id: string): string {
  return kernel
    .modules()
    .flatMap((m) => (m.id === id ? m.problems.map(formatProblem) : []))
    .join('\n')
}

/** A module that logs when it is set up and torn down, and fails where the options say. */
function recording(id: string, { setup = '', teardown = '' } = {}): Record<string, string> {
  return {
    'main.js': `import { BaseModule, ModuleResult } from '@nexus/sdk'
export class Module extends BaseModule {
  async setup(context) { this.log = context.log; this.log.info('setup ${id}'); ${setup} }
  async execute(context) { return ModuleResult.ok('${id}') }
  async teardown() { this.log.info('teardown ${id}'); ${teardown} }
}
`,
  }
}

describe('a generation', () => {
  test('is number 1 after opening, with an artifact and a configuration for each module', async () => {
    const world = makeWorld()
    world.module('a', {
      manifest: 'config_schema: {type: object, properties: {size: {type: integer, default: 5}}}',
    })
    const { generation } = await world.open()
    expect(generation.number).toBe(1)
    expect([...generation.modules.keys()]).toEqual(['a'])
    expect(generation.modules.get('a')).toMatchObject({
      artifact: expect.stringMatching(/^[0-9a-f]{64}$/),
      config: { size: 5 },
    })
    expect(Object.isFrozen(generation)).toBe(true)
  })

  test('routes a capability to the module that provides it, and says which', async () => {
    const world = makeWorld()
    world.module('a', { version: '1.2.3', manifest: 'provides: [{task: query.sql, idempotent: true}]' })
    const kernel = await world.open()
    expect(kernel.route('query.sql')).toMatchObject({
      capability: 'query.sql',
      module: 'a',
      version: '1.2.3',
      type: 'executor',
      provided: { idempotent: true },
    })
    expect(kernel.routes().map(({ capability }) => capability)).toEqual(['query.sql'])
    expect(kernel.route('query.graphql')).toBeUndefined()
    expect(kernel.explainMissing('query.sq')).toBe('No module provides "query.sq". Did you mean "query.sql"?')
  })

  test('gives a task that several provide to the higher priority, then to the later source, then to the first id', async () => {
    const world = makeWorld()
    const user = `${world.folder}/user`
    const provides = 'provides: [{task: t}]'
    world.module('b', { manifest: provides })
    world.module('a', { manifest: provides })
    const winner = async (sources: string[]): Promise<string | undefined> =>
      (await world.open({ sources })).route('t')?.module
    expect(await winner([world.source])).toBe('a')
    world.module('z', { source: user, manifest: provides })
    expect(await winner([world.source, user])).toBe('z')
    world.module('c', { manifest: `${provides}\nbehavior: {priority: high}` })
    const kernel = await world.open({ sources: [world.source, user] })
    expect(kernel.modules().map(({ id, provides }) => [id, provides[0]?.served_by])).toEqual([
      ['a', 'c'],
      ['b', 'c'],
      ['c', 'c'],
      ['z', 'c'],
    ])
  })
})

describe('the modules of a generation', () => {
  test('start each after those it depends on, and stop in reverse', async () => {
    const world = makeWorld()
    world.module('a', { manifest: 'dependencies: {modules: [{b: "^1.0.0"}]}', files: recording('a') })
    world.module('b', { files: recording('b') })
    world.module('c', { files: recording('c') })
    const kernel = await world.open()
    await kernel.close()
    await kernel.close()
    expect(world.logged).toEqual(['setup b', 'setup a', 'setup c', 'teardown c', 'teardown a', 'teardown b'])
  })

  test('are only those that are asked for and what they depend on; the others are listed', async () => {
    const world = makeWorld()
    world.module('a', { manifest: 'dependencies: {modules: [{b: "^1.0.0"}]}' })
    world.module('b')
    world.module('c')
    const kernel = await world.open({ wishes: { only: ['a'] } })
    expect([...kernel.generation.modules.keys()]).toEqual(['b', 'a'])
    expect(stateOf(kernel, 'c')).toBe('available')
    expect(kernel.explainMissing('c')).toBe(
      '"c" is provided by module "c", which is not among the modules in use',
    )
  })
})

describe('a module that cannot be used is faulty, and the others serve', () => {
  test('when its set-up throws', async () => {
    const world = makeWorld()
    world.module('bad', { files: recording('bad', { setup: 'throw new Error("no port")' }) })
    world.module('good')
    const kernel = await world.open()
    expect(problemsOf(kernel, 'bad')).toContain('Module "bad" 1.0.0 failed in setup: Error: no port.')
    expect(world.logged).toEqual(expect.arrayContaining(['setup bad', 'teardown bad']))
    expect(await outputOf(kernel, 'good', 1)).toBe(1)
    expect(kernel.explainMissing('bad')).toContain(
      '"bad" is provided by module "bad", which cannot be used: ',
    )
  })

  test('when its set-up hangs', async () => {
    const world = makeWorld()
    world.module('bad', { files: recording('bad', { setup: 'await new Promise(() => {})' }) })
    world.module('good')
    const kernel = await world.open({ deadlines: { setupMsMax: 20 } })
    expect(problemsOf(kernel, 'bad')).toContain('failed in setup: DeadlineExceeded: took longer than 20 ms.')
    expect(await outputOf(kernel, 'good', 1)).toBe(1)
  })

  test('when its probe fails, and it is torn down', async () => {
    const world = makeWorld()
    const files = recording('bad')
    const main =
      files['main.js']?.replace('async execute', 'canExecute() { return false }\n  async execute') ?? ''
    world.module('bad', { files: { 'main.js': main } })
    const kernel = await world.open()
    expect(problemsOf(kernel, 'bad')).toContain(
      'Module "bad" 1.0.0 provides "bad", but its canExecute("bad") is not true.',
    )
    expect(world.logged).toEqual(expect.arrayContaining(['setup bad', 'teardown bad']))
  })

  test('when a module that it depends on is faulty', async () => {
    const world = makeWorld()
    world.module('a', { manifest: 'dependencies: {modules: [{b: "*"}]}' })
    world.module('b', { files: recording('b', { setup: 'throw new Error("no")' }) })
    const kernel = await world.open()
    expect(problemsOf(kernel, 'a')).toContain('manifest.yaml:8:30: Needs "b", which cannot be used itself.')
  })

  test('when what it depends on is not here', async () => {
    const world = makeWorld()
    world.module('a', { manifest: 'dependencies: {modules: [{memory: "^2"}]}' })
    expect(problemsOf(await world.open(), 'a')).toContain(
      'a/manifest.yaml:8:35: Because "a" 1.0.0 needs "memory" ^2, which no source has, "a" 1.0.0 cannot be used.',
    )
  })

  test('when its configuration breaks its schema', async () => {
    const world = makeWorld()
    world.module('a', {
      manifest:
        'config_schema: {type: object, properties: {port: {type: integer}}, additionalProperties: false}',
    })
    const kernel = await world.open({ config: { a: { port: 'x', prot: 1 } } })
    expect(problemsOf(kernel, 'a')).toContain(
      'Configuration of module "a" at /port: Expected a whole number, found "x".',
    )
    expect(problemsOf(kernel, 'a')).toContain(
      'Configuration of module "a" at /prot: Unknown key "prot". Did you mean "port"?',
    )
  })

  test('when an npm package that it lists is not installed, or in another version', async () => {
    const world = makeWorld()
    const manifest = 'dependencies: {npm: [{no-such-thing: "^1.0.0"}, {old-thing: "^2.0.0"}]}'
    const folder = world.module('a', {
      manifest,
      files: { 'main.js': echo, 'node_modules/old-thing/package.json': '{"version":"1.9.0"}' },
    })
    const problems = problemsOf(await world.open(), 'a')
    expect(problems).toContain(
      `Needs the npm package "no-such-thing" ^1.0.0, which is not installed. Try: npm install "no-such-thing@^1.0.0" in "${folder}".`,
    )
    expect(problems).toContain('Needs the npm package "old-thing" ^2.0.0, but what is installed is 1.9.0.')
  })
})

test('configuration for a module that is not here is warned of, with the nearest that is', async () => {
  const world = makeWorld()
  world.module('http_client')
  await world.open({ config: { htpp_client: {} } })
  expect(world.logged).toEqual([
    'There is configuration for a module "htpp_client", which is not here. Did you mean "http_client"?',
  ])
})

describe('a module with auto_load: false', () => {
  const manifest = 'behavior: {auto_load: false}'

  test('starts at its first task, once however many come at the same time', async () => {
    const world = makeWorld()
    world.module('lazy', { manifest, files: recording('lazy') })
    const kernel = await world.open()
    expect([stateOf(kernel, 'lazy'), world.logged]).toEqual(['available', []])
    const outputs = await Promise.all([1, 2, 3].map(() => outputOf(kernel, 'lazy')))
    expect(outputs).toEqual(['lazy', 'lazy', 'lazy'])
    expect([stateOf(kernel, 'lazy'), world.logged]).toEqual(['loaded', ['setup lazy']])
    await kernel.close()
    expect(world.logged).toEqual(['setup lazy', 'teardown lazy'])
  })

  test('starts what it depends on first', async () => {
    const world = makeWorld()
    world.module('a', { manifest: `${manifest}\ndependencies: {modules: [{b: "*"}]}`, files: recording('a') })
    world.module('b', { manifest, files: recording('b') })
    const kernel = await world.open()
    expect(await outputOf(kernel, 'a')).toBe('a')
    await kernel.close()
    expect(world.logged).toEqual(['setup b', 'setup a', 'teardown a', 'teardown b'])
  })

  test('that does not start faults the task, is faulty, and is tried again at the next', async () => {
    const world = makeWorld()
    const setup =
      'globalThis.tries = (globalThis.tries ?? 0) + 1; if (globalThis.tries === 1) throw new Error("not yet")'
    world.module('lazy', { manifest, files: recording('lazy', { setup }) })
    const kernel = await world.open()
    const thrown = await kernel
      .route('lazy')
      ?.invoke(task(null))
      .catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(TaskFault)
    expect(thrown).toMatchObject({
      error: { detail: 'Module "lazy" 1.0.0 failed in setup: Error: not yet.' },
    })
    expect(stateOf(kernel, 'lazy')).toBe('faulty')
    expect(await outputOf(kernel, 'lazy')).toBe('lazy')
    expect(stateOf(kernel, 'lazy')).toBe('loaded')
  })

  test('is not started for being closed', async () => {
    const world = makeWorld()
    world.module('lazy', { manifest, files: recording('lazy') })
    const kernel = await world.open()
    await kernel.close()
    expect(world.logged).toEqual([])
    await expect(kernel.load('lazy')).rejects.toThrow('Module "lazy" is stopped.')
  })

  test('that is just starting when the kernel closes is stopped too', async () => {
    const world = makeWorld()
    world.module('lazy', { manifest, files: recording('lazy', { setup: 'await new Promise(setImmediate)' }) })
    const kernel = await world.open()
    const loading = kernel.load('lazy')
    await Promise.all([kernel.close(), loading])
    expect(world.logged).toEqual(['setup lazy', 'teardown lazy'])
  })
})

test('the sample manifest is listed as available; loading it says which files and Python packages are missing', async () => {
  const world = makeWorld()
  const manifest = `config_schema: {type: object, properties: {max_workers: {type: integer, default: 5}}}
dependencies: {modules: [{task_manager: ">=1.0.0"}], python: [{no-such-python-package: ">=0.24.0"}]}
behavior: {auto_load: false, singleton: true, priority: normal, cache_results: true}`
  world.module('sample', { type: 'orchestrator', main: 'orchestrator.py', manifest, files: {} })
  const kernel = await world.open()
  expect(stateOf(kernel, 'sample')).toBe('available')
  expect(kernel.route('sample')).toBeUndefined()
  const thrown = await kernel.load('sample').catch((error: unknown) => error)
  expect(thrown).toBeInstanceOf(ModuleFailure)
  expect(String(thrown)).toContain('The file "orchestrator.py" is missing')
  expect(String(thrown)).toMatch(
    /Needs the Python package "no-such-python-package" >=0\.24\.0, which is not installed|no python3/,
  )
})

test('loading a module that is not here says what is', async () => {
  const world = makeWorld()
  world.module('http_client')
  const kernel = await world.open()
  await expect(kernel.load('http_cleint')).rejects.toThrow(
    'No module "http_cleint". Did you mean "http_client"?',
  )
})

test('a teardown that throws or hangs keeps nothing else from being torn down', async () => {
  const world = makeWorld()
  const clock = manualClock()
  world.module('a', { files: recording('a') })
  world.module('b', { files: recording('b', { teardown: 'throw new Error("stuck")' }) })
  world.module('c', { files: recording('c', { teardown: 'await new Promise(() => {})' }) })
  const kernel = await world.open({ clock })
  const closing = kernel.close()
  await expect.poll(() => world.logged).toContain('teardown c')
  clock.expire()
  await closing
  expect(world.logged.filter((line) => line.startsWith('teardown'))).toEqual([
    'teardown c',
    'teardown b',
    'teardown a',
  ])
  expect(world.logged).toContain('Module "b" 1.0.0 failed in teardown: Error: stuck.')
  expect(clock.armed).toBe(0)
})

test('after closing, a task is refused', async () => {
  const world = makeWorld()
  world.module('a')
  const kernel = await world.open()
  const route = kernel.route('a')
  await kernel.close()
  await expect(route?.invoke(task(null))).rejects.toThrow(/is stopped and takes no more tasks/)
})

test('a failure that is nobody’s in particular while opening stops what had been started', async () => {
  const world = makeWorld()
  world.module('a', { files: recording('a') })
  world.module('b', { main: 'main.js' })
  const failing = {
    name: 'failing',
    runs: () => true,
    start: async () => Promise.reject(new Error('the host broke')),
  }
  const { inProcessHost } = await import('../src/hosts/in_process.ts')
  const host = {
    ...inProcessHost,
    start: async (m: Parameters<typeof inProcessHost.start>[0]) =>
      m.manifest.id === 'b' ? failing.start() : inProcessHost.start(m),
  }
  await expect(world.open({ hosts: [host] })).rejects.toThrow('the host broke')
  expect(world.logged).toEqual(['setup a', 'teardown a'])
})
