/**
 * What a module is handed for one task: its input and the host's services. A module reaches nothing but through this.
 * Every value that crosses is JSON, so that a module runs the same in process and in a process of its own.
 */
import type { Blobs } from './blobs.ts'
import type { Clock } from './clock.ts'
import type { Json, JsonObject } from './json.ts'
import type { Policy } from './policy.ts'

export interface ModuleContext<Input extends Json = Json> {
  /** The path of the task execution in its run, e.g. `/do/1/each/for/3/do/0/fetch`. */
  readonly taskId: string
  /** An orchestrator gets the task's definition as written; every other module gets it with all expressions evaluated. */
  readonly inputData: Input
  /** The module's configuration, valid against its `config_schema`, defaults filled in. */
  readonly config: JsonObject
  readonly metadata: TaskMetadata
  /** The task around this one; undefined for the outermost. */
  readonly parentContext: ParentContext | undefined
  /** The run that this task belongs to, and for orchestrators the way to run child tasks. */
  readonly run: TaskRun
  /**
   * Runs another capability by its name as a durable child task of this one.
   * A crash after the callee's result is recorded never calls it again, as long as calls are made in the same order.
   */
  call(capability: string, input: Json): Promise<Json>
  readonly log: Log
  /** Live output, shown while the task runs. It is not recorded. */
  stream(chunk: StreamChunk): void
  /** Data too large for an output, kept with the run. */
  readonly blobs: Blobs
  readonly state: ModuleState
  readonly secrets: Secrets
  readonly policy: Policy
  /** Aborts when the run is cancelled or the task is no longer needed: stop at once, leave nothing running. */
  readonly signal: AbortSignal
  readonly clock: Clock
  /** The same for every attempt at this execution, also after a crash: give it to whatever can deduplicate. */
  readonly idempotencyKey: string
}

export interface TaskMetadata {
  /** The task's name in its list. */
  readonly name: string
  /** The capability that was asked for: `do`, `run.script`, `http`, `query.sql`… */
  readonly kind: string
  /** The specification's JSON pointer of the task in its document, e.g. `/do/1/each/do/0/fetch`. */
  readonly reference: string
  /** 1 for the first attempt. */
  readonly attempt: number
  readonly workflow: { readonly namespace: string; readonly name: string; readonly version: string }
  /** The task's `metadata` from the document, if any. */
  readonly labels: JsonObject
  /** Of `run.script` with code that stands in the document or beside it: where that is. */
  readonly source?: SourcePlace
}

/** Where a text stands that a task was given. */
export interface SourcePlace extends JsonObject {
  /** A name for people: a path as it was written, or the name of the workflow. */
  readonly file: string
  /** Of its first line where `exact`; else of the beginning of what holds it. From 1. */
  readonly line: number
  /** Whether its lines are lines of the file, one after the other. */
  readonly exact: boolean
  /** Where in its lines of the file the text's own begin, where that is known and the same for all. From 1. */
  readonly column?: number
}

export interface ParentContext {
  readonly taskId: string
  readonly name: string
  readonly kind: string
}

export interface TaskRun {
  /** The run's id, a UUIDv7. */
  readonly id: string
  /** The task's input, after `input.from`. */
  readonly input: Json
  /** Runs a task below this one and gives its outcome. Rejects with `TaskFault` when it faults. Orchestrators only. */
  task(child: ChildTask): Promise<ChildOutcome>
  /**
   * Runs a task list that stands below this task's definition, in order, as a `do` task runs its own: the output of one
   * task is the input of the next. The list is no task of its own. `then` of what comes back is `continue` or `end`.
   * Rejects with `TaskFault` when one of its tasks faults. Of a `foreach` (`at` ends with `foreach`, `do`) the output and
   * the export are applied too, also where it has no tasks. Orchestrators, and whoever consumes a subscription: what
   * consumes is done anew after a crash, so its lists need another `path` at each attempt.
   */
  list(list: ChildTask): Promise<ChildOutcome>
  /**
   * Waits `delayMs`, durably: the moment of its end is recorded under `key` at the first call, so that a restart does
   * not begin the wait anew. `key` is this task's own; another wait needs another. Orchestrators only.
   */
  sleep(key: string, delayMs: number): Promise<void>
  /**
   * Keeps where this task stands, in place of what it kept before, so that after a restart it goes on from there and
   * not from its beginning. On disk no earlier than what it was made from. A task that keeps nothing is replayed whole.
   * Orchestrators only.
   */
  keep(state: Json): Promise<void>
  /** What was kept last before this process began; undefined where nothing was. Orchestrators only. */
  recall(): Promise<Json | undefined>
  /**
   * Evaluates a runtime expression in this task's scope, with `input` (the task's own by default) as `.`.
   * Rejects with a `TaskFault` of type expression. For orchestrators, and for what the engine leaves as written since it
   * is asked of each message of a subscription: `filter`, `while` and `until` of `call: asyncapi`.
   */
  evaluate(expression: string, options?: { input?: Json; variables?: JsonObject }): Promise<Json>
}

export interface ChildTask {
  /** Where the child stands below this task's definition, e.g. `['do', 0, 'fetch']`. */
  readonly at: readonly (string | number)[]
  /**
   * Its path below this task's where it can run more than once, e.g. `['for', 3, 'do', 0, 'fetch']`; else `at`.
   * For a list: what comes before the list's own place, e.g. `['for', 3]`; else nothing.
   */
  readonly path?: readonly (string | number)[]
  readonly input: Json
  /** Variables that the child's expressions see besides those of this task, without `$`. */
  readonly variables?: JsonObject
  /** Aborts this child alone. */
  readonly signal?: AbortSignal
}

export interface ChildOutcome {
  readonly status: 'completed' | 'skipped'
  readonly output: Json
  /** Where the flow goes: `continue`, `exit`, `end`, or the name of a task in the same list. */
  readonly then: string
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
/** Messages for the operator. Secrets are masked by the host. */
export type Log = Readonly<Record<LogLevel, (message: string, fields?: JsonObject) => void>>

export interface StreamChunk {
  readonly channel: 'stdout' | 'stderr' | 'progress'
  readonly text: string
}

/**
 * Values that a module keeps between tasks, with the data directory: a restart and the next version find them. No part of
 * a run: a task that is done again after a crash sets them again.
 */
export interface ModuleState {
  get(key: string): Promise<Json | undefined>
  set(key: string, value: Json): Promise<void>
  delete(key: string): Promise<void>
}

/**
 * Secrets that the manifest lists and the operator has. Rejects with a `TaskFault` of type authorization. One is masked in
 * what is recorded where the document declares it (`use.secrets`): give none back.
 */
export interface Secrets {
  get(name: string): Promise<string>
}

/** What `setup` is handed: no task yet, but the ledger in which everything that must be released is entered. */
export interface SetupContext {
  readonly config: JsonObject
  readonly log: Log
  readonly clock: Clock
  readonly state: ModuleState
  readonly secrets: Secrets
  readonly policy: Policy
  /** Enters something to release at teardown, in reverse order, whatever else happens. */
  onTeardown(what: string, release: () => void | Promise<void>): void
}
