/**
 * What every host promises, as one suite: `hostConformance('in_process', makeHost)`. Modules are JavaScript that has been
 * built already, so that the suite tests the host and nothing around it.
 */
import { ModuleFailure, type Host, type HostedModule, type Instance } from '@nexus/kernel'
import { Cancelled, systemClock, TaskFault, type Json, type JsonObject, type Manifest } from '@nexus/sdk'
import { describe, expect, test } from 'vitest'
import { digestOf } from '../src/artifact.ts'
import { logInto, makeWorld, manualClock, task } from './world.ts'

interface Setting {
  readonly code: string
  readonly manifest?: Partial<Manifest>
  readonly hosted?: Partial<HostedModule>
}

export function hostConformance(name: string, makeHost: () => Host): void {
  const subject = makeSubject(makeHost)
  describe(`host ${name}: tasks`, () => tasks(subject))
  describe(`host ${name}: tasks that fail`, () => failures(subject))
  describe(`host ${name}: results that are none`, () => wrongResults(subject))
  describe(`host ${name}: modules that do not start`, () => refusals(subject))
  describe(`host ${name}: setting up`, () => setUps(subject))
  describe(`host ${name}: tearing down`, () => tearDowns(subject))
}

/** A host with a module in it. */
interface Subject {
  readonly setUp: (setting: Setting) => { logged: string[]; start: () => Promise<Instance> }
  /** Starts a module, does one task, stops it. */
  readonly run: (setting: Setting, input?: Json) => Promise<unknown>
}

function makeSubject(makeHost: () => Host): Subject {
  const setUp: Subject['setUp'] = (setting) => {
    const { folder } = makeWorld()
    const logged: string[] = []
    const hosted = makeHosted(setting, folder, logged)
    return { logged, start: () => makeHost().start(hosted) }
  }
  const run: Subject['run'] = async (setting, input = null) => {
    const instance = await setUp(setting).start()
    try {
      return await instance.execute(task(input))
    } finally {
      await instance.stop()
    }
  }
  return { setUp, run }
}

function tasks({ setUp, run }: Subject): void {
  test('a task gets its input and gives its output', async () => {
    const result = await run({ code: moduleOf('return ModuleResult.ok({ got: context.inputData })') }, [
      1,
      { a: null },
    ])
    expect(result).toMatchObject({ success: true, outputData: { got: [1, { a: null }] } })
  })

  test('a task sees its configuration, and the clock, signal and key that it was invoked with', async () => {
    const code =
      moduleOf(`return ModuleResult.ok([context.config, typeof context.clock.now(), context.signal.aborted,
      context.idempotencyKey, context.taskId, this.config])`)
    const result = await run({ code, hosted: { config: { size: 3 } } })
    expect(result).toMatchObject({
      outputData: [{ size: 3 }, 'number', false, 'test-key', '/do/0/test', { size: 3 }],
    })
  })

  test('many tasks are under way at once', async () => {
    const code = moduleOf('await context.state.get("x"); return ModuleResult.ok(context.inputData)')
    const instance = await setUp({ code }).start()
    const results = await Promise.all(Array.from({ length: 100 }, (_, i) => instance.execute(task(i))))
    expect(results.map((result) => result.outputData)).toEqual(Array.from({ length: 100 }, (_, i) => i))
    await instance.stop()
  })

  test('state outlives a task, and is a copy', async () => {
    const code = moduleOf(`const list = (await context.state.get('list')) ?? []
      list.push(context.inputData); await context.state.set('list', list); list.push('not kept')
      return ModuleResult.ok(await context.state.get('list'))`)
    const instance = await setUp({ code }).start()
    await instance.execute(task(1))
    expect(await instance.execute(task(2))).toMatchObject({ outputData: [1, 2] })
    await instance.stop()
  })

  test('a secret that the manifest does not list is refused, one that it lists is given', async () => {
    const code = moduleOf('return ModuleResult.ok(await context.secrets.get(context.inputData))')
    const manifest = { permissions: { secrets: ['known'] } }
    const hosted = { secrets: { get: async (secret: string) => `value of ${secret}` } }
    expect(await run({ code, manifest, hosted }, 'known')).toMatchObject({ outputData: 'value of known' })
    await expect(run({ code, manifest, hosted }, 'other')).rejects.toThrow(
      /"subject" asks for the secret "other"/,
    )
  })
}

function failures({ setUp, run }: Subject): void {
  test('an object with the shape of a result is one', async () => {
    const code = moduleOf('return { success: true, outputData: { a: 1 }, nextModule: "b" }')
    expect(await run({ code })).toMatchObject({ success: true, outputData: { a: 1 }, nextModule: 'b' })
  })

  test('a failure that is given back keeps its error', async () => {
    const code = moduleOf('return ModuleResult.fail(TaskFault.of("timeout", "too late"))')
    expect(await run({ code })).toMatchObject({
      success: false,
      error: { status: 408, detail: 'too late' },
    })
  })

  test('a TaskFault that is thrown passes as it is', async () => {
    const code = moduleOf('throw TaskFault.of("validation", "bad input")')
    await expect(run({ code })).rejects.toMatchObject({ error: { status: 400, detail: 'bad input' } })
  })

  test('any other exception is a runtime fault that names the module and its version', async () => {
    const thrown = await run({ code: moduleOf('null.x') }).catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(TaskFault)
    expect(thrown).toMatchObject({
      error: { status: 500, detail: expect.stringContaining('Module "subject" 1.2.3 failed: TypeError') },
    })
  })

  test('a task that ends because its run was cancelled is cancelled, whatever it throws then', async () => {
    const abort = new AbortController()
    const code = moduleOf(
      `await new Promise((_, reject) => context.signal.addEventListener('abort', () => reject(new Error('gone'))))`,
    )
    const instance = await setUp({ code }).start()
    const running = instance.execute(task(null, { signal: abort.signal }))
    abort.abort(new Cancelled())
    await expect(running).rejects.toBeInstanceOf(Cancelled)
    await instance.stop()
  })
}

const wrongResultCases: readonly [string, string, RegExp][] = [
  [
    'nothing',
    'return undefined',
    /Module "subject" 1\.2\.3 gave back a value of type undefined\. Expected a ModuleResult/,
  ],
  ['a bare output', 'return { rows: 3 }', /gave back a value of type object\. Expected a ModuleResult/],
  ['a function', 'return () => 1', /gave back a value of type function/],
  [
    'a function in the output',
    'return ModuleResult.ok({ a: [1, () => 1] })',
    /outputData that is not JSON, at \/a\/1: a function/,
  ],
  ['a BigInt in the output', 'return ModuleResult.ok({ big: 1n })', /at \/big: a bigint is not JSON/],
  [
    'a class instance in the output',
    'return ModuleResult.ok({ when: new Date(0) })',
    /at \/when: a Date is not JSON/,
  ],
  ['a cycle in the output', 'const a = {}; a.a = a; return ModuleResult.ok(a)', /or a cycle/],
  ['a number that JSON lacks', 'return ModuleResult.ok([NaN])', /at \/0: NaN is not a JSON number/],
  [
    'metadata that is not JSON',
    'return ModuleResult.ok(1, { metadata: { f() {} } })',
    /metadata that is not JSON, at \/f/,
  ],
]

function wrongResults({ run }: Subject): void {
  test.each(wrongResultCases)('%s is a runtime fault that names the module', async (_name, body, message) => {
    const thrown = await run({ code: moduleOf(body) }).catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(TaskFault)
    expect(String(thrown)).toMatch(message)
  })
}

const refusedModules: readonly [string, string, RegExp][] = [
  [
    'an entry that exports no Module',
    'exports.Other = 1',
    /"main\.js must export a class|main\.js must export a class named "Module" with a method "execute"; it exports Other/,
  ],
  ['a class without execute', 'exports.Module = class {}', /must export a class named "Module"/],
  [
    'an entry that throws',
    'throw new RangeError("no")',
    /Module "subject" 1\.2\.3 failed in load: RangeError: no/,
  ],
  ['code that does not parse', 'exports.Module = class {', /failed in load: SyntaxError/],
  [
    'a package that is not listed',
    'require("left-pad")',
    /requires "left-pad" at run time, which is not part of it/,
  ],
  [
    'a constructor that throws',
    'exports.Module = class { constructor() { throw new Error("no") } execute() {} }',
    /failed in construct: Error: no/,
  ],
  [
    'a configuration that it refuses',
    'exports.Module = class { execute() {} validateConfig() { return ["size must be even."] } }',
    /refuses its configuration: size must be even\./,
  ],
]

function refusals({ setUp }: Subject): void {
  test.each(refusedModules)('%s is a failure that names the module', async (_name, code, message) => {
    const thrown = await setUp({ code })
      .start()
      .catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(ModuleFailure)
    expect(String(thrown)).toMatch(message)
    expect(String(thrown)).toContain('Module "subject"')
  })

  test('a probe fails where an executor does not do what its manifest provides', async () => {
    const code = moduleOf('return ModuleResult.ok(1)', 'canExecute(kind) { return kind === "one" }')
    const instance = await setUp({
      code,
      manifest: { provides: [{ task: 'one' }, { task: 'two' }] },
    }).start()
    await expect(instance.probe()).rejects.toThrow(/provides "two", but its canExecute\("two"\) is not true/)
    await instance.stop()
  })
}

function setUps({ setUp }: Subject): void {
  test('a set-up that throws is told, and torn down all the same', async () => {
    const { logged, start } = setUp({ code: recording({ setup: 'throw new Error("no port")' }) })
    await expect(start()).rejects.toThrow(
      new ModuleFailure('Module "subject" 1.2.3 failed in setup: Error: no port.'),
    )
    expect(logged).toEqual(['setup', 'teardown', 'second', 'first'])
  })

  test('a set-up that hangs ends at its deadline, and is torn down all the same', async () => {
    const clock = manualClock()
    const { logged, start } = setUp({
      code: recording({ setup: 'await new Promise(() => {})' }),
      hosted: { clock },
    })
    const starting = start()
    clock.expire()
    await expect(starting).rejects.toThrow(/failed in setup: DeadlineExceeded: took longer than 1000 ms/)
    expect(logged).toEqual(['setup', 'teardown', 'second', 'first'])
    expect(clock.armed).toBe(0)
  })

  test('what a set-up registers after its deadline is released at once', async () => {
    const clock = manualClock()
    const late = Promise.withResolvers<string>()
    const waits = { get: () => late.promise }
    const setup = `await context.secrets.get('late'); context.onTeardown('late', () => context.log.info('late'))`
    const manifest = { permissions: { secrets: ['late'] } }
    const { logged, start } = setUp({
      code: recording({ setup }),
      manifest,
      hosted: { clock, secrets: waits },
    })
    const starting = start()
    clock.expire()
    await expect(starting).rejects.toThrow(/took longer/)
    late.resolve('')
    await expect.poll(() => logged).toContain('late')
  })
}

function tearDowns({ setUp }: Subject): void {
  test('what a set-up registers is released in reverse, after teardown, once', async () => {
    const { logged, start } = setUp({ code: recording() })
    const instance = await start()
    const report = await instance.stop()
    expect(await instance.stop()).toBe(report)
    expect(logged).toEqual(['setup', 'teardown', 'second', 'first'])
    expect(report).toEqual({ problems: [], handlesLeft: 0 })
  })

  test('a stopped module takes no more tasks', async () => {
    const instance = await setUp({ code: moduleOf('return ModuleResult.ok(1)') }).start()
    await instance.stop()
    await expect(instance.execute(task(null))).rejects.toThrow(/is stopped and takes no more tasks/)
  })

  test('a teardown that throws is reported, and everything is released all the same', async () => {
    const { logged, start } = setUp({ code: recording({ teardown: 'throw new Error("stuck")' }) })
    const { problems, handlesLeft } = await (await start()).stop()
    expect(problems).toEqual(['Module "subject" 1.2.3 failed in teardown: Error: stuck.'])
    expect(handlesLeft).toBe(0)
    expect(logged).toEqual(expect.arrayContaining(['second', 'first']))
  })

  test('a teardown that hangs is left at its deadline', async () => {
    const clock = manualClock()
    const { start } = setUp({
      code: recording({ teardown: 'await new Promise(() => {})' }),
      hosted: { clock },
    })
    const stopping = (await start()).stop()
    clock.expire()
    expect((await stopping).problems).toEqual([
      expect.stringContaining('failed in teardown: DeadlineExceeded'),
    ])
  })

  test('a release that throws counts as a handle that is left, and the others are released', async () => {
    const setup = `context.onTeardown('the socket', () => { throw new Error('busy') })`
    const { logged, start } = setUp({ code: recording({ setup }) })
    const { problems, handlesLeft } = await (await start()).stop()
    expect(problems).toEqual(['Module "subject" 1.2.3 could not release "the socket": Error: busy.'])
    expect(handlesLeft).toBe(1)
    expect(logged).toEqual(expect.arrayContaining(['second', 'first']))
  })
}

function makeHosted({ code, manifest, hosted }: Setting, folder: string, logged: string[]): HostedModule {
  const config: JsonObject = {}
  return {
    manifest: {
      id: 'subject',
      version: '1.2.3',
      type: 'executor',
      name: 'Subject',
      description: 'What the suite starts.',
      entry_points: { main: 'main.js' },
      ...manifest,
    },
    artifact: { digest: digestOf(code), code },
    config,
    folder,
    clock: systemClock,
    log: logInto(logged),
    secrets: { get: async (name) => Promise.reject(new Error(`no secret ${name}`)) },
    deadlines: { setupMsMax: 1000, teardownMsMax: 1000 },
    ...hosted,
  }
}

function moduleOf(execute: string, members = ''): string {
  return `const { BaseModule, ModuleResult, TaskFault } = require('@nexus/sdk')
exports.Module = class Module extends BaseModule {
  ${members}
  async execute(context) { ${execute} }
}`
}

/** A module that logs its life, and registers two things to release. */
function recording({ setup = '', teardown = '' } = {}): string {
  return moduleOf(
    'return ModuleResult.ok(null)',
    `async setup(context) {
      this.log = context.log
      this.log.info('setup')
      context.onTeardown('the first', () => this.log.info('first'))
      context.onTeardown('the second', async () => this.log.info('second'))
      ${setup}
    }
    async teardown() { this.log.info('teardown'); ${teardown} }`,
  )
}
