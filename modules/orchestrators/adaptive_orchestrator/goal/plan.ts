/**
 * Plans as documents: what a planner gave, made ready to run within the bounds of its goal; the same with another module
 * for a task; what two of them begin with in common. It reads and rewrites documents, and runs nothing.
 */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { checkOf, withCheck } from './checks.ts'
import { listOf, memberOf, objectOf, textOf } from './json.ts'
import { entryOf, mapTasks } from './lists.ts'

export interface Plan {
  /** The document that runs. */
  readonly workflow: JsonObject
  /** As the planner gave it. */
  readonly planned: JsonObject
  /** What it is estimated to take; undefined where nobody estimates. */
  readonly estimate?: JsonObject
}

/** What goals within a plan may take, together. */
export interface Left {
  /** How deep goals may stand in this plan. */
  readonly depth: number
  /** Tasks. */
  readonly steps: number
  readonly tokens: number
  readonly usd: number
}

/** Throws a `TaskFault` for what is no document, and for goals within goals that are too deep. */
export function planOf(planned: JsonObject, left: Left): Plan {
  return { planned, workflow: withChecks(withBoundedGoals(planned, left)) }
}

/** Throws a `TaskFault` for an answer without a document. */
export function documentIn(answer: Json): JsonObject {
  const planned = memberOf(answer, 'workflow')
  if (isJsonObject(planned) && Array.isArray(planned['do'])) return planned
  throw TaskFault.of('runtime', 'The planner gave back no workflow with a list of tasks `do`.')
}

function withChecks(workflow: JsonObject): JsonObject {
  const taken = new Set<string>()
  const list = listOf(workflow['do'])
  mapTasks(list, ([name]) => (taken.add(name), []))
  return { ...workflow, do: mapTasks(list, (entry, inARow) => withCheck(entry, inARow, taken)) }
}

/**
 * Goals within a plan, wherever they stand in its document, share what is left of the goal's own bounds: each plans and
 * runs with its part, so that goals that plan goals come to an end.
 */
function withBoundedGoals(workflow: JsonObject, left: Left): JsonObject {
  const amount = countGoals(workflow)
  if (amount === 0) return workflow
  if (left.depth < 1) {
    throw TaskFault.of(
      'validation',
      'The plan asks for goals within goals, deeper than `constraints.depth` allows: does a planner plan the same goal again?',
    )
  }
  const part: Left = {
    depth: left.depth - 1,
    steps: Math.floor(left.steps / amount),
    tokens: Math.floor(left.tokens / amount),
    usd: left.usd / amount,
  }
  return objectOf(mapGoals(workflow, (goal) => boundedGoal(goal, part)))
}

function countGoals(value: Json): number {
  let count = 0
  mapGoals(value, (goal) => (count++, goal))
  return count
}

function mapGoals(value: Json, change: (goal: JsonObject) => JsonObject): Json {
  if (Array.isArray(value)) return listOf(value).map((item) => mapGoals(item, change))
  if (!isJsonObject(value)) return value
  const members = Object.entries(value).map(([key, member]) => [key, mapGoals(member ?? null, change)])
  const mapped = objectOf(Object.fromEntries(members) as JsonObject)
  return isGoal(value) ? change(mapped) : mapped
}

/** Also one that is asked of a module by its name. */
function isGoal({ call }: JsonObject): boolean {
  return /(?:^|\/)nexus\.goal$/.test(textOf(call))
}

function boundedGoal(task: JsonObject, part: Left): JsonObject {
  const given = objectOf(task['with'])
  const constraints = objectOf(given['constraints'])
  const { tokens, usd } = objectOf(constraints['budget'])
  const budget = {
    ...objectOf(constraints['budget']),
    ...bounded('tokens', tokens, part.tokens),
    ...bounded('usd', usd, part.usd),
  }
  const steps = given['max_steps'] ?? constraints['max_steps']
  return {
    ...task,
    with: {
      ...given,
      max_steps: typeof steps === 'number' ? Math.min(steps, part.steps) : part.steps,
      constraints: {
        ...constraints,
        depth: part.depth,
        ...(Object.keys(budget).length > 0 && { budget }),
      },
    },
  }
}

function bounded(key: string, asked: Json | undefined, most: number): JsonObject {
  if (most === Infinity) return {}
  return { [key]: typeof asked === 'number' ? Math.min(asked, most) : most }
}

/** A plan whose task at that name in the outermost list asks another module. Undefined where there is no such call. */
export function withModule(plan: Plan, name: string, module: string): Plan | undefined {
  const change = (list: Json | undefined): Json[] | undefined => {
    let changed = false
    const tasks = listOf(list).map((item): Json => {
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
  return { ...plan, workflow: { ...plan.workflow, do: list }, planned: { ...plan.planned, do: planned } }
}

/** The task at that name in the outermost list. */
export function taskNamed({ planned }: Plan, name: string): JsonObject | undefined {
  return listOf(planned['do'])
    .map(entryOf)
    .find((entry) => entry?.[0] === name)?.[1]
}

/**
 * Where a plan may go on with what a run of another one completed: the path of the last task that both begin with and
 * that is completed there. Undefined where they begin differently.
 */
export function sharedPath(before: Plan, next: Plan, completed: ReadonlySet<string>): string | undefined {
  const old = listOf(before.workflow['do'])
  let path: string | undefined
  for (const [index, item] of listOf(next.workflow['do']).entries()) {
    if (JSON.stringify(item) !== JSON.stringify(old[index])) break
    const [name = '', task = {}] = entryOf(item) ?? []
    const at = `/do/${index}/${escaped(name)}`
    if (completed.has(at)) path = at
    // A check that found nothing to complain about is skipped, and recorded as no task.
    else if (memberOf(task['metadata'], checkOf) === undefined) break
  }
  return path
}

/** As paths have it (RFC 6901). */
function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
