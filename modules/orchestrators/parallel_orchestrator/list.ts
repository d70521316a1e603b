/** Reads a task list as the specification writes it, `[{name: task}, …]`. It runs nothing. */
import { isJsonObject, TaskFault, type Json } from '@nexus/sdk'

export interface Entry {
  readonly index: number
  readonly name: string
  readonly task: Json
}

/** `pointer`: where the list stands below its task. `what`: what its entries are called in a fault. */
export function readList(
  list: Json | undefined,
  pointer: string,
  what: string,
): readonly Entry[] | undefined {
  return isList(list) ? list.map((entry, index) => readEntry(entry, index, pointer, what)) : undefined
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

function readEntry(entry: Json, index: number, pointer: string, what: string): Entry {
  const [[name, task] = [], ...more] = isJsonObject(entry) ? Object.entries(entry) : []
  if (name !== undefined && task !== undefined && more.length === 0) return { index, name, task }
  const why = `a ${what} is written as an object with one key, its name`
  throw TaskFault.of('configuration', `${pointer}/${index}: ${why}.`)
}
