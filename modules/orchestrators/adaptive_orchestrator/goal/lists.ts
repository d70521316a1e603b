/**
 * Where lists of tasks stand in tasks: those that run one after the other, and those whose entries run side by side. It
 * changes and counts what stands there, however deep, and knows nothing of what tasks do. Pure.
 */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { listOf, objectOf } from './json.ts'

export type Entry = readonly [name: string, task: JsonObject]

/** The way to a list within a task, and whether its entries follow each other. */
interface Place {
  readonly keys: readonly string[]
  readonly inARow: boolean
}

const places: readonly Place[] = [
  { keys: ['do'], inARow: true },
  { keys: ['try'], inARow: true },
  { keys: ['catch', 'do'], inARow: true },
  { keys: ['fork', 'branches'], inARow: false },
  { keys: ['foreach', 'do'], inARow: true },
  { keys: ['subscription', 'foreach', 'do'], inARow: true },
  { keys: ['with', 'do'], inARow: true },
  { keys: ['with', 'tasks'], inARow: false },
]

/** Deeper than any plan that a person would read. */
const depthMax = 50

/** An entry of a list of tasks: a map of one key, with an object. */
export function entryOf(item: Json | undefined): Entry | undefined {
  const entries = isJsonObject(item) ? Object.entries(item) : []
  const [entry] = entries
  return entries.length === 1 && entry && isJsonObject(entry[1]) ? [entry[0], entry[1]] : undefined
}

/** What becomes of one entry of a list: one or more; `inARow`: whether they follow each other. */
export type Change = (entry: Entry, inARow: boolean) => readonly Json[]

/** The list with each entry changed, those that stand in others first. Throws a `TaskFault` where it is too deep. */
export function mapTasks(list: readonly Json[], change: Change, inARow = true, depth = 0): Json[] {
  if (depth > depthMax)
    throw TaskFault.of('validation', `Tasks of the plan stand in tasks deeper than ${depthMax} levels.`)
  return list.flatMap((item) => {
    const entry = entryOf(item)
    if (!entry) return [item]
    const [name, task] = entry
    const within = places.reduce(
      (changed, place) =>
        mappedAt(changed, place, (inner) => mapTasks(inner, change, place.inARow, depth + 1)),
      task,
    )
    return change([name, within], inARow)
  })
}

/** All tasks, however deep they stand. */
export function countTasks(list: readonly Json[]): number {
  let count = 0
  mapTasks(list, ([name, task]) => {
    count++
    return [{ [name]: task }]
  })
  return count
}

function mappedAt(task: JsonObject, { keys }: Place, work: (list: readonly Json[]) => Json[]): JsonObject {
  const [key = '', ...more] = keys
  const inner = task[key]
  if (more.length === 0) return Array.isArray(inner) ? { ...task, [key]: work(listOf(inner)) } : task
  if (!isJsonObject(inner)) return task
  return { ...task, [key]: mappedAt(objectOf(inner), { keys: more, inARow: true }, work) }
}
