/**
 * A task: one of the twelve kinds.
 */
import { Type } from 'typebox'
import { CallCustom, knownCalls, type CallTask } from './tasks/call.ts'
import { DoTask, ForkTask, ForTask, SwitchTask, TryTask } from './tasks/flow.ts'
import { RunTask } from './tasks/run.ts'
import { EmitTask, ListenTask, RaiseTask, SetTask, WaitTask } from './tasks/simple.ts'

export type Task =
  | CallTask
  | DoTask
  | EmitTask
  | ForTask
  | ForkTask
  | ListenTask
  | RaiseTask
  | RunTask
  | SetTask
  | SwitchTask
  | TryTask
  | WaitTask

/** The shape of each kind but `call`, by the key that makes it one. */
export const taskShapes = {
  do: DoTask,
  emit: EmitTask,
  for: ForTask,
  fork: ForkTask,
  listen: ListenTask,
  raise: RaiseTask,
  run: RunTask,
  set: SetTask,
  switch: SwitchTask,
  try: TryTask,
  wait: WaitTask,
}

export type TaskKind = 'call' | keyof typeof taskShapes

export const taskKinds: readonly TaskKind[] = [
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

export const taskDefinition = Type.Unsafe<Task>({
  title: 'task',
  description: 'A unit of work.',
  anyOf: [...Object.values(knownCalls), CallCustom, ...Object.values(taskShapes)],
})

export const taskListDefinition = Type.Unsafe({
  type: 'array',
  title: 'task list',
  description: 'Tasks with their names, in order.',
  items: {
    type: 'object',
    title: 'item of a task list',
    description: 'One task with its name.',
    minProperties: 1,
    maxProperties: 1,
    additionalProperties: { $ref: '#/$defs/task' },
  },
})
