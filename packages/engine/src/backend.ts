/**
 * Where runs live. The seam between one machine and many is here, at the durable verbs, not at a table:
 * everything above it is the same whether a run is journalled in SQLite or by a cluster.
 * Every implementation in `backends/` passes the one suite in `test/backend_conformance.ts`.
 */
import type { Blobs, Json, JsonObject, SourcePlace } from '@nexus/sdk'
import type { CloudEvent } from './cloud_event.ts'
import type {
  Consumption,
  Handled,
  RunEvent,
  RunOutcome,
  RunStatus,
  TaskOutcome,
  TaskStart,
} from './events.ts'

export interface Backend {
  /**
   * Accepts a run that begins at once, or that waits for its turn where it says so. When it resolves, the run is on disk and will be found by `list` after any crash.
   * Rejects with `NexusError` `run_exists` when the id is taken, with `key_taken` when its key is.
   */
  create(run: NewRun): Promise<DurableRun>
  /** Opens an accepted run to go on with it. Rejects with `NexusError` `run_not_found`. */
  open(id: string): Promise<DurableRun>
  /**
   * Accepts an event: on disk when it resolves, and kept once for each source, id and target. Without a target every run
   * hears it that listens by then, in this process or after a restart; with one it is kept for that run alone, from the
   * run's creation on, and consumed by it at most once. Rejects with `NexusError` `run_not_found` or `run_ended`.
   */
  publish(event: CloudEvent, target?: string): Promise<void>
  /**
   * The events for every run that were accepted after the one of that number, as they come. Nothing of it is recorded:
   * whoever reads keeps its place.
   */
  feed(after: number): EventFeed
  /**
   * Takes a workflow in, in the place of one of the same name and version, whose schedule then begins anew; one that says
   * the same is left as it is. On disk when it resolves.
   */
  deploy(deployment: Deployment): Promise<StoredDeployment>
  /** Rejects with `NexusError` `workflow_not_found`. */
  undeploy(key: string): Promise<void>
  /** By their keys, in order. */
  deployments(): readonly StoredDeployment[]
  /** Records where the schedule of a deployment stands now, and accepts the run that it begins, if any: both or neither. */
  advance(key: string, state: JsonObject, run?: NewRun): Promise<DurableRun | undefined>
  /** Newest first. */
  list(query?: RunQuery): Promise<readonly RunSummary[]>
  /** What unfinished runs began with, each number once (`NewRun.generation`). */
  generations(): Promise<readonly number[]>
  /** Tasks that ended, each once, also where another run goes on with its past. */
  samples(query: SampleQuery): Promise<Samples>
  /** The run that was accepted with this key; it is on disk when the promise resolves. */
  keyed(key: string): Promise<StoredRun | undefined>
  /** A run's summary, document and input. Rejects with `NexusError` `run_not_found`. */
  get(id: string): Promise<StoredRun>
  /** The whole log of a run, in order. Rejects with `payload_unreadable` for a damaged payload, naming it. */
  events(id: string): Promise<readonly RunEvent[]>
  readonly blobs: BlobStore
  /**
   * Removes ended runs for good, with all that lives with them, and events that everybody has had time to hear. What is
   * under way is never touched, nor is a run whose parent is kept. It works in small commits, so that others write in
   * between; a crash, or an abort, leaves some of it for the next time and nothing half-removed to be seen. Rejects with
   * `NexusError` `run_not_found` or `run_not_ended` for `ids`, before anything is removed.
   */
  forget(what: Forgetting, signal?: AbortSignal): Promise<Forgotten>
  /** Writes what is pending and lets go of the data. Safe to call twice. */
  close(): Promise<void>
}

export type EndedStatus = RunOutcome['status']

/** All moments in milliseconds since the Unix epoch. */
export interface Forgetting {
  /** These runs, whatever their age. */
  readonly ids?: readonly string[]
  /** Those that ended with a status before a moment. */
  readonly endedBefore?: Readonly<Partial<Record<EndedStatus, number>>>
  /** Events for every run that were accepted before that moment. */
  readonly acceptedBefore?: number
  /** Only says what would go; blobs are then not counted. */
  readonly dryRun?: boolean
  /** What else may name blobs, besides the runs. */
  readonly texts?: () => Iterable<string>
}

/** What went: runs (with those that lived with them), accepted events, blobs that nobody names any more. */
export interface Forgotten {
  readonly runs: number
  readonly events: number
  readonly blobs: { readonly count: number; readonly bytes: number }
}

/** What is kept of blobs, whoever wrote them. `write` takes what comes as it is: masking is for whoever calls it. */
export interface BlobStore extends Blobs {
  /** What is known of the blob with these 64 digits; undefined where there is none. */
  find(digest: string): Promise<StoredBlob | undefined>
}

export interface StoredBlob {
  readonly sizeBytes: number
  /** As it was written last; undefined where nobody said it. */
  readonly mediaType: string | undefined
}

export interface NewRun {
  /** A UUIDv7. */
  readonly id: string
  readonly workflow: { readonly namespace: string; readonly name: string; readonly version: string }
  /** The document's text as it was handed in. */
  readonly document: string
  /** The raw input, before `input.from`. */
  readonly input: Json
  /** The texts of the workflows that it may run, by their keys; kept with it, so that it runs the same ones later. */
  readonly workflows?: Readonly<Record<string, string>>
  /** Where the code of its script tasks stands, by their references: its text may be another than that of its file. */
  readonly sources?: Sources
  /** Which modules it began with, as a number of whoever provides capabilities. */
  readonly generation?: number
  /** What its expressions see besides, where a task of another run goes on in it. */
  readonly scope?: RunScope
  /** What it shares with another run: every result that this one has recorded, up to that of the task at `path`. */
  readonly past?: { readonly run: string; readonly path: string }
  /** Of whoever asks for the run: with the same key it is accepted once, however often it is asked for. */
  readonly key?: string
  /** The higher one begins first; 0 without. */
  readonly priority?: number
  /** Whether it has to wait for its turn, and is not begun before `start`. */
  readonly pending?: boolean
}

export type Sources = Readonly<Record<string, SourcePlace>>

/** A workflow that is found by its name, and run by its schedule. */
export interface Deployment {
  readonly workflow: NewRun['workflow']
  readonly document: string
  readonly workflows: Readonly<Record<string, string>>
}

export interface StoredDeployment extends Deployment {
  readonly deployedAt: number
  /** The number of the last event that was accepted before. */
  readonly accepted: number
  /** Where its schedule stands; empty at first. */
  readonly state: JsonObject
}

/** `limit`: how many at most, of the kinds that are asked for. */
export type SampleQuery = { readonly kinds?: ReadonlySet<string>; readonly limit: number } & (
  | {
      readonly after?: undefined
      /** The newest first, of those that ended after this moment, in milliseconds since the Unix epoch. */
      readonly sinceMs?: number
    }
  /** The oldest first, of those that were recorded after that number: whoever goes on from the last misses none. */
  | { readonly after: number; readonly sinceMs?: undefined }
)

export interface Samples {
  readonly samples: readonly TaskSample[]
  /** Where to go on from. */
  readonly last: number
}

/** A task that has ended, as far as estimates need it. */
export interface TaskSample {
  /** Its place in the log; grows, with gaps. */
  readonly number: number
  readonly kind: string
  readonly module: string | undefined
  /** The length of its input as JSON, in UTF-16 units. */
  readonly inputBytes: number
  /** That of its output; 0 where it gave none. */
  readonly outputBytes: number
  readonly durationMs: number
  readonly status: TaskOutcome['status']
  /** What it cost, where its output says so in a number `cost_usd`; null where it says that this is not known. */
  readonly costUsd: number | null | undefined
  /** When it ended, in milliseconds since the Unix epoch. */
  readonly at: number
}

/** A place in the stream of accepted events, which only ever moves on. */
export interface EventFeed {
  /** The first event that `match` says something other than undefined of; waits until there is one. */
  next(match: (event: CloudEvent) => Json | undefined, signal: AbortSignal): Promise<Consumption>
}

/** A run that another begins. */
export interface ChildRun extends NewRun {
  /** Whether it lives with the run that began it: that one waits for it, cancels it and goes on with it. */
  readonly attached: boolean
}

export interface RunScope {
  readonly context: Json
  /** Without `$`. */
  readonly variables: JsonObject
}

export interface RunQuery {
  readonly statuses?: readonly RunStatus[]
  /** Only the runs that this one began. */
  readonly parent?: string
  /** False: without those that live with the run that began them. */
  readonly attached?: boolean
  readonly limit?: number
}

export interface RunSummary {
  readonly id: string
  readonly status: RunStatus
  readonly workflow: NewRun['workflow']
  /** The run that began it, and whether it lives with that one. */
  readonly parent: { readonly run: string; readonly attached: boolean } | undefined
  readonly priority: number
  readonly createdAt: number
  /** Undefined until it begins. */
  readonly startedAt: number | undefined
  readonly endedAt: number | undefined
}

export interface StoredRun extends RunSummary {
  readonly document: string
  readonly input: Json
  readonly workflows: Readonly<Record<string, string>>
  /** Undefined where nobody said, or before that was kept. */
  readonly sources: Sources | undefined
  readonly scope: RunScope | undefined
  /** Undefined where it was accepted before that was kept. */
  readonly generation: number | undefined
}

/** One run, open in this process and in no other. */
export interface DurableRun {
  readonly stored: StoredRun
  /** The context of the last recorded export; undefined before the first. */
  readonly context: Json | undefined
  /** Whether something of this run was recorded before it was opened. */
  readonly resumed: boolean
  /**
   * Runs `effect` once per recorded outcome: where one is recorded for the task's path, that is what comes back, a
   * recorded fault and a recorded cancellation too.
   *
   * A crash between the effect and its record runs it again: give the callee the idempotency key.
   * An outcome is on disk before the next effect of this run begins and before the run's end is told; until then
   * nothing that depends on it has left the process. A `pure` step can be computed again, so nothing waits for it:
   * it goes with the next commit. `effect` gets the number of this attempt, from 1. It gives an outcome and never rejects
   * but for trouble that is no outcome (the process is stopping, the storage failed): then nothing is recorded.
   */
  step(task: TaskStep, effect: (attempt: number) => Promise<TaskOutcome>): Promise<TaskOutcome>
  /** Waits until a moment. The moment is recorded at the first call, so that a restart does not begin the wait anew. */
  sleep(path: string, until: number, signal: AbortSignal): Promise<void>
  /** The moment recorded under `path`: `until` at the first call. On disk when it resolves. */
  deadline(path: string, until: number): Promise<number>
  /**
   * Begins to listen under `path`, or goes on with a listen that was begun before a restart. `correlates`: whether events
   * are tied together, which the lifecycle events tell.
   */
  subscribe(path: string, about: { readonly correlates: boolean }): Promise<Subscription>
  /** `Backend.publish`, for every run. */
  publish(event: CloudEvent): Promise<void>
  /** The time, recorded: a restart gives the same. */
  now(path: string): Promise<number>
  /**
   * A value that is computed once: what is recorded under `path`, else what `compute` gives. Its record goes with the
   * next commit, before that of anything that depends on it. One that may not be recorded is computed each time.
   */
  value(path: string, compute: () => Json, mayRecord?: (value: Json) => boolean): Json
  /** Records where the task at a path stands, with the next commit; the last record counts. */
  keep(path: string, value: Json): void
  /** What was kept last under a path before the run was opened. */
  recall(path: string): Json | undefined
  /**
   * Says that what was computed since the last commit may come out otherwise if it is computed again (it read a clock).
   * The next effect then waits until that is on disk.
   */
  noteTimeRead(): void
  /** Resolves when every outcome so far is on disk. Rejects with `NexusError` when the storage failed. */
  settle(): Promise<void>
  /**
   * The run that was begun under `path`: the one that is recorded, else a new one of what `begin` gives. It is on disk,
   * with the record of it, when the promise resolves. One that ended without completing before this run was retried is
   * open again.
   */
  child(path: string, begin: () => ChildRun | Promise<ChildRun>): Promise<DurableRun>
  /** How it ended, where it has. */
  outcome(): RunOutcome | undefined
  /** Records that the run begins, or that it goes on. */
  start(): void
  /** Records that it stays as it is until somebody resumes it. On disk when it resolves. */
  suspend(): Promise<void>
  /**
   * Opens an ended run again: what completed stands, faults and cancellations are computed anew. On disk when it resolves.
   */
  retry(): Promise<void>
  /** Records the end. On disk when it resolves. */
  end(outcome: RunOutcome): Promise<void>
  /** Hears every event of this run from now on, once it is on disk, in order. Gives the way to stop. */
  listen(listener: (event: RunEvent) => void): () => void
}

/** One listen of a run: a place in the stream of accepted events, which only ever moves on. */
export interface Subscription {
  /** What it had consumed before the run was opened, in order. */
  readonly past: readonly Consumed[]
  /**
   * The first event accepted since this listen began (or kept for its run) that `match` says something other than
   * undefined of and that came after the last one consumed here; waits until there is one. What `match` says is recorded
   * with it. On disk before the next effect of the run begins. Rejects with the signal's reason when that aborts.
   */
  next(match: (event: CloudEvent) => Json | undefined, signal: AbortSignal): Promise<Consumed>
  /** Records what came of the event that was consumed last, so that it is not handled again after a restart. */
  handled(result: Handled): void
}

export interface Consumed extends Consumption {
  readonly handled?: Handled
}

export interface TaskStep {
  readonly path: string
  readonly pure: boolean
  /**
   * Asked once an attempt, when the task really starts. `startedAt`: when its first attempt did, in milliseconds since
   * the Unix epoch, and `first` what it said of itself then; the same after a crash if that start is on disk.
   */
  describe(startedAt: number, first: TaskStart | undefined): TaskStart
}
