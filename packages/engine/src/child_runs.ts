/**
 * Runs that a task begins: other workflows (`run.workflow`), and whatever `await: false` lets go on by itself. Which run
 * stands under a task is recorded with that run's creation, so that a restart goes on with it and begins no second one.
 * Source: DSL 1.0.3, "Run".
 *
 * A run that is awaited lives with the one that began it: it is cancelled and suspended with it. One that is not awaited
 * is a run in its own right. Secrets are not handed over: a workflow that needs some declares them itself.
 */
import { isJsonObject, TaskFault, type Json, type JsonObject, type WorkflowError } from '@nexus/sdk'
import { evaluateTemplate, workflowKey, type RunTask, type Subflow } from '@nexus/workflow'
import type { ChildRun, DurableRun } from './backend.ts'
import type { RunOutcome } from './events.ts'
import type { Frame } from './frame.ts'
import type { Work } from './primitives.ts'
import type { Ticket } from './admission.ts'
import { iso } from './lifecycle_events.ts'
import { readNeeds, type ResourceNeeds } from './resource_gate.ts'
import { uuidv7 } from './uuid.ts'

/** Workflows may run each other, also themselves; this deep, and no deeper. */
const nestingMax = 50

/** `run.workflow`. */
export async function runWorkflow(frame: Frame): Promise<Work> {
  const { workflow, await: awaited = true, return: mode } = runOf(frame)
  if (!workflow) throw TaskFault.of('configuration', 'There is no workflow to run.')
  const child = await begin(frame, () => subflowRun(frame, workflow, awaited))
  if (!awaited) return letGo(frame, child)
  const outcome = child.outcome() ?? (await frame.run.services.launch(child, attachment(frame)).ended)
  const output = outputOf(outcome, child, frame)
  return { output: mode === 'none' ? null : output }
}

/**
 * `call: workflow.run`, with `{workflow, input, past, on_fault, needs}`: runs a document that was made by a task, as a run of its
 * own that is waited for. It is checked when it begins, and kept with its run. `past`, `{run, path}`, lets it begin with
 * what another run completed, up to the task at a path. Output: `{run, status, output, error}`; a fault of that run is
 * the task's own, unless `on_fault` is `return`. One that says what it `needs` waits, pending, until that fits beside what is
 * in progress; that it waits is told once, as an event.
 */
export async function runPlan(frame: Frame): Promise<Work> {
  const given = evaluateTemplate((frame.definition as { with?: Json }).with ?? {}, frame.input, frame)
  const { workflow, input = {}, past, on_fault: onFault, needs } = isJsonObject(given) ? given : {}
  if (workflow === undefined) throw TaskFault.of('configuration', '`workflow.run` needs a `workflow`.')
  const outcome = await outcomeOfPlan(frame, { workflow, input, past }, readNeeds(needs))
  const { id: run } = outcome.child.stored
  if (outcome.status === 'faulted' && onFault === 'return')
    return { output: { run, status: 'faulted', output: null, error: outcome.error as Json } }
  return {
    output: { run, status: 'completed', output: outputOf(outcome, outcome.child, frame), error: null },
  }
}

async function outcomeOfPlan(
  frame: Frame,
  plan: Planned,
  needs: ResourceNeeds | undefined,
): Promise<RunOutcome & { readonly child: DurableRun }> {
  const { gate } = frame.run.services
  // What is around it may wait for it, and hold what it would wait for.
  const wanted = frame.run.reserved ? undefined : needs
  let ticket: Ticket | undefined
  try {
    const child = await begin(frame, async () => {
      const planned = await plannedRun(frame, plan)
      ticket = wanted && gate.enter(wanted)
      return { ...planned, pending: ticket?.waits ?? false }
    })
    const recorded = child.outcome()
    if (recorded) return { ...recorded, child }
    const begun = child.stored.startedAt !== undefined
    ticket ??= wanted && (begun ? gate.enterAtOnce(wanted) : gate.enter(wanted))
    if (wanted && ticket?.waits) await tellWaiting(frame, child, gate.whyNotNow(wanted) ?? '')
    const reserved = frame.run.reserved || wanted !== undefined
    const options = { ...attachment(frame), reserved, ...(ticket && { ticket }) }
    return { ...(await frame.run.services.launch(child, options).ended), child }
  } finally {
    ticket?.leave()
  }
}

/** An event says once that a run waits and why, however often it is gone on with. */
async function tellWaiting({ run, path }: Frame, { stored }: DurableRun, why: string): Promise<void> {
  const { namespace, name, version } = run.workflow
  await run.durable.publish({
    specversion: '1.0',
    id: `${run.id}${path}/queued`,
    source: encodeURI(`/${namespace}/${name}/${version}`),
    type: 'io.nexus.run.queued.v1',
    subject: stored.id,
    time: iso(run.clock.now()),
    datacontenttype: 'application/json',
    data: { run: stored.id, by: run.id, reason: why },
  })
  run.services.stream(run.id, path, { channel: 'progress', text: `Waits for its turn. ${why}\n` })
}

/** A process that nobody waits for: one that is not a workflow, since those see to it themselves. */
export function isDetached({ definition }: Frame): boolean {
  return 'run' in definition && definition.run.await === false && !definition.run.workflow
}

/** Lets a script, a command or a container go on as a run of its own, which sees what the task's expressions see. */
export async function detach(frame: Frame): Promise<Work> {
  return letGo(frame, await begin(frame, () => detachedRun(frame)))
}

function runOf({ definition }: Frame): RunTask['run'] {
  return (definition as RunTask).run
}

function begin(frame: Frame, what: () => ChildRun | Promise<ChildRun>): Promise<DurableRun> {
  return frame.run.durable.child(`${frame.path}/run`, what)
}

function letGo(frame: Frame, child: DurableRun): Work {
  if (!child.outcome()) frame.run.services.launch(child, { nesting: 0 })
  return { output: frame.input }
}

function attachment({ run, signal }: Frame): { signal: AbortSignal; nesting: number; reserved: boolean } {
  const nesting = run.nesting + 1
  if (nesting <= nestingMax) return { signal, nesting, reserved: run.reserved }
  const { name } = run.workflow
  throw TaskFault.of(
    'runtime',
    `Workflows are nested deeper than ${nestingMax}: does "${name}" run itself without end?`,
  )
}

function subflowRun(frame: Frame, subflow: Subflow, attached: boolean): ChildRun {
  const { run, input } = frame
  const document = run.workflows[workflowKey(subflow)]
  if (document === undefined) {
    throw TaskFault.of('configuration', `This run began without the workflow ${workflowKey(subflow)}.`)
  }
  const { namespace, name, version } = run.services.read(document).document
  return {
    id: uuidv7(run.clock.now()),
    workflow: { namespace, name, version },
    document,
    input: run.mask(evaluateTemplate(subflow.input ?? {}, input, frame)),
    workflows: run.workflows,
    // What lives with a run sees what that one sees.
    ...(attached && run.generation !== undefined && { generation: run.generation }),
    attached,
  }
}

interface Planned {
  readonly workflow: Json
  readonly input: Json
  readonly past: Json | undefined
}

async function plannedRun(frame: Frame, { workflow, input, past }: Planned): Promise<ChildRun> {
  const { run } = frame
  const { text, workflows, document } = await run.services.prepare(workflow)
  const { namespace, name, version } = document.document
  return {
    id: uuidv7(run.clock.now()),
    workflow: { namespace, name, version },
    document: text,
    input: run.mask(input),
    workflows,
    ...(run.generation !== undefined && { generation: run.generation }),
    ...(past !== undefined && { past: readPast(past) }),
    attached: true,
  }
}

function readPast(past: Json): { run: string; path: string } {
  const { run, path } = isJsonObject(past) ? past : {}
  if (typeof run === 'string' && typeof path === 'string') return { run, path }
  throw TaskFault.of('configuration', '`past` of `workflow.run` is {run, path}.')
}

function detachedRun(frame: Frame): ChildRun {
  const { run, name, definition, input, variables } = frame
  const { use, evaluate, document } = run.document
  const { await: _await, ...process } = runOf(frame)
  const task = { run: process, ...(definition.timeout !== undefined && { timeout: definition.timeout }) }
  const secrets = use?.secrets && { use: { secrets: use.secrets } }
  return {
    id: uuidv7(run.clock.now()),
    workflow: run.workflow,
    document: JSON.stringify({ document, ...secrets, ...(evaluate && { evaluate }), do: [{ [name]: task }] }),
    input,
    scope: { context: run.context ?? null, variables: run.mask(variables) as JsonObject },
    attached: false,
  }
}

function outputOf(outcome: RunOutcome, child: DurableRun, frame: Frame): Json {
  if (outcome.status === 'completed') return outcome.output
  const { id, workflow } = child.stored
  const about = `workflow ${workflowKey(workflow)}, run ${id}`
  if (outcome.status === 'cancelled') throw TaskFault.of('runtime', `The ${about}, was cancelled.`)
  throw new TaskFault(atTask(outcome.error, about, frame))
}

/** The fault is the task's own; where it came from is told in its detail. */
function atTask(error: WorkflowError, about: string, { reference }: Frame): WorkflowError {
  const detail = error.detail ?? error.title ?? error.type
  return { ...error, detail: `${detail} (${about}, at ${error.instance ?? '/'})`, instance: reference }
}
