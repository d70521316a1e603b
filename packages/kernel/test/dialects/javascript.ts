/** The suite's modules in JavaScript that has been built already. */
import type { Dialect } from './dialect.ts'

export const javascript: Dialect = {
  main: 'main.js',
  pack: (source) => source,
  words: { exception: 'Error', validate: 'validateConfig' },
  tasks: {
    'wraps its input': moduleOf('return ModuleResult.ok({ got: context.inputData })'),
    'gives one': moduleOf('return ModuleResult.ok(1)'),
    'shows its context':
      moduleOf(`return ModuleResult.ok([context.config, typeof context.clock.now(), context.signal.aborted,
        context.idempotencyKey, context.taskId, this.config])`),
    'reads state, then gives its input': moduleOf(
      'await context.state.get("x"); return ModuleResult.ok(context.inputData)',
    ),
    'adds its input to a list': moduleOf(`const list = (await context.state.get('list')) ?? []
      list.push(context.inputData); await context.state.set('list', list); list.push('not kept')
      return ModuleResult.ok(await context.state.get('list'))`),
    'reads the secret that its input names': moduleOf(
      'return ModuleResult.ok(await context.secrets.get(context.inputData))',
    ),
    'gives the shape of a result': moduleOf(
      'return { success: true, outputData: { a: 1 }, nextModule: "b" }',
    ),
    'gives a timeout back': moduleOf('return ModuleResult.fail(TaskFault.of("timeout", "too late"))'),
    'throws a fault': moduleOf('throw TaskFault.of("validation", "bad input")'),
    throws: moduleOf('throw new Error("no such row")'),
    'throws what has a cause': moduleOf(
      `throw new Error('no rows', { cause: new Error('no table', { cause: 'no disk' }) })`,
    ),
    'waits to be cancelled, then throws': moduleOf(
      `await new Promise((_, reject) => context.signal.addEventListener('abort', () => reject(new Error('gone'))))`,
    ),
    'does "one" and no other task': moduleOf(
      'return ModuleResult.ok(1)',
      'canExecute(kind) { return kind === "one" }',
    ),
    'asks its host for everything': moduleOf(`const { run } = context
      const child = await run.task({ at: ['do', 0, 'one'], input: 1, variables: { v: 2 } })
      const list = await run.list({ at: ['do'], path: ['for', 3], input: 2 })
      await run.sleep('nap', 5)
      await run.keep({ at: 3 })
      const value = await run.evaluate('.a', { input: { a: 4 } })
      const output = await context.call('double', 21)
      context.stream({ channel: 'progress', text: 'half' })
      context.log.warn('careful', { n: 1 })
      return ModuleResult.ok({ run: [run.id, run.input], parent: context.parentContext,
        kind: context.metadata.kind, child, list, kept: await run.recall(), value, output })`),
    'calls "risky"': moduleOf('return ModuleResult.ok(await context.call("risky", null))'),
    'calls with what is not JSON': moduleOf(
      'return ModuleResult.ok(await context.call("double", { at: new Date(0) }))',
    ),
    'writes a blob and reads it': moduleOf(`async function* pieces() {
        for (let i = 0; i < context.inputData; i++) yield i % 2 ? 'é'.repeat(50_000) : Buffer.alloc(100_000, i) }
      const reference = await context.blobs.write(pieces(), { mediaType: 'application/x-test' })
      let size = 0
      for await (const piece of context.blobs.read(reference)) size += piece.length
      return ModuleResult.ok({ reference, size })`),
    'fails in the middle of a blob': moduleOf(`function* pieces() { yield 'some'; throw new Error('no more') }
      const failed = await context.blobs.write(pieces(), { mediaType: 'text/plain' }).catch((error) => error)
      return ModuleResult.ok(failed.message)`),
    'writes a blob that is too large': moduleOf(
      `return ModuleResult.ok(await context.blobs.write(['0123456789'], { mediaType: 'text/plain', bytesMax: 5 }))`,
    ),
    'reads the blob of its input': moduleOf(`let text = ''
      for await (const piece of context.blobs.read(context.inputData)) text += Buffer.from(piece).toString()
      return ModuleResult.ok(text)`),
    'shows its policy': moduleOf(
      'return ModuleResult.ok([this.policy, context.policy])',
      'async setup(context) { this.policy = context.policy }',
    ),
    'aborts one of its children': moduleOf(`const stop = new AbortController()
      const slow = context.run.task({ at: ['slow'], input: null, signal: stop.signal })
        .then(() => 'ended', (error) => error.message)
      const quick = await context.run.task({ at: ['quick'], input: null })
      stop.abort(new Error('not needed'))
      return ModuleResult.ok([quick.output, await slow])`),
  },
  wrongResults: {
    nothing: [
      moduleOf('return undefined'),
      /Module "subject" 1\.2\.3 gave back a value of type undefined\. Expected a ModuleResult/,
    ],
    'a bare output': [
      moduleOf('return { rows: 3 }'),
      /gave back a value of type object\. Expected a ModuleResult/,
    ],
    'a function': [moduleOf('return () => 1'), /gave back a value of type function/],
    'a function in the output': [
      moduleOf('return ModuleResult.ok({ a: [1, () => 1] })'),
      /outputData that is not JSON, at \/a\/1: a function/,
    ],
    'a number that is too much for JSON': [
      moduleOf('return ModuleResult.ok({ big: 1n })'),
      /at \/big: a bigint is not JSON/,
    ],
    'a class instance in the output': [
      moduleOf('return ModuleResult.ok({ when: new Date(0) })'),
      /at \/when: a Date is not JSON/,
    ],
    'a cycle in the output': [moduleOf('const a = {}; a.a = a; return ModuleResult.ok(a)'), /or a cycle/],
    'a number that JSON lacks': [
      moduleOf('return ModuleResult.ok([NaN])'),
      /at \/0: NaN is not a JSON number/,
    ],
    'metadata that is not JSON': [
      moduleOf('return ModuleResult.ok(1, { metadata: { f() {} } })'),
      /metadata that is not JSON, at \/f/,
    ],
  },
  refused: {
    'an entry that exports no Module': [
      'exports.Other = 1',
      /main\.js must export a class named "Module" with a method "execute"; it exports Other/,
    ],
    'a class without execute': ['exports.Module = class {}', /must export a class named "Module"/],
    'an entry that throws': [
      'throw new RangeError("no")',
      /Module "subject" 1\.2\.3 failed in load: RangeError: no/,
    ],
    'code that does not parse': ['exports.Module = class {', /failed in load: SyntaxError/],
    'a package that is not listed': [
      'require("left-pad")',
      /requires "left-pad" at run time, which is not part of it/,
    ],
    'a constructor that throws': [
      'exports.Module = class { constructor() { throw new Error("no") } execute() {} }',
      /failed in construct: Error: no/,
    ],
    'a configuration that it refuses': [
      'exports.Module = class { execute() {} validateConfig() { return ["size must be even."] } }',
      /refuses its configuration: size must be even\./,
    ],
  },
  handing: moduleOf(
    `if (context.inputData === 'end') process.exit(3)
    if (context.inputData === 'end later') this.snapshot = () => process.exit(3)
    else this.count = (this.count ?? 0) + context.inputData
    return ModuleResult.ok(this.count ?? null)`,
    `async snapshot() { return { count: this.count } }
  async restore(memory) { this.count = memory.count }
  async migrate({ state, memory }, versions) {
    return { state: { ...state, versions }, memory: { count: memory.count * 2 } }
  }`,
  ),
  handingBadly: moduleOf(
    'return ModuleResult.ok(1)',
    'async migrate() { return 1 } async snapshot() { throw new Error("lost") }',
  ),
  recording: ({ setup, teardown } = {}) =>
    moduleOf(
      'return ModuleResult.ok(null)',
      `async setup(context) {
        this.log = context.log
        context.onTeardown('the first', () => this.log.info('first'))
        context.onTeardown('the second', async () => this.log.info('second'))
        this.log.info('setup')
        ${setup === undefined ? '' : setupStories[setup]}
      }
      async teardown() { this.log.info('teardown'); ${teardown === undefined ? '' : teardownStories[teardown]} }`,
    ),
}

const setupStories = {
  throws: 'throw new Error("no port")',
  hangs: 'await new Promise(() => {})',
  late: `await context.secrets.get('late'); context.onTeardown('late', () => context.log.info('late'))`,
  stuck: `context.onTeardown('the socket', () => { throw new Error('busy') })`,
}

const teardownStories = { throws: 'throw new Error("stuck")', hangs: 'await new Promise(() => {})' }

function moduleOf(execute: string, members = ''): string {
  return `const { BaseModule, ModuleResult, TaskFault } = require('@nexus/sdk')
exports.Module = class Module extends BaseModule {
  ${members}
  async execute(context) { ${execute} }
}`
}
