/**
 * Reads a workflow document into steps. It evaluates no expression: where one decides how often something runs, it says what
 * it takes for granted. What stands behind an `if` counts as if it ran.
 */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { retryOf } from './retry.ts'
import { durationMs } from './duration.ts'
import { waysThrough } from './ways.ts'
import type { PlanRead, Step, TaskStep } from './step.ts'

export const tasksMax = 50_000
const depthMax = 200
const assumptionsMax = 20

/** Throws a `TaskFault` of type validation for what is no workflow. */
export function readPlan(workflow: Json, itemsAssumed: number): PlanRead {
  const { do: list, use } = isJsonObject(workflow) ? workflow : {}
  if (!Array.isArray(list)) throw wrong('`workflow` has no list of tasks `do`.')
  const reader = new Reader(itemsAssumed, isJsonObject(use) ? use['retries'] : undefined)
  return { root: reader.list(list, '/do', 0), tasks: reader.tasks, assumptions: [...reader.assumptions] }
}

class Reader {
  readonly tasks: TaskStep[] = []
  readonly assumptions = new Set<string>()
  readonly #itemsAssumed: number
  readonly #retries: Json | undefined

  constructor(itemsAssumed: number, retries: Json | undefined) {
    this.#itemsAssumed = itemsAssumed
    this.#retries = retries
  }

  list(list: Json | undefined, pointer: string, depth: number): Step {
    const of = this.#each(list, pointer, depth)
    const { next, back } = waysThrough(entriesOf(list, pointer))
    for (const [from, to] of back) this.#assume(`"${from}" goes back to "${to}", which counts once.`)
    return next ? { kind: 'path', of, next } : { kind: 'sequence', of }
  }

  #each(list: Json | undefined, pointer: string, depth: number): Step[] {
    if (depth > depthMax)
      throw wrong(`Tasks stand in tasks deeper than ${depthMax} levels at ${pointer.slice(0, 200)}…`)
    return entriesOf(list, pointer).map(([name, task], index) =>
      this.#task(name, task, `${pointer}/${index}/${escaped(name)}`, depth + 1),
    )
  }

  #task(name: string, task: JsonObject, pointer: string, depth: number): Step {
    const { for: loop, do: inner, fork, try: tried, wait, call } = task
    if (loop !== undefined) return this.#loop(name, loop, this.list(inner, `${pointer}/do`, depth))
    if (inner !== undefined) return this.list(inner, `${pointer}/do`, depth)
    if (tried !== undefined) return this.#try(task, pointer, depth)
    if (isJsonObject(fork)) return this.#fork(fork, `${pointer}/fork/branches`, depth)
    if (wait !== undefined) return this.#leaf([name, task], pointer, 'wait', durationMs(wait))
    for (const kind of instant)
      if (task[kind] !== undefined) return this.#leaf([name, task], pointer, kind, 0)
    const given = task['with'] ?? null
    if (call === 'nexus.dag' && isJsonObject(given)) return this.#dag(given, `${pointer}/with/tasks`, depth)
    if (call === 'nexus.map' && isJsonObject(given))
      return this.#map(name, given, `${pointer}/with/do`, depth)
    return this.#leaf([name, task], pointer, capabilityOf(task))
  }

  #leaf([name, task]: readonly [string, JsonObject], pointer: string, capability: string, ms?: number): Step {
    if (this.tasks.length >= tasksMax)
      throw wrong(`The workflow has more than ${tasksMax} tasks, which is more than is estimated.`)
    const changes = { changesInput: task['input'] !== undefined, changesOutput: task['output'] !== undefined }
    const step: TaskStep = {
      kind: 'task',
      index: this.tasks.length,
      name,
      pointer,
      capability,
      ...changes,
      ms,
    }
    this.tasks.push(step)
    return step
  }

  #try({ try: tried, catch: caught }: JsonObject, pointer: string, depth: number): Step {
    const of = this.list(tried, `${pointer}/try`, depth)
    const { retry, do: handling } = isJsonObject(caught) ? caught : {}
    const none: Step = { kind: 'sequence', of: [] }
    const handles = handling === undefined ? none : this.list(handling, `${pointer}/catch/do`, depth)
    return { kind: 'caught', of, handling: handles, ...retryOf(retry, this.#retries) }
  }

  #loop(name: string, loop: Json, of: Step): Step {
    const items = isJsonObject(loop) ? loop['in'] : undefined
    return { kind: 'repeat', of, times: this.#count(name, items), concurrency: 1 }
  }

  #fork(fork: JsonObject, pointer: string, depth: number): Step {
    const of = this.#each(fork['branches'], pointer, depth)
    return {
      kind: 'parallel',
      of,
      after: of.map(() => []),
      concurrency: Infinity,
      compete: fork['compete'] === true,
    }
  }

  #dag(given: JsonObject, pointer: string, depth: number): Step {
    const entries = entriesOf(given['tasks'], pointer)
    const places = new Map(entries.map(([name], index) => [name, index]))
    const explicit = isJsonObject(given['after']) ? given['after'] : {}
    const after = entries.map(([name, task], own) => {
      const said = explicit[name]
      const names = Array.isArray(said) ? (said as Json[]).map(String) : mentionsIn(task)
      return [...new Set(names)]
        .map((each) => places.get(each))
        .filter((at) => at !== undefined && at !== own) as number[]
    })
    const of = this.#each(given['tasks'], pointer, depth)
    return { kind: 'parallel', of, after, concurrency: concurrencyOf(given), compete: false }
  }

  #map(name: string, given: JsonObject, pointer: string, depth: number): Step {
    const of = this.list(given['do'], pointer, depth)
    return { kind: 'repeat', of, times: this.#count(name, given['in']), concurrency: concurrencyOf(given) }
  }

  /** How many items: those that are written down, or as many as are taken for granted. */
  #count(name: string, items: Json | undefined): number {
    if (Array.isArray(items)) return items.length
    const [, inner] = typeof items === 'string' ? (/^\$\{\s*(\[[\s\S]*\])\s*\}$/.exec(items) ?? []) : []
    try {
      const list: unknown = JSON.parse(inner ?? '')
      if (Array.isArray(list)) return list.length
    } catch {
      // No list that is written down: how many there are shows when it runs.
    }
    this.#assume(`"${name.slice(0, 100)}" goes over ${this.#itemsAssumed} items.`)
    return this.#itemsAssumed
  }

  #assume(sentence: string): void {
    if (this.assumptions.size < assumptionsMax) this.assumptions.add(sentence)
  }
}

/** They take no time to speak of. */
const instant = ['set', 'switch', 'raise', 'emit'] as const

/** As it is asked for, without the module that it is asked of. */
function capabilityOf({ call, run, listen }: JsonObject): string {
  if (typeof call === 'string') return call.slice(call.indexOf('/') + 1)
  const [kind] = (isJsonObject(run) ? Object.entries(run) : []).find(([, value]) => isJsonObject(value)) ?? []
  if (kind !== undefined) return `run.${kind}`
  return listen === undefined ? 'unknown' : 'listen'
}

function entriesOf(list: Json | undefined, pointer: string): [string, JsonObject][] {
  if (!Array.isArray(list)) throw wrong(`There is no list of tasks at ${pointer.slice(0, 200)}.`)
  return (list as Json[]).map((item, index) => {
    const [entry] = isJsonObject(item) ? Object.entries(item) : []
    if (entry && isJsonObject(entry[1])) return [entry[0], entry[1]]
    throw wrong(`There is no task at ${pointer.slice(0, 200)}/${index}: a task is a name with an object.`)
  })
}

/** As JSON pointers have it (RFC 6901). */
function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

function concurrencyOf({ concurrency }: JsonObject): number {
  return typeof concurrency === 'number' && concurrency >= 1 ? Math.floor(concurrency) : Infinity
}

function mentionsIn(task: JsonObject): string[] {
  const mention = /\$tasks\s*(?:\.\s*([A-Za-z_]\w*)|\.?\s*\[\s*\\"([^"\\]+)\\"\s*\]|\.\s*\\"([^"\\]+)\\")/g
  return [...JSON.stringify(task).matchAll(mention)].map(
    ([, plain, bracket, quoted]) => plain ?? bracket ?? quoted ?? '',
  )
}

function wrong(detail: string): TaskFault {
  return TaskFault.of('validation', detail)
}
