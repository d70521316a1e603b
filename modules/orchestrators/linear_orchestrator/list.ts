/** Reads a task list as the specification writes it, `[{name: task}, …]`. It owns no task, only their names. */
import { isJsonObject, TaskFault, type Json } from '@nexus/sdk'

/** The names of the tasks in `{do: [...]}`, in order. */
export function taskNames(definition: Json): readonly string[] {
  const list = isJsonObject(definition) ? definition['do'] : undefined
  if (!Array.isArray(list)) throw TaskFault.of('configuration', 'A `do` task needs a list of tasks.')
  return list.map(nameOf)
}

function nameOf(entry: Json, index: number): string {
  const [name, ...more] = isJsonObject(entry) ? Object.keys(entry) : []
  if (name !== undefined && more.length === 0) return name
  throw TaskFault.of('configuration', `/do/${index}: a task is written as an object with one key, its name.`)
}
