/**
 * Plans as documents: how many tasks one has, which of its checks become tasks, what two of them begin with in common.
 * It reads and rewrites documents, and runs nothing.
 */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'

export interface Plan {
  /** The document that runs. */
  readonly workflow: JsonObject
  /** As the planner gave it. */
  readonly planned: JsonObject
  /** What it is estimated to take; undefined where nobody estimates. */
  readonly estimate?: JsonObject
}

type Entry = readonly [name: string, task: JsonObject]

/** Throws a `TaskFault` for what is no document. `depth`: how deep goals may stand in this plan. */
export function planOf(given: Json, depth: number): Plan {
  const planned = isJsonObject(given) ? given['workflow'] : undefined
  if (!isJsonObject(planned ?? null) || !isJsonObject(planned) || !Array.isArray(planned['do']))
    throw TaskFault.of('runtime', 'The planner gave back no workflow with a list of tasks `do`.')
  return { planned, workflow: { ...planned, do: rewritten(planned['do'] as Json[], depth) } }
}

/** All tasks, however deep they stand. */
export function countTasks(value: Json): number {
  if (Array.isArray(value))
    return value.reduce<number>(
      (sum: number, item: Json) => sum + countTasks(item) + (isEntry(item) ? 1 : 0),
      0,
    )
  if (!isJsonObject(value)) return 0
  return Object.values(value).reduce<number>((sum, member) => sum + countTasks(member), 0)
}

/** A list of tasks has maps of one key, each with an object. */
function isEntry(item: Json): boolean {
  return entryOf(item) !== undefined
}

function entryOf(item: Json): Entry | undefined {
  const entries = isJsonObject(item) ? Object.entries(item) : []
  const [entry] = entries
  return entries.length === 1 && entry && isJsonObject(entry[1]) ? [entry[0], entry[1]] : undefined
}

/** Checks that tasks say of themselves become tasks; goals within the plan are bounded. */
function rewritten(list: readonly Json[], depth: number): Json[] {
  return list.flatMap((item) => {
    const entry = entryOf(item)
    if (!entry) return [item]
    const [name, task] = entry
    const within = Array.isArray(task['do']) ? { ...task, do: rewritten(task['do'] as Json[], depth) } : task
    const bounded = boundedGoal(within, depth)
    const expect = isJsonObject(task['metadata'] ?? null)
      ? (task['metadata'] as JsonObject)['expect']
      : undefined
    if (typeof expect === 'string') return [{ [name]: bounded }, checkOf(name, expect)]
    if (isJsonObject(expect ?? null)) return [{ [name]: withSchema(bounded, expect as JsonObject) }]
    return [{ [name]: bounded }]
  })
}

function boundedGoal(task: JsonObject, depth: number): JsonObject {
  if (task['call'] !== 'nexus.goal') return task
  if (depth < 1) {
    throw TaskFault.of(
      'validation',
      'The plan asks for goals within goals, deeper than `constraints.depth` allows: does a planner plan the same goal again?',
    )
  }
  const given = isJsonObject(task['with'] ?? null) ? (task['with'] as JsonObject) : {}
  const constraints = isJsonObject(given['constraints'] ?? null) ? (given['constraints'] as JsonObject) : {}
  return { ...task, with: { ...given, constraints: { ...constraints, depth: depth - 1 } } }
}

/** Raises an error where the expression is not true of what the task before it gave. */
function checkOf(name: string, expect: string): JsonObject {
  const inner = /^\$\{([\s\S]*)\}$/.exec(expect)?.[1] ?? expect
  return {
    [`${name}_check`]: {
      if: `\${ (${inner}) | not }`,
      raise: {
        error: {
          type: 'https://open-workflow-specification.org/spec/1.0.0/errors/validation',
          status: 400,
          title: 'Check failed',
          detail: `What "${name}" gave is not as the plan expects: ${inner.trim()}`,
        },
      },
    },
  }
}

function withSchema(task: JsonObject, document: JsonObject): JsonObject {
  const output = isJsonObject(task['output'] ?? null) ? (task['output'] as JsonObject) : {}
  return { ...task, output: { schema: { format: 'json', document }, ...output } }
}

/** A plan whose task at that name in the outermost list asks another module. Undefined where there is no such call. */
export function withModule(plan: Plan, name: string, module: string): Plan | undefined {
  const change = (list: Json | undefined): Json[] | undefined => {
    if (!Array.isArray(list)) return undefined
    let changed = false
    const tasks = list.map((item: Json): Json => {
      const entry = entryOf(item)
      const call = entry?.[0] === name ? entry[1]['call'] : undefined
      if (!entry || typeof call !== 'string') return item
      changed = true
      return { [name]: { ...entry[1], call: `${module}/${call.slice(call.indexOf('/') + 1)}` } }
    })
    return changed ? tasks : undefined
  }
  const list = change(plan.workflow['do'])
  const planned = change(plan.planned['do'])
  if (!list || !planned) return undefined
  return { workflow: { ...plan.workflow, do: list }, planned: { ...plan.planned, do: planned } }
}

/**
 * Where a plan may go on with what a run of another one completed: the path of the last task that both begin with and
 * that is completed there. Undefined where they begin differently.
 */
export function sharedPath(before: Plan, next: Plan, completed: ReadonlySet<string>): string | undefined {
  const [old, list] = [before.workflow['do'], next.workflow['do']]
  if (!Array.isArray(old) || !Array.isArray(list)) return undefined
  let path: string | undefined
  for (const [index, item] of list.entries()) {
    if (JSON.stringify(item) !== JSON.stringify(old[index])) break
    const at = `/do/${index}/${entryOf(item as Json)?.[0] ?? ''}`
    if (completed.has(at)) path = at
    // A check that found nothing to complain about is skipped, and recorded as no task.
    else if (!at.endsWith('_check')) break
  }
  return path
}
