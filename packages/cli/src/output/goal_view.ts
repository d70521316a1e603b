/**
 * A goal as it is pursued: the plan once there is one, its tasks as they end, each decision with its reason, and what a
 * person is asked. It reads the run's own record, so that it shows the same of a run in this process and of a server's.
 */
import type { RunRecord, TaskRecord } from '@nexus/nexus'
import { goalEvents, isJsonObject, systemClock, type Json, type JsonObject } from '@nexus/sdk'
import type { Connection, Following } from '../connection.ts'
import { statusSign } from './format.ts'
import { plain } from './terminal_text.ts'
import { showLive } from './live.ts'
import { planView } from './plan_view.ts'
import type { Terminal } from './terminal.ts'

/** Tasks of a goal's run that say something to people, by the last part of their paths. */
const telling = new Set(['event.emit', 'workflow.run'])

export interface GoalViewOptions {
  /** Answers what a person is asked: true, false, or undefined for nobody. */
  readonly answer: (question: string) => Promise<boolean | undefined>
  /** Told of a question that nobody here answered. */
  readonly unanswered: (question: string, run: string) => void
  /** Whether a plan is shown as the document that runs, too. */
  readonly yaml: boolean
}

/** Shows it until the function that comes back is called, which waits for what is still to be shown. */
export function showGoal(
  connection: Connection,
  live: Following,
  io: Terminal,
  { answer, unanswered, yaml }: GoalViewOptions,
): () => Promise<void> {
  const shown = new Set<string>()
  const stops: (() => void)[] = []
  let looking: Promise<void> = Promise.resolve()

  const look = async (): Promise<void> => {
    const record = await connection.runs.get(live.id)
    for (const task of record.tasks) {
      if (!telling.has(task.kind) || shown.has(task.path) || !isReady(task)) continue
      shown.add(task.path)
      if (task.kind === 'workflow.run') await showRun(task)
      else await showEvent(task, record)
    }
  }
  const showRun = async ({ child_run: id, input }: TaskRecord): Promise<void> => {
    const workflow = isJsonObject(input) ? input['workflow'] : undefined
    if (id === null || !isPlan(workflow ?? null)) return
    const child = await connection.runs.resume(id).catch(() => undefined) // it may have ended already
    if (child) stops.push(showLive(child, io, systemClock))
    else io.out(linesOf((await connection.runs.get(id)).tasks, io))
  }
  const showEvent = async ({ input }: TaskRecord, { id }: RunRecord): Promise<void> => {
    const { type, data = {} } = isJsonObject(input) ? input : {}
    const about: JsonObject = isJsonObject(data) ? data : {}
    if (type === goalEvents.planned) io.out(planView(about, io, { yaml }))
    if (type === goalEvents.decided) io.out(`${decisionSign(about, io)} ${textOf(about['reason'])}\n`)
    if (type === goalEvents.asked) await ask(textOf(about['question']), id)
  }
  const ask = async (question: string, id: string): Promise<void> => {
    const approve = await answer(question)
    if (approve === undefined) return unanswered(question, id)
    await connection.runs.signal(id, { type: goalEvents.answered, data: { approve } })
  }
  const stopListening = live.listen((event) => {
    const path =
      event.type === 'task.started' ? event.task.path : event.type === 'task.ended' ? event.path : ''
    if (!telling.has(path.slice(path.lastIndexOf('/') + 1))) return
    looking = looking
      .then(look)
      .catch((error: unknown) => io.err(`What happens cannot be shown: ${String(error)}\n`))
  })
  return async () => {
    stopListening()
    await looking
    await look()
    for (const stop of stops) stop()
  }
}

/** An event is told once it is published, a run once it has begun. */
function isReady({ kind, status, child_run: child }: TaskRecord): boolean {
  return kind === 'workflow.run' ? child !== null : status === 'completed'
}

/** Not one of the small documents by which outcomes are checked. */
function isPlan(workflow: Json): boolean {
  const about = isJsonObject(workflow) ? workflow['document'] : undefined
  const namespace = about !== undefined && isJsonObject(about) ? about['namespace'] : undefined
  return namespace !== 'nexus'
}

function decisionSign({ decision }: JsonObject, io: Terminal): string {
  return decision === 'give_up' ? io.style('red', '✗') : io.style('yellow', '↻')
}

function linesOf(tasks: readonly TaskRecord[], io: Terminal): string {
  return tasks
    .map(({ name, kind, status }) => `${statusSign(io, status)} ${plain(name).padEnd(34)} ${plain(kind)}\n`)
    .join('')
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? plain(value) : ''
}
