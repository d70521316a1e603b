/** The lists of tasks inside a task, and what kind of task it is. */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import type { InnerList, Order } from './entry.ts'

const kinds = ['set', 'wait', 'raise', 'emit', 'listen', 'fork', 'for', 'switch', 'try', 'do']

export function kindOf(task: JsonObject): string {
  const { call, run } = task
  if (typeof call === 'string') return call
  if (isJsonObject(run)) return `run.${kindOfRun(run)}`
  return kinds.find((kind) => task[kind] !== undefined) ?? 'unknown'
}

function kindOfRun(run: JsonObject): string {
  return ['shell', 'script', 'container', 'workflow'].find((kind) => run[kind] !== undefined) ?? 'unknown'
}

export function innerListsOf(task: JsonObject, kind: string): readonly InnerList[] {
  const given = isJsonObject(task['with']) ? task['with'] : {}
  const after = isJsonObject(given['after']) ? given['after'] : {}
  const found: (InnerList | undefined)[] = [
    kind === 'do' || kind === 'for' ? list('/do', task['do']) : undefined,
    list('/fork/branches', member(task['fork'], 'branches'), 'branches'),
    list('/try', task['try']),
    list('/catch/do', member(task['catch'], 'do')),
    list('/foreach/do', member(task['foreach'], 'do'), 'list', false),
    kind === 'nexus.map' ? list('/with/do', given['do']) : undefined,
    kind === 'nexus.dag' ? withAfter(list('/with/tasks', given['tasks'], 'graph'), after) : undefined,
  ]
  return found.filter((inner) => inner !== undefined)
}

function list(
  at: string,
  tasks: Json | undefined,
  order: Order = 'list',
  getsInput = true,
): InnerList | undefined {
  return Array.isArray(tasks)
    ? { at, order, tasks: tasks as readonly Json[], after: {}, getsInput }
    : undefined
}

function withAfter(inner: InnerList | undefined, after: JsonObject): InnerList | undefined {
  return inner && { ...inner, after }
}

function member(value: Json | undefined, key: string): Json | undefined {
  return value !== undefined && isJsonObject(value) ? value[key] : undefined
}
