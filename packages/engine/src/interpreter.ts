/**
 * Walks the task tree. Around every task it does what the specification says of every task: condition, data flow,
 * the record of its outcome, flow directive. What a task *does* is a primitive of the engine or a module's work.
 */
import {
  Cancelled,
  isJsonObject,
  NexusError,
  TaskFault,
  toWorkflowError,
  type ChildOutcome,
  type ChildTask,
  type Json,
  type WorkflowError,
} from '@nexus/sdk'
import {
  capabilityOf,
  exportContext,
  isTrue,
  transformInput,
  transformOutput,
  type Task,
  type TaskList,
} from '@nexus/workflow'
import { setMaxListeners } from 'node:events'
import type { Capability } from './capability.ts'
import type { TaskOutcome, TaskStart } from './events.ts'
import { Frame } from './frame.ts'
import { invokeModule } from './invoke.ts'
import { joinPath, type Segment } from './path.ts'
import { primitives, type Work } from './primitives.ts'
import type { RunState } from './run_state.ts'

/** Stops a run without any outcome: the process ends, and the run goes on when it is resumed. */
export class Stopping extends Error {
  override readonly name = 'Stopping'
}

/** Runs the whole document. Rejects with `TaskFault`, `Cancelled` or `Stopping`. */
export async function runDocument(run: RunState, signal: AbortSignal): Promise<Json> {
  const root = rootFrame(run, signal)
  const { input, output } = run.document
  root.input = transformInput(input, root.rawInput, root)
  run.context ??= root.input
  const work = await invokeModule(root, capabilityFor(root), 1)
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
    variables: undefined,
    signal,
    rawInput: run.durable.stored.input,
  })
}

/** Runs one child of a task, or gives what is recorded of it. */
export async function runChild(parent: Frame, child: ChildTask): Promise<ChildOutcome> {
  const frame = childFrame(parent, child)
  throwIfAborted(frame.signal)
  const primitive = primitives[frame.kind]
  const capability = primitive ? undefined : capabilityFor(frame)
  const pure = primitive !== undefined || capability?.type === 'orchestrator'
  const step = { path: frame.path, pure, describe: () => prepare(frame, capability) }
  const outcome = await frame.run.durable.step(step, (attempt) => execute(frame, capability, attempt))
  return settle(frame, outcome)
}

/** Runs a task list below a task as a `do` task runs its own. It is no task of its own, and nothing of it is recorded. */
export async function runList(parent: Frame, list: ChildTask): Promise<ChildOutcome> {
  const { run, name, reference, path, signal } = parent
  const frame = new Frame({
    run,
    parent,
    name,
    kind: 'do',
    reference,
    path: joinPath(path, list.path ?? []),
    definition: { do: listAt(parent, list.at) },
    variables: list.variables,
    signal: list.signal ? eitherSignal(signal, list.signal) : signal,
    rawInput: list.input,
    listAt: list.at,
  })
  frame.input = list.input
  const { output, then = 'continue' } = await invokeModule(frame, capabilityFor(frame), 1)
  return { status: 'completed', output, then }
}

function childFrame(parent: Frame, child: ChildTask): Frame {
  const definition = definitionAt(parent, child.at)
  return new Frame({
    run: parent.run,
    parent,
    name: String(child.at.at(-1)),
    kind: capabilityOf(definition),
    reference: joinPath(parent.reference, placed(parent, child.at)),
    path: joinPath(parent.path, placed(parent, child.path ?? child.at)),
    definition,
    variables: child.variables,
    signal: child.signal ? eitherSignal(parent.signal, child.signal) : parent.signal,
    rawInput: child.input,
  })
}

function eitherSignal(run: AbortSignal, branch: AbortSignal): AbortSignal {
  const signal = AbortSignal.any([run, branch])
  setMaxListeners(0, signal)
  return signal
}

/** Below a list that stands elsewhere than at `do`, what is said of `do` is meant of that place. */
function placed(parent: Frame, at: readonly Segment[]): readonly Segment[] {
  return parent.listAt && at[0] === 'do' ? [...parent.listAt, ...at.slice(1)] : at
}

function definitionAt(parent: Frame, at: ChildTask['at']): Task {
  const value = valueAt(parent, at)
  if (isJsonObject(value)) return value as Task
  throw nothingThere(parent, at, 'task')
}

function listAt(parent: Frame, at: ChildTask['at']): TaskList {
  const value = valueAt(parent, at)
  if (Array.isArray(value)) return value as TaskList
  throw nothingThere(parent, at, 'task list')
}

function valueAt(parent: Frame, at: ChildTask['at']): unknown {
  let value: unknown = parent.definition
  for (const segment of at) value = (value as Record<string, unknown> | undefined)?.[segment]
  return value
}

function nothingThere(parent: Frame, at: ChildTask['at'], what: string): TaskFault {
  const pointer = joinPath(parent.reference, at)
  const detail = `The module of ${parent.reference} asked for ${pointer}, where there is no ${what}.`
  return TaskFault.of('configuration', detail)
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
 * What a task begins with: its condition and its input. What goes wrong here is the task's own fault, kept until it runs.
 */
function prepare(frame: Frame, capability: Capability | undefined): TaskStart {
  frame.startedAt = frame.run.clock.now()
  frame.input = frame.rawInput
  try {
    frame.skipped = !meetsCondition(frame)
    if (!frame.skipped) frame.input = transformInput(frame.definition.input, frame.rawInput, frame)
  } catch (error) {
    frame.refused = error
  }
  const { path, reference, name, kind } = frame
  const input = frame.run.mask(frame.input)
  if (!capability) return { path, reference, name, kind, input }
  const { module, version } = capability
  return { path, reference, name, kind, module, version, input }
}

function meetsCondition(frame: Frame): boolean {
  const { if: condition } = frame.definition
  return condition === undefined || isTrue(condition, frame.rawInput, frame)
}

/** One attempt. Gives an outcome for whatever happens to the task; rejects only where there is none to record. */
async function execute(
  frame: Frame,
  capability: Capability | undefined,
  attempt: number,
): Promise<TaskOutcome> {
  try {
    if (frame.refused !== undefined) throw frame.refused
    if (frame.skipped) return { status: 'skipped' }
    const { definition } = frame
    const work = await perform(frame, capability, attempt)
    frame.rawOutput = work.output
    frame.output = frame.run.mask(transformOutput(definition.output, work.output, frame))
    return complete(frame, work.then ?? definition.then ?? 'continue')
  } catch (error) {
    return outcomeOf(error, frame)
  }
}

function perform(frame: Frame, capability: Capability | undefined, attempt: number): Promise<Work> {
  const primitive = primitives[frame.kind]
  if (primitive) return primitive(frame)
  return invokeModule(frame, capability ?? capabilityFor(frame), attempt)
}

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
