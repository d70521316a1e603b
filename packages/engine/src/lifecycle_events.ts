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
  const references = new Map<string, string>()
  const correlations = new Map<string, JsonObject>()
  const drafts = log.flatMap((event) => [
    ...correlationDrafts(event, run, correlations),
    ...draftsOf(event, run, references),
  ])
  return drafts.toSorted((a, b) => a.order - b.order).map((draft) => toCloudEvent(draft, run))
}

interface Draft {
  /** Sequence number, with halves for the events that share one. */
  readonly order: number
  readonly at: number
  readonly type: string
  readonly subject: string
  readonly data: JsonObject
}

function draftsOf(event: RunEvent, run: StoredRun, references: Map<string, string>): readonly Draft[] {
  switch (event.type) {
    case 'run.started':
      return [workflowDraft(event, run, 'started', { definition: run.workflow, startedAt: iso(event.at) })]
    case 'run.resumed':
    case 'run.retried':
      return [workflowDraft(event, run, 'resumed', { resumedAt: iso(event.at) })]
    case 'run.ended':
      return [workflowDraft(event, run, event.outcome.status, endOfRun(event.outcome, event.at))]
    case 'task.started':
      return startDrafts(event, event.task, run, references)
    case 'task.ended':
      return [
        ...(event.started ? startDrafts(event.started, event.started.task, run, references) : []),
        ...endDrafts(event, event.outcome, run, references.get(event.path) ?? event.path, event.path),
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

/** The first start of a task says that it was created too; a later one is another attempt. */
function startDrafts(
  stamp: Stamp,
  task: TaskStart,
  run: StoredRun,
  references: Map<string, string>,
): readonly Draft[] {
  const about = { workflow: qualifiedName(run), task: task.reference }
  const draft = (order: number, phase: string, data: JsonObject): Draft => ({
    order,
    at: stamp.at,
    type: `io.serverlessworkflow.task.${phase}.v1`,
    subject: task.path,
    data: { ...about, ...data },
  })
  if (references.has(task.path)) return [draft(stamp.seq, 'retried', { retriedAt: iso(stamp.at) })]
  references.set(task.path, task.reference)
  return [
    draft(stamp.seq, 'created', { createdAt: iso(stamp.at) }),
    draft(stamp.seq + 0.5, 'started', { startedAt: iso(stamp.at) }),
  ]
}

/** A skipped task completes without having done anything. */
function endDrafts(
  stamp: Stamp,
  outcome: TaskOutcome,
  run: StoredRun,
  reference: string,
  path: string,
): readonly Draft[] {
  const phase = outcome.status === 'skipped' ? 'completed' : outcome.status
  const data = {
    workflow: qualifiedName(run),
    task: reference,
    [`${phase}At`]: iso(stamp.at),
    ...(outcome.status === 'faulted' ? { error: outcome.error as Json } : {}),
  }
  return [
    { order: stamp.seq, at: stamp.at, type: `io.serverlessworkflow.task.${phase}.v1`, subject: path, data },
  ]
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
