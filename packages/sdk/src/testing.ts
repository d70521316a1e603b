/**
 * @nexus/sdk/testing: what the author of a module tests with. `testContext` is a `ModuleContext` without an engine:
 * every value that crosses it goes through JSON, so that a test catches what a wire would break, and everything the
 * module does (child tasks, calls, output, logs) is recorded. It starts nothing, and it persists nothing.
 *
 *     const context = testContext({ inputData: { do: [{ greet: {} }] }, tasks: { greet: () => 'Hello' } })
 *     const result = await new Module().execute(context)
 *     expect(result.outputData).toBe('Hello')
 *     expect(context.recorded.children).toHaveLength(1)
 *
 * A module with a `setup` gets `testSetup()` first; its `release()` does what teardown does with the ledger.
 */
import type { Blobs } from './blobs.ts'
import { systemClock, type Clock } from './clock.ts'
import type {
  ChildOutcome,
  ChildTask,
  Log,
  LogLevel,
  ModuleContext,
  ParentContext,
  SetupContext,
  StreamChunk,
  TaskMetadata,
} from './context.ts'
import { TaskFault } from './errors.ts'
import { isJsonObject, whyNotJson, type Json, type JsonObject } from './json.ts'
import { openPolicy, type Policy } from './policy.ts'
import { memoryBlobs } from './testing/memory_blobs.ts'

export { checkOutput } from './testing/contract.ts'
export { memoryBlobs, readAll } from './testing/memory_blobs.ts'

/** A child task played by a function: gives its output, an `outcome`, or throws. `child.signal` is the branch's own. */
export type TestTask = (
  input: Json,
  child: ChildTask,
) => Json | Outcome | undefined | Promise<Json | Outcome | undefined>

export interface TestContextOptions<Input extends Json> {
  /** What `execute` gets; for an orchestrator its definition as written. */
  readonly inputData: Input
  /** The task's transformed input; `null` by default. */
  readonly input?: Json
  readonly config?: JsonObject
  /** Child tasks by name, and lists by the key they stand at: the last member of `at`. One that is not here is an error that lists those that are. */
  readonly tasks?: Readonly<Record<string, TestTask>>
  /** Capabilities that `context.call` reaches. */
  readonly calls?: Readonly<Record<string, (input: Json) => Json | Promise<Json>>>
  /** Plays the expression engine. */
  readonly evaluate?: (expression: string, input: Json, variables: JsonObject) => Json | Promise<Json>
  /** What an earlier life of the task kept last. */
  readonly kept?: Json
  readonly secrets?: Readonly<Record<string, string>>
  /** In memory by default; give two contexts the same one to hand a blob from one task to the next. */
  readonly blobs?: Blobs
  /** Everything is allowed by default. */
  readonly policy?: Policy
  readonly metadata?: Partial<TaskMetadata>
  readonly parentContext?: ParentContext
  readonly signal?: AbortSignal
  readonly clock?: Clock
  readonly idempotencyKey?: string
}

/** What the module did, in order. */
export interface Recorded {
  /** Child tasks without their signals. */
  readonly children: Omit<ChildTask, 'signal'>[]
  readonly calls: { capability: string; input: Json }[]
  /** Durable waits; a test does not wait for them. */
  readonly sleeps: { key: string; delayMs: number }[]
  /** What it kept of where it stands. */
  readonly kept: Json[]
  readonly streams: StreamChunk[]
  readonly logs: { level: LogLevel; message: string; fields?: JsonObject }[]
}

export interface TestContext<Input extends Json = Json> extends ModuleContext<Input> {
  readonly recorded: Recorded
}

/** An outcome of a child task that is more than an output. */
export class Outcome {
  readonly value: ChildOutcome
  constructor(value: ChildOutcome) {
    this.value = value
  }
}

/** What a `TestTask` returns to say where the flow goes, or that its `if` was false. */
export function outcome(
  output: Json,
  { then = 'continue', status = 'completed' }: Partial<ChildOutcome> = {},
): Outcome {
  return new Outcome({ status, output, then })
}

function nothingYet(): Recorded {
  return { children: [], calls: [], sleeps: [], kept: [], streams: [], logs: [] }
}

/** The context of one task, for `module.execute`. */
export function testContext<Input extends Json>(options: TestContextOptions<Input>): TestContext<Input> {
  const recorded: Recorded = nothingYet()
  const input = overWire(options.input ?? null)
  return {
    recorded,
    taskId: '/do/0/test',
    inputData: overWire(options.inputData),
    config: overWire(options.config ?? {}),
    metadata: { ...testMetadata, ...options.metadata },
    parentContext: options.parentContext,
    run: {
      id: '00000000-0000-7000-8000-000000000000',
      input,
      task: (child) => runChild(child, options.tasks ?? {}, recorded),
      list: (list) => runChild(list, options.tasks ?? {}, recorded),
      async sleep(key, delayMs) {
        recorded.sleeps.push({ key, delayMs })
        options.signal?.throwIfAborted()
      },
      keep: async (state) => void recorded.kept.push(overWire(state)),
      recall: async () => (options.kept === undefined ? undefined : overWire(options.kept)),
      evaluate: async (expression, given = {}) =>
        overWire(await evaluator(options)(expression, given.input ?? input, given.variables ?? {})),
    },
    async call(capability, callInput) {
      recorded.calls.push({ capability, input: overWire(callInput) })
      return overWire(await lookUp(options.calls ?? {}, capability, 'capability')(overWire(callInput)))
    },
    stream: (chunk) => void recorded.streams.push({ ...chunk }),
    blobs: options.blobs ?? memoryBlobs(),
    ...testServices(options, recorded),
    signal: options.signal ?? new AbortController().signal,
    idempotencyKey: options.idempotencyKey ?? 'test-key',
  }
}

/** What `setup` is handed; `release()` does what teardown does with the ledger: everything entered, in reverse. */
export function testSetup(
  options: Pick<TestContextOptions<Json>, 'config' | 'secrets' | 'clock' | 'policy'> = {},
): SetupContext & { release(): Promise<void> } {
  const ledger: (() => void | Promise<void>)[] = []
  return {
    config: overWire(options.config ?? {}),
    ...testServices(options, nothingYet()),
    onTeardown: (_what, release) => void ledger.push(release),
    async release() {
      for (let release = ledger.pop(); release; release = ledger.pop()) await release()
    },
  }
}

/** The defaults that a `config_schema` names, as the host fills them in. */
export function configDefaults(configSchema: JsonObject): JsonObject {
  const { properties } = configSchema
  if (!isJsonObject(properties)) return {}
  return Object.fromEntries(
    Object.entries(properties).flatMap(([key, schema]) =>
      isJsonObject(schema) && schema['default'] !== undefined ? [[key, schema['default']]] : [],
    ),
  )
}

const testMetadata: TaskMetadata = {
  name: 'test',
  kind: 'test',
  reference: '/do/0/test',
  attempt: 1,
  workflow: { namespace: 'test', name: 'test', version: '1.0.0' },
  labels: {},
}

async function runChild(
  child: ChildTask,
  tasks: Readonly<Record<string, TestTask>>,
  recorded: Recorded,
): Promise<ChildOutcome> {
  const { signal, ...plain } = child
  recorded.children.push(overWire(plain))
  signal?.throwIfAborted()
  const play = lookUp(tasks, String(child.at.at(-1)), 'task')
  const played = await play(overWire(child.input), child)
  if (played instanceof Outcome) return overWire(played.value)
  return { status: 'completed', output: overWire(played ?? null), then: 'continue' }
}

function evaluator(options: TestContextOptions<Json>): NonNullable<TestContextOptions<Json>['evaluate']> {
  if (options.evaluate) return options.evaluate
  throw new Error('This test evaluates an expression. Give testContext an `evaluate`.')
}

function testServices(
  options: Pick<TestContextOptions<Json>, 'secrets' | 'clock' | 'policy'>,
  recorded: Recorded,
): Pick<ModuleContext, 'log' | 'state' | 'secrets' | 'clock' | 'policy'> {
  const kept = new Map<string, Json>()
  return {
    log: testLog(recorded),
    clock: options.clock ?? systemClock,
    policy: options.policy ?? openPolicy,
    state: {
      get: async (key) => kept.get(key),
      set: async (key, value) => void kept.set(key, overWire(value)),
      delete: async (key) => void kept.delete(key),
    },
    secrets: {
      async get(name) {
        const secret = options.secrets?.[name]
        if (secret === undefined) throw TaskFault.of('authorization', `Secret "${name}" is not granted.`)
        return secret
      },
    },
  }
}

function testLog(recorded: Recorded): Log {
  const at =
    (level: LogLevel): Log[LogLevel] =>
    (message, fields) =>
      void recorded.logs.push({ level, message, ...(fields && { fields: overWire(fields) }) })
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

function lookUp<Entry>(entries: Readonly<Record<string, Entry>>, name: string, what: string): Entry {
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined
  if (entry !== undefined) return entry
  const known = Object.keys(entries).join(', ') || 'none'
  throw new Error(`This test has no ${what} "${name}". Given: ${known}. Give testContext one.`)
}

/** The value as the other side of a wire would see it; what JSON cannot carry is an error that names its place. */
function overWire<Value>(value: Value): Value {
  const why = whyNotJson(value)
  if (why !== undefined) throw new TypeError(`Not JSON, so it could not cross to a module: ${why}`)
  return JSON.parse(JSON.stringify(value)) as Value
}
