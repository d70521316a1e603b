/**
 * Walks the task tree. Around every task it does what the specification says of every task: condition, data flow,
 * the record of its outcome, flow directive. What a task *does* is a primitive of the engine or a module's work.
 */
import { Cancelled, NexusError, TaskFault, toWorkflowError } from '@nexus/sdk'
import type { ChildOutcome, ChildTask, Json, WorkflowError } from '@nexus/sdk'
import { masked as maskText } from '@nexus/sdk/masking'
import { exportContext, isTrue, transformInput, transformOutput } from '@nexus/workflow'
import type { Capability } from './capability.ts'
import { detach, isDetached } from './child_runs.ts'
import { childFrame, listFrame } from './children.ts'
import type { TaskOutcome, TaskStart } from './events.ts'
import { withExtensions } from './extensions.ts'
import { Frame } from './frame.ts'
import { callFunction, isFunction } from './functions.ts'
import { invokeModule } from './invoke.ts'
import { primitives, type Work } from './primitives.ts'
import type { RunState } from './run_state.ts'
import { withTimeout } from './timeout.ts'

/** Stops a run without any outcome: the process ends, and the run goes on when it is resumed. */
export class Stopping extends Error {
  override readonly name: string = 'Stopping'
}

/** Stops a run without any outcome, and it goes on at once, as after a restart of the process. */
export class Restarting extends Stopping {
  override readonly name = 'Restarting'
}

/** Stops a run without any outcome until somebody resumes it. */
export class Suspending extends Stopping {
  override readonly name = 'Suspending'
}

/** Runs the whole document. Rejects with `TaskFault`, `Cancelled` or `Stopping`. */
export async function runDocument(run: RunState, signal: AbortSignal): Promise<Json> {
  const root = rootFrame(run, signal)
  const { input, output, timeout } = run.document
  root.input = transformInput(input, root.rawInput, root)
  run.context ??= run.scope?.context ?? root.input
  const work = await withTimeout(root, timeout, () => invokeModule(root, capabilityFor(root), 1))
  return transformOutput(output, work.output, root)
}

/** The document's own task list, as if it were a `do` task. */
function rootFrame(run: RunState, signal: AbortSignal): Frame {
  return new Frame({
    run,
    parent: undefined,
    name: run.document.document.name,
    kind: 'do',
    reference: '',
    path: '',
    definition: { do: run.document.do },
    variables: run.scope?.variables,
    signal,
    rawInput: run.durable.stored.input,
  })
}

/** Runs one child of a task, or gives what is recorded of it. */
export async function runChild(parent: Frame, child: ChildTask): Promise<ChildOutcome> {
  const turn = parent.run.services.turns.giveWay()
  if (turn) await turn
  const frame = childFrame(parent, child)
  throwIfAborted(frame.signal)
  let worker = workerOf(frame)
  const { pure } = worker
  const step = {
    path: frame.path,
    pure,
    describe: (startedAt: number, first: TaskStart | undefined) => {
      if (!pure) worker = workerOf(frame) // another version may serve since what came before went to disk
      return prepare(frame, worker.capability, startedAt, pure ? first : undefined)
    },
  }
  const outcome = await frame.run.durable.step(step, (attempt) =>
    execute(frame, () => worker.perform(frame, attempt)),
  )
  return settle(frame, outcome)
}

/** `left`: the list was left by `then: exit`. */
export type ListOutcome = ChildOutcome & { readonly left: boolean }

/** Runs a task list below a task as a `do` task runs its own. It is no task of its own, and nothing of it is recorded. */
export async function runList(parent: Frame, list: ChildTask): Promise<ListOutcome> {
  const turn = parent.run.services.turns.giveWay()
  if (turn) await turn
  const frame = listFrame(parent, list)
  const { output, then = 'continue', left = false } = await invokeModule(frame, capabilityFor(frame), 1)
  return { status: 'completed', output, then, left }
}

function capabilityFor(frame: Frame): Capability {
  const capability = frame.run.services.find(frame.kind)
  if (capability) return capability
  const detail = `No module provides "${frame.kind}" any more. Try: nexus modules list`
  throw new TaskFault({
    ...toWorkflowError(TaskFault.of('configuration', detail)),
    instance: frame.reference,
  })
}

/**
 * What a task begins with: its condition and its input. A task whose children may be recorded goes on with the input
 * that it first had: the context that it was made from may have changed since. Where that one is masked, or may be, it
 * is made again.
 */
function prepare(
  frame: Frame,
  capability: Capability | undefined,
  startedAt: number,
  first: TaskStart | undefined,
): TaskStart {
  frame.startedAt = startedAt
  if (first && !frame.run.hasSecrets && !isMasked(first.input)) frame.input = first.input ?? null
  else takeInput(frame)
  const { path, reference, name, kind } = frame
  const input = frame.run.mask(frame.input)
  if (!capability) return { path, reference, name, kind, input }
  const { module, version } = capability
  return { path, reference, name, kind, module, version, input }
}

/** A module may have been handed secrets before the run was interrupted; they are not known any more. */
function isMasked(input: Json | undefined): boolean {
  return input !== undefined && JSON.stringify(input).includes(maskText)
}

/** What goes wrong is the task's own fault, kept until it runs. */
function takeInput(frame: Frame): void {
  frame.input = frame.rawInput
  try {
    frame.skipped = !meetsCondition(frame)
    if (!frame.skipped) frame.input = transformInput(frame.definition.input, frame.rawInput, frame)
  } catch (error) {
    frame.refused = error
  }
}

function meetsCondition(frame: Frame): boolean {
  const { if: condition } = frame.definition
  return condition === undefined || isTrue(condition, frame.rawInput, frame)
}

/** One attempt. Gives an outcome for whatever happens to the task; rejects only where there is none to record. */
async function execute(frame: Frame, perform: () => Promise<Work>): Promise<TaskOutcome> {
  try {
    if (frame.refused !== undefined) throw frame.refused
    if (frame.skipped) return { status: 'skipped' }
    const { definition } = frame
    const work = await withTimeout(frame, definition.timeout, () => withExtensions(frame, perform))
    frame.rawOutput = work.output
    frame.output = frame.run.mask(transformOutput(definition.output, work.output, frame))
    return complete(frame, work.then ?? definition.then ?? 'continue')
  } catch (error) {
    return outcomeOf(error, frame)
  }
}

/** Who does a task: the engine itself, or the module that provides it. */
interface Worker {
  readonly pure: boolean
  readonly capability?: Capability
  readonly perform: (frame: Frame, attempt: number) => Promise<Work>
}

/** The engine does its primitives, and calls of functions that the document declares. */
function workerOf(frame: Frame): Worker {
  const ownWork = engineWork(frame)
  if (ownWork) return ownWork
  const capability = capabilityFor(frame)
  const perform = (task: Frame, attempt: number): Promise<Work> => invokeModule(task, capability, attempt)
  return { pure: capability.type === 'orchestrator', capability, perform }
}

function engineWork(frame: Frame): Worker | undefined {
  if (isFunction(frame)) return functionCall
  return isDetached(frame) ? detachment : primitives[frame.kind]
}

const functionCall: Worker = { pure: true, perform: callFunction }
const detachment: Worker = { pure: true, perform: detach }

function complete(frame: Frame, then: string): TaskOutcome {
  const { output, definition, run } = frame
  if (definition.export === undefined) return { status: 'completed', output, then }
  const context = run.mask(exportContext(definition.export, output, run.context ?? null, frame))
  run.context = context
  return { status: 'completed', output, then, context }
}

function outcomeOf(error: unknown, frame: Frame): TaskOutcome {
  if (frame.signal.reason instanceof Stopping) throw frame.signal.reason
  if (error instanceof NexusError || error instanceof Stopping) throw error
  if (error instanceof Cancelled || frame.signal.aborted) return { status: 'cancelled' }
  return { status: 'faulted', error: located(masked(error, frame), frame.reference) }
}

function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) throw signal.reason
}

function masked(error: unknown, frame: Frame): WorkflowError {
  return frame.run.mask(toWorkflowError(error)) as unknown as WorkflowError
}

function located(error: WorkflowError, reference: string): WorkflowError {
  return error.instance === undefined ? { ...error, instance: reference } : error
}

function settle(frame: Frame, outcome: TaskOutcome): ChildOutcome {
  switch (outcome.status) {
    case 'completed':
      return { status: 'completed', output: outcome.output, then: outcome.then }
    case 'skipped':
      return { status: 'skipped', output: frame.rawInput, then: 'continue' }
    case 'faulted':
      throw new TaskFault(outcome.error)
    case 'cancelled':
      throw new Cancelled(`${frame.reference} was cancelled.`)
  }
}
