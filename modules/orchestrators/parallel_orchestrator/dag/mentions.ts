/** Which of the tasks beside it a task's definition mentions, as `$tasks.NAME` or `$tasks["NAME"]`. Pure. */
import { isJsonObject, type Json } from '@nexus/sdk'

const mention = /\$tasks\s*(?:\.\s*([A-Za-z_]\w*)|\.?\s*\[\s*"([^"\\]+)"\s*\]|\.\s*"([^"\\]+)")/g

/** Looks into every text of the definition. Each name once, in the order in which they are found. */
export function mentionsIn(task: Json): ReadonlySet<string> {
  const names = new Set<string>()
  collect(task, names)
  return names
}

function collect(value: Json, names: Set<string>): void {
  if (typeof value === 'string') return collectText(value, names)
  if (typeof value !== 'object' || value === null) return
  const isInnerDag = isJsonObject(value) && value['call'] === 'nexus.dag'
  for (const [key, member] of Object.entries(value)) {
    collect(isInnerDag && key === 'with' ? withoutTasks(member) : member, names)
  }
}

/** Inside a `nexus.dag` of its own, `$tasks` means the tasks of that one. */
function withoutTasks(call: Json): Json {
  if (!isJsonObject(call)) return call
  const { tasks: _tasks, ...around } = call
  return around
}

function collectText(text: string, names: Set<string>): void {
  if (!text.includes('$tasks')) return
  for (const [, bare, indexed, quoted] of text.matchAll(mention)) names.add(bare ?? indexed ?? quoted ?? '')
}
