/**
 * Task lists, by reference only: a task holds lists and a list holds tasks, and the interface here is where
 * TypeScript lets that circle be.
 */
import { reference } from './describe.ts'
import type { Task } from './task.ts'

/** One task with its name. Exactly one key. */
export interface TaskItem {
  readonly [name: string]: Task
}
export type TaskList = readonly TaskItem[]

export const taskList = (description: string, extra: Readonly<Record<string, unknown>> = {}) =>
  reference<TaskList>('task_list', description, extra)
