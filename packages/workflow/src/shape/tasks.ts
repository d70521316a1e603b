/**
 * Task lists and tasks: which kind of task is meant, before it is checked against the shape of that kind.
 */
import { isJsonObject, type Json, type JsonObject, nearest } from '@nexus/sdk'
import { nameList } from '../suggestion.ts'
import { lastKey, memberPointer } from '../pointers.ts'
import { taskBaseKeys } from '../schema/task_base.ts'
import { taskKinds, taskShapes, type TaskKind } from '../schema/task.ts'
import { CallCustom, knownCalls, type KnownCall } from '../schema/tasks/call.ts'
import type { At, ShapeWalk } from './check_shape.ts'
import type { ListedTask } from './findings.ts'
import { capital, found, place } from './phrases.ts'
import { shapeOf, type Shape } from './shape.ts'

export function visitTaskList(walk: ShapeWalk, value: Json, at: At, parallel: boolean): void {
  if (!Array.isArray(value)) {
    return walk.report.on(at.pointer, 'value', {
      code: 'wrong_type',
      message: `${capital(place(at.pointer))} must be a list of tasks; found ${found(value)}.`,
      hint: isJsonObject(value) ? 'Put a dash before the name of each task: `- name:`.' : undefined,
    })
  }
  const tasks: ListedTask[] = []
  for (const [index, item] of (value as readonly Json[]).entries()) {
    const listed = taskOfItem(walk, item, memberPointer(at.pointer, index))
    if (!listed) continue
    if (isJsonObject(listed.task)) tasks.push({ ...listed, task: listed.task })
    visitTask(walk, listed.task, { ...at, pointer: listed.pointer })
  }
  walk.findings.lists.push({ pointer: at.pointer, parallel, tasks })
}

interface Item {
  readonly name: string
  readonly pointer: string
  readonly task: Json
}

/** The one task of a list's item, or undefined with the reason reported. */
function taskOfItem(walk: ShapeWalk, item: Json, pointer: string): Item | undefined {
  const entries = isJsonObject(item) ? Object.entries(item) : []
  const [first, second] = entries
  if (!first) {
    walk.report.on(pointer, 'value', {
      code: 'wrong_type',
      message: `${capital(place(pointer))} must be a task with its name; found ${found(item)}.`,
      hint: 'Write `- name:` and the task indented below it.',
    })
    return undefined
  }
  const [name, task] = first
  if (!second) return { name, task, pointer: memberPointer(pointer, name) }
  const isTask = isTaskKey(second[0])
  walk.report.on(memberPointer(pointer, second[0]), 'key', {
    code: 'two_tasks',
    message: isTask
      ? `\`${second[0]}\` stands beside the task's name \`${name}\`.`
      : `Two tasks in one item of the list: \`${name}\` and \`${second[0]}\`.`,
    hint: isTask ? `Indent it below \`${name}:\`.` : `Put a dash before \`${second[0]}:\`.`,
  })
  return undefined
}

function isTaskKey(key: string): boolean {
  return taskBaseKeys.includes(key) || isKind(key) || key === 'with'
}

export function visitTask(walk: ShapeWalk, value: Json, at: At): void {
  if (!isJsonObject(value)) {
    return walk.report.on(at.pointer, value === null ? 'key' : 'value', {
      code: 'wrong_type',
      message: `The task ${place(at.pointer)} must be an object; found ${found(value)}.`,
      hint: value === null ? 'Indent what it does below its name.' : undefined,
    })
  }
  const kind = kindOfKeys(walk, value, at.pointer)
  if (kind === undefined) return
  const shape = kind === 'call' ? callShape(value['call']) : shapeOf(taskShapes[kind])
  if (kind === 'call' && typeof value['call'] === 'string') {
    walk.findings.calls.push({ pointer: at.pointer, call: value['call'], task: value })
  }
  walk.visitObject(shape, value, at)
}

function callShape(call: Json | undefined): Shape {
  if (typeof call !== 'string' || !Object.hasOwn(knownCalls, call)) return shapeOf(CallCustom)
  return shapeOf(knownCalls[call as KnownCall])
}

function isKind(key: string): key is TaskKind {
  return (taskKinds as readonly string[]).includes(key)
}

/** The kind that a task's keys say, or undefined with the reason reported. */
function kindOfKeys(walk: ShapeWalk, task: JsonObject, pointer: string): TaskKind | undefined {
  const present = Object.keys(task).filter(isKind)
  const kinds = present.includes('for') ? present.filter((kind) => kind !== 'do') : present
  const [kind, second] = kinds
  if (kind === undefined) reportUnknownKind(walk, task, pointer)
  if (kind === undefined || second === undefined) return kind
  walk.report.on(memberPointer(pointer, second), 'key', {
    code: 'two_kinds',
    message: `The task ${place(pointer)} is of two kinds at once: \`${kind}\` and \`${second}\`.`,
    hint: 'Make two tasks of it.',
  })
  return undefined
}

function reportUnknownKind(walk: ShapeWalk, task: JsonObject, pointer: string): void {
  const own = Object.keys(task).filter((key) => !taskBaseKeys.includes(key))
  const meant = own.map((key) => ({ key, near: nearKind(key) })).find(({ near }) => near !== undefined)
  const key = meant?.key ?? own[0]
  if (key === undefined) {
    return walk.report.on(pointer, 'key', {
      code: 'unknown_task_kind',
      message: `The task \`${lastKey(pointer)}\` does not say what it does.`,
      hint: `Give it one of ${nameList(taskKinds)}.`,
    })
  }
  walk.report.on(memberPointer(pointer, key), 'key', {
    code: 'unknown_task_kind',
    message: `\`${key}\` is not a kind of task; the kinds are ${nameList(taskKinds)}.`,
    hint: meant?.near === undefined ? undefined : `Did you mean \`${meant.near}\`?`,
  })
}

/** Words that people use for kinds that are called otherwise. */
const otherWords: Readonly<Record<string, TaskKind>> = {
  parallel: 'fork',
  branches: 'fork',
  foreach: 'listen',
  loop: 'for',
  each: 'for',
  while: 'for',
  catch: 'try',
  sleep: 'wait',
  delay: 'wait',
  throw: 'raise',
  error: 'raise',
  script: 'run',
  shell: 'run',
  container: 'run',
  workflow: 'run',
  http: 'call',
  function: 'call',
  with: 'call',
  steps: 'do',
  tasks: 'do',
  case: 'switch',
  event: 'emit',
}

function nearKind(key: string): string | undefined {
  return nearest(key, taskKinds) ?? (Object.hasOwn(otherWords, key) ? otherWords[key] : undefined)
}
