/**
 * The events of a run's log: what happened, in order, never changed afterwards. All that people see of a run is
 * projected from them. A start that is overtaken by its own outcome before it was written is not written by itself:
 * the outcome then carries it (`started`), with the sequence number that it would have had.
 */
import type { Json, WorkflowError } from '@nexus/sdk'
import type { CloudEvent } from './cloud_event.ts'

/** What is known of a task when it starts. */
export interface TaskStart {
  readonly path: string
  /** The specification's JSON pointer of the task in its document. */
  readonly reference: string
  readonly name: string
  /** The capability: `set`, `do`, `run.script`, `http`… */
  readonly kind: string
  /** The module that it is routed to; absent for the engine's primitives. */
  readonly module?: string
  readonly version?: string
  /** After `input.from`; absent where the input itself was refused. */
  readonly input?: Json
}

/** How a task execution ended. */
export type TaskOutcome =
  | { readonly status: 'completed'; readonly output: Json; readonly then: string; readonly context?: Json }
  | { readonly status: 'skipped' }
  | { readonly status: 'faulted'; readonly error: WorkflowError }
  | { readonly status: 'cancelled' }

export type RunOutcome =
  | { readonly status: 'completed'; readonly output: Json }
  | { readonly status: 'faulted'; readonly error: WorkflowError }
  | { readonly status: 'cancelled' }

/** What a listen took from the event bus, and what it found in it; kept, so that a restart finds the same. */
export interface Consumption {
  /** The event's number among the accepted ones. */
  readonly accepted: number
  readonly event: CloudEvent
  readonly match: Json
}

/** What came of the tasks that ran for a consumed event. */
export interface Handled {
  readonly output: Json
  readonly then: string
  readonly context?: Json
}

/** Where an event stands in its run's log, and when it happened (milliseconds since the Unix epoch). */
export interface Stamp {
  readonly seq: number
  readonly at: number
}

export type RunEvent = Stamp &
  (
    | { readonly type: 'run.started' }
    | { readonly type: 'run.resumed' }
    | { readonly type: 'run.suspended' }
    /** Faults and cancellations before it count no more. */
    | { readonly type: 'run.retried' }
    | { readonly type: 'run.ended'; readonly outcome: RunOutcome }
    | { readonly type: 'task.started'; readonly task: TaskStart }
    | {
        readonly type: 'task.ended'
        readonly path: string
        readonly outcome: TaskOutcome
        readonly started?: Stamp & { readonly task: TaskStart }
      }
    | { readonly type: 'timer.set'; readonly path: string; readonly until: number }
    | { readonly type: 'time.read'; readonly path: string }
    | { readonly type: 'value.computed'; readonly path: string; readonly value: Json }
    /** Where an orchestrator stands; the last one counts. */
    | { readonly type: 'state.kept'; readonly path: string; readonly value: Json }
    /** A run that this one began. */
    | { readonly type: 'child.begun'; readonly path: string; readonly run: string }
    /** `correlates`: its filters tie events together. */
    | { readonly type: 'listen.begun'; readonly path: string; readonly correlates: boolean }
    | ({ readonly type: 'event.consumed'; readonly path: string } & Consumption)
    | ({ readonly type: 'event.handled'; readonly path: string } & Handled)
  )

export type RunEventBody = RunEvent extends infer Event
  ? Event extends Stamp
    ? Omit<Event, 'seq' | 'at'>
    : never
  : never

/** The specification's status phases. */
export type RunStatus =
  | 'pending'
  | 'running'
  | 'waiting'
  | 'suspended'
  | 'cancelled'
  | 'faulted'
  | 'completed'

export const unfinishedStatuses: readonly RunStatus[] = ['pending', 'running', 'waiting', 'suspended']
