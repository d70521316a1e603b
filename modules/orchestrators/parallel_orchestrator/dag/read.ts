/** Reads a `nexus.dag` call. It evaluates nothing and runs nothing. */
import { isJsonObject, TaskFault, type Json } from '@nexus/sdk'
import { isList, readList, type Entry } from '../list.ts'

export interface Dag {
  readonly tasks: readonly Entry[]
  /** Task names to the names that they come after. */
  readonly after: ReadonlyMap<string, readonly string[]>
  /** A number, or an expression that gives one. */
  readonly concurrency: Json | undefined
}

export function readDag(definition: Json): Dag {
  const call = isJsonObject(definition) ? definition['with'] : undefined
  const { tasks, after = {}, concurrency } = call !== undefined && isJsonObject(call) ? call : {}
  const list = readList(tasks, '/with/tasks', 'task')
  if (!list) throw wrong('A `nexus.dag` needs a list of tasks: `with: {tasks: [{name: task}, …]}`.')
  if (!isJsonObject(after)) throw wrong('`after` of a `nexus.dag` is written as `{name: [names]}`.')
  refuseDoubles(list)
  return { tasks: list, after: new Map(Object.entries(after).map(readAfter)), concurrency }
}

function readAfter([name, names]: [string, Json]): [string, readonly string[]] {
  const isNames = isList(names) && names.every((other) => typeof other === 'string')
  if (isNames) return [name, names]
  throw wrong(`\`after.${name}\` of a \`nexus.dag\` must be a list of task names.`)
}

function refuseDoubles(tasks: readonly Entry[]): void {
  const seen = new Set<string>()
  for (const { name } of tasks) {
    if (seen.has(name)) throw wrong(`Two tasks of a \`nexus.dag\` are named "${name}".`)
    seen.add(name)
  }
}

function wrong(detail: string): TaskFault {
  return TaskFault.of('configuration', detail)
}
