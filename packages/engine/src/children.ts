/**
 * Where the children of a task stand: their definitions, references and paths, found from what an orchestrator asks for.
 */
import { isJsonObject, TaskFault, type ChildTask } from '@nexus/sdk'
import { capabilityOf, type Task, type TaskList } from '@nexus/workflow'
import { setMaxListeners } from 'node:events'
import { Frame } from './frame.ts'
import { joinPath, type Segment } from './path.ts'

/** A list of tasks below a task, as if it were a `do` task at the same place. */
export function listFrame(parent: Frame, list: ChildTask): Frame {
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
  return frame
}

/** A child task of a task, as its orchestrator asks for it. */
export function childFrame(parent: Frame, child: ChildTask): Frame {
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
