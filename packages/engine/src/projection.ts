/**
 * What people see of a run, projected from its log: the run with its tasks and its lifecycle events.
 * This is the JSON document of `nexus run --json` and of the HTTP API; its keys are the wire's.
 */
import type { Json, WorkflowError } from '@nexus/sdk'
import type { StoredRun } from './backend.ts'
import { cloudEvents, iso, type LifecycleEvent } from './lifecycle_events.ts'
import type { RunEvent, RunOutcome, RunStatus, Stamp, TaskOutcome, TaskStart } from './events.ts'

export interface RunRecord {
  readonly id: string
  readonly status: RunStatus
  readonly workflow: StoredRun['workflow']
  readonly input: Json
  readonly output: Json
  readonly error: WorkflowError | null
  /** The run that began it. */
  readonly parent: string | null
  readonly priority: number
  readonly started_at: string | null
  readonly ended_at: string | null
  readonly tasks: readonly TaskRecord[]
  readonly events: readonly LifecycleEvent[]
}

export interface TaskRecord {
  readonly path: string
  readonly reference: string
  readonly name: string
  readonly kind: string
  readonly module: string | null
  readonly version: string | null
  readonly status: RunStatus
  readonly attempts: number
  readonly started_at: string
  readonly ended_at: string | null
  readonly input: Json
  readonly output: Json
  readonly error: WorkflowError | null
  /** The run that it began. */
  readonly child_run: string | null
}

export function projectRun(run: StoredRun, log: readonly RunEvent[]): RunRecord {
  const ended = log.findLast((event) => event.type === 'run.ended' || event.type === 'run.retried')
  const outcome = ended?.type === 'run.ended' ? ended.outcome : undefined
  return {
    id: run.id,
    status: run.status,
    workflow: run.workflow,
    input: run.input,
    ...endOf(outcome),
    parent: run.parent?.run ?? null,
    priority: run.priority,
    started_at: run.startedAt === undefined ? null : iso(run.startedAt),
    ended_at: run.endedAt === undefined ? null : iso(run.endedAt),
    tasks: projectTasks(log),
    events: cloudEvents(run, log),
  }
}

function endOf(outcome: RunOutcome | undefined): Pick<RunRecord, 'output' | 'error'> {
  return {
    output: outcome?.status === 'completed' ? outcome.output : null,
    error: outcome?.status === 'faulted' ? outcome.error : null,
  }
}

/** The tasks in the order of their first start. One that was skipped did not run, and is not among them. */
export function projectTasks(log: readonly RunEvent[]): readonly TaskRecord[] {
  const tasks = new Map<string, { seq: number; record: TaskRecord }>()
  for (const event of log) {
    if (event.type === 'task.started') begin(tasks, event, event.task)
    if (event.type === 'child.begun') adopt(tasks, event.path, event.run)
    if (event.type !== 'task.ended') continue
    if (event.started) begin(tasks, event.started, event.started.task)
    finish(tasks, event, event.path, event.outcome)
  }
  return [...tasks.values()].toSorted((a, b) => a.seq - b.seq).map(({ record }) => record)
}

type Tasks = Map<string, { seq: number; record: TaskRecord }>

/** Tasks of these kinds wait for as long as they are under way. */
const waiting = new Set(['listen', 'wait'])

function begin(tasks: Tasks, stamp: Stamp, task: TaskStart): void {
  const known = tasks.get(task.path)
  const record: TaskRecord = {
    path: task.path,
    reference: task.reference,
    name: task.name,
    kind: task.kind,
    module: task.module ?? null,
    version: task.version ?? null,
    status: waiting.has(task.kind) ? 'waiting' : 'running',
    attempts: (known?.record.attempts ?? 0) + 1,
    started_at: known?.record.started_at ?? iso(stamp.at),
    ended_at: null,
    input: task.input ?? null,
    output: null,
    error: null,
    child_run: known?.record.child_run ?? null,
  }
  tasks.set(task.path, { seq: known?.seq ?? stamp.seq, record })
}

/** `path`: that of the run below its task. */
function adopt(tasks: Tasks, path: string, run: string): void {
  const task = path.slice(0, path.lastIndexOf('/'))
  const known = tasks.get(task)
  if (known) tasks.set(task, { ...known, record: { ...known.record, child_run: run } })
}

function finish(tasks: Tasks, stamp: Stamp, path: string, outcome: TaskOutcome): void {
  const known = tasks.get(path)
  if (!known) return
  if (outcome.status === 'skipped') {
    tasks.delete(path)
    return
  }
  const record: TaskRecord = {
    ...known.record,
    status: outcome.status,
    ended_at: iso(stamp.at),
    output: outcome.status === 'completed' ? outcome.output : null,
    error: outcome.status === 'faulted' ? outcome.error : null,
  }
  tasks.set(path, { ...known, record })
}
