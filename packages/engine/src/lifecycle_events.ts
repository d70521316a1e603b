/**
 * A run's log as the specification's lifecycle events (DSL 1.0.3, "Lifecycle Events"; CloudEvents 1.0).
 * Pure: the same log always gives the same events, ids included.
 */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import type { StoredRun } from './backend.ts'
import type { RunEvent, RunOutcome, Stamp, TaskOutcome, TaskStart } from './events.ts'

export interface LifecycleEvent {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject: string
  readonly time: string
  readonly datacontenttype: 'application/json'
  readonly data: JsonObject
}

/** The lifecycle events of a log, in order. */
export function cloudEvents(run: StoredRun, log: readonly RunEvent[]): readonly LifecycleEvent[] {
  const drafts = log.flatMap(drafting(run))
  return drafts.toSorted(inOrder).map((draft) => toCloudEvent(draft, run))
}

/**
 * The same, told as a log grows: what comes back is given each of its events in order, and says which lifecycle events
 * it makes. A start that its outcome overtook is told with the outcome, so the order can differ from that of the whole.
 */
export function lifecycleTeller(run: StoredRun): (event: RunEvent) => readonly LifecycleEvent[] {
  const draft = drafting(run)
  return (event) =>
    draft(event)
      .toSorted(inOrder)
      .map((each) => toCloudEvent(each, run))
}

function drafting(run: StoredRun): (event: RunEvent) => readonly Draft[] {
  const tasks: Tasks = new Map()
  const correlations = new Map<string, JsonObject>()
  return (event) => [...correlationDrafts(event, run, correlations), ...draftsOf(event, run, tasks)]
}

function inOrder(a: Draft, b: Draft): number {
  return a.order - b.order
}

interface Draft {
  /** Sequence number, with halves for the events that share one. */
  readonly order: number
  readonly at: number
  readonly type: string
  readonly subject: string
  readonly data: JsonObject
}

/** What has started so far, by path. `open`: whether it is under way. */
type Tasks = Map<string, { readonly reference: string; open: boolean }>

function draftsOf(event: RunEvent, run: StoredRun, tasks: Tasks): readonly Draft[] {
  switch (event.type) {
    case 'run.started':
      return [workflowDraft(event, run, 'started', { definition: run.workflow, startedAt: iso(event.at) })]
    case 'run.suspended':
      return [
        ...suspendedTasks(event, run, tasks),
        workflowDraft(event, run, 'suspended', { suspendedAt: iso(event.at) }),
      ]
    case 'run.resumed':
      return [workflowDraft(event, run, 'resumed', { resumedAt: iso(event.at) })]
    case 'run.ended':
      return [workflowDraft(event, run, event.outcome.status, endOfRun(event.outcome, event.at))]
    case 'task.started':
      return startDrafts(event, event.task, run, tasks)
    case 'task.ended':
      return [
        ...(event.started ? startDrafts(event.started, event.started.task, run, tasks) : []),
        ...endDrafts(event, event.outcome, run, tasks),
      ]
    default:
      return []
  }
}

/** A listen that ties events together begins to correlate when it begins, and has done when it completes. */
function correlationDrafts(
  event: RunEvent,
  run: StoredRun,
  correlations: Map<string, JsonObject>,
): readonly Draft[] {
  if (event.type === 'listen.begun' && event.correlates) {
    correlations.set(event.path, {})
    return [workflowDraft(event, run, 'correlation-started', { startedAt: iso(event.at) })]
  }
  if (event.type === 'event.consumed' && correlations.has(event.path)) {
    const keys = isJsonObject(event.match) ? event.match['keys'] : {}
    correlations.set(event.path, { ...(isJsonObject(keys) && keys), ...correlations.get(event.path) })
  }
  if (event.type !== 'task.ended' || event.outcome.status !== 'completed') return []
  const correlationKeys = correlations.get(`${event.path}/listen`)
  if (correlationKeys === undefined) return []
  const data = { completedAt: iso(event.at), correlationKeys }
  const draft = workflowDraft(event, run, 'correlation-completed', data)
  return [{ ...draft, order: event.seq - 0.25 }]
}

function workflowDraft(stamp: Stamp, run: StoredRun, phase: string, data: JsonObject): Draft {
  const type = `io.serverlessworkflow.workflow.${phase}.v1`
  return { order: stamp.seq, at: stamp.at, type, subject: '/', data: { name: qualifiedName(run), ...data } }
}

function endOfRun(outcome: RunOutcome, at: number): JsonObject {
  switch (outcome.status) {
    case 'completed':
      return { completedAt: iso(at) }
    case 'faulted':
      return { faultedAt: iso(at), error: outcome.error }
    case 'cancelled':
      return { cancelledAt: iso(at) }
  }
}

/**
 * What begins says of what kind it is, besides what the specification has. The first start of a task says that it was created too. One that starts again goes on after an interruption where it
 * had not ended, and is another attempt where it had.
 */
function startDrafts(stamp: Stamp, task: TaskStart, run: StoredRun, tasks: Tasks): readonly Draft[] {
  const { path, reference, kind } = task
  const known = tasks.get(path)
  tasks.set(path, { reference, open: true })
  const draft = (order: number, phase: string): Draft =>
    taskDraft({ order, at: stamp.at, phase }, run, { path, reference }, { kind })
  if (known) return [draft(stamp.seq, known.open ? 'resumed' : 'retried')]
  return [draft(stamp.seq, 'created'), draft(stamp.seq + 0.5, 'started')]
}

/** A skipped task completes without having done anything. */
function endDrafts(
  stamp: Stamp & { readonly path: string },
  outcome: TaskOutcome,
  run: StoredRun,
  tasks: Tasks,
): readonly Draft[] {
  const { path } = stamp
  const reference = tasks.get(path)?.reference ?? path
  tasks.set(path, { reference, open: false })
  const phase = outcome.status === 'skipped' ? 'completed' : outcome.status
  const error = outcome.status === 'faulted' ? { error: outcome.error as Json } : {}
  return [taskDraft({ order: stamp.seq, at: stamp.at, phase }, run, { path, reference }, error)]
}

/** What is under way is suspended with its run, the innermost first. */
function suspendedTasks({ seq, at }: Stamp, run: StoredRun, tasks: Tasks): readonly Draft[] {
  const open = [...tasks].filter(([, task]) => task.open).toReversed()
  return open.map(([path, { reference }], index) => {
    const order = seq - 0.5 + index / (2 * open.length)
    return taskDraft({ order, at, phase: 'suspended' }, run, { path, reference })
  })
}

function taskDraft(
  { order, at, phase }: { readonly order: number; readonly at: number; readonly phase: string },
  run: StoredRun,
  { path, reference }: { readonly path: string; readonly reference: string },
  more: JsonObject = {},
): Draft {
  const data = { workflow: qualifiedName(run), task: reference, [`${phase}At`]: iso(at), ...more }
  return { order, at, type: `io.serverlessworkflow.task.${phase}.v1`, subject: path, data }
}

function toCloudEvent({ order, at, type, subject, data }: Draft, run: StoredRun): LifecycleEvent {
  return {
    specversion: '1.0',
    id: `${run.id}/${order}`,
    source: `urn:nexus:run:${run.id}`,
    type,
    subject,
    time: iso(at),
    datacontenttype: 'application/json',
    data,
  }
}

/** The specification's qualified name of a run: `<name>-<id>.<namespace>`. */
function qualifiedName({ id, workflow }: StoredRun): string {
  return `${workflow.name}-${id}.${workflow.namespace}`
}

export function iso(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
