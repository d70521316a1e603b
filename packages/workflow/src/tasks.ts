/**
 * The tasks of a document: their kinds, the capabilities that they are routed by, and their references.
 */
import { pointerKeys, memberPointer } from './pointers.ts'
import type { Task, TaskKind, TaskList, Workflow } from './schema/index.ts'

/** Which of the twelve kinds a task is. */
export function kindOf(task: Task): TaskKind {
  if ('call' in task) return 'call'
  if ('for' in task) return 'for'
  if ('do' in task) return 'do'
  if ('emit' in task) return 'emit'
  if ('fork' in task) return 'fork'
  if ('listen' in task) return 'listen'
  if ('raise' in task) return 'raise'
  if ('run' in task) return 'run'
  if ('set' in task) return 'set'
  if ('switch' in task) return 'switch'
  if ('try' in task) return 'try'
  return 'wait'
}

/**
 * What a task is routed by: its kind, `run.script`, `run.shell`, `run.container` or `run.workflow` for runs, and for
 * calls the name that is called. A function of the document is not looked up: see `resolveFunction`.
 */
export function capabilityOf(task: Task): string {
  if ('call' in task) return task.call
  if (!('run' in task)) return kindOf(task)
  if (task.run.script) return 'run.script'
  if (task.run.shell) return 'run.shell'
  return task.run.container ? 'run.container' : 'run.workflow'
}

/** The task that a call's name stands for in `use.functions`, if it is declared there. */
export function resolveFunction(document: Workflow, call: string): Task | undefined {
  const functions = document.use?.functions
  return functions && Object.hasOwn(functions, call) ? functions[call] : undefined
}

export interface TaskEntry {
  readonly name: string
  readonly task: Task
  /** JSON pointer, e.g. `/do/0/fetch/fork/branches/1/x`. */
  readonly reference: string
  readonly kind: TaskKind
  readonly capability: string
  /** 0 for the tasks of the document itself. */
  readonly depth: number
}

/** Every task of the document's `do`, each before those inside it. Functions and extensions in `use` are not run by themselves. */
export function tasksOf(document: Workflow): Iterable<TaskEntry> {
  return listed(document.do, '/do', 0)
}

/** Every task that the document holds: those of `tasksOf`, and those of its functions and extensions. */
export function* everyTaskOf(document: Workflow): Generator<TaskEntry> {
  yield* tasksOf(document)
  const { functions = {}, extensions = [] } = document.use ?? {}
  for (const [name, task] of Object.entries(functions))
    yield* entries(name, task, memberPointer('/use/functions', name), 0)
  for (const [index, item] of extensions.entries()) {
    for (const [name, { before = [], after = [] }] of Object.entries(item)) {
      const pointer = memberPointer(memberPointer('/use/extensions', index), name)
      yield* listed(before, `${pointer}/before`, 0)
      yield* listed(after, `${pointer}/after`, 0)
    }
  }
}

function* listed(list: TaskList, pointer: string, depth: number): Generator<TaskEntry> {
  for (const [index, item] of list.entries()) {
    for (const [name, task] of Object.entries(item)) {
      yield* entries(name, task, memberPointer(memberPointer(pointer, index), name), depth)
    }
  }
}

function* entries(name: string, task: Task, reference: string, depth: number): Generator<TaskEntry> {
  yield { name, task, reference, kind: kindOf(task), capability: capabilityOf(task), depth }
  for (const inner of listsOf(task)) yield* listed(inner.list, `${reference}${inner.at}`, depth + 1)
}

/** The task lists right inside a task, and where they stand below it. */
export function listsOf(task: Task): readonly { readonly at: string; readonly list: TaskList }[] {
  if ('call' in task) return listsOfCall(task)
  if ('do' in task) return [{ at: '/do', list: task.do }]
  if ('fork' in task) return [{ at: '/fork/branches', list: task.fork.branches }]
  if ('listen' in task) return task.foreach?.do ? [{ at: '/foreach/do', list: task.foreach.do }] : []
  if (!('try' in task)) return []
  const caught = task.catch.do
  const tried = { at: '/try', list: task.try }
  return caught ? [tried, { at: '/catch/do', list: caught }] : [tried]
}

function listsOfCall(task: Extract<Task, { call: string }>): readonly { at: string; list: TaskList }[] {
  if (isCall(task, 'nexus.dag')) return [{ at: '/with/tasks', list: task.with.tasks }]
  if (isCall(task, 'nexus.map')) return [{ at: '/with/do', list: task.with.do }]
  const list = isCall(task, 'asyncapi') ? task.with.subscription?.foreach?.do : undefined
  return list ? [{ at: '/with/subscription/foreach/do', list }] : []
}

/** Whether a task is a call of that name; its `with` then has the shape of that call. */
export function isCall<Name extends string>(task: Task, name: Name): task is Extract<Task, { call: Name }> {
  return 'call' in task && task.call === name
}

/** The task at a JSON pointer (a reference that `tasksOf` gives, or one into `use.functions`), if there is one. */
export function taskAt(document: Workflow, pointer: string): Task | undefined {
  let value: unknown = document
  for (const key of pointerKeys(pointer)) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Readonly<Record<string, unknown>>)[key]
  }
  return isTask(value) ? value : undefined
}

const kindKeys = [
  'call',
  'do',
  'emit',
  'for',
  'fork',
  'listen',
  'raise',
  'run',
  'set',
  'switch',
  'try',
  'wait',
]

function isTask(value: unknown): value is Task {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    kindKeys.some((key) => key in value)
  )
}
