/**
 * A plan as it grows: the tasks of the document, what each step needs, what was assumed. It owns the names of tasks and
 * how values get from one to the next: through `$context` where tasks come one after the other, and through each task's
 * own input (`$input`) where lists run side by side.
 */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import type { Catalogue } from '../catalogue.ts'
import { Refusal, type Span } from '../refusal.ts'
import { defined } from './definitions.ts'
import type { Limits } from './limits.ts'
import { inExpression, type Value } from './values.ts'

export interface Need {
  readonly step: string
  readonly network?: string
  readonly read?: string
  readonly write?: string
  readonly run?: string
}

export interface Step {
  readonly task: string
  readonly words: string
  readonly capability: string
}

export interface NewTask {
  /** What its name begins with. */
  readonly name: string
  readonly capability: string
  readonly definition: JsonObject
  /** jq over what it gives: what the value of the step is. */
  readonly as?: string
  readonly needs?: readonly Omit<Need, 'step'>[]
  /** It may reach whatever it likes: a command, a script, a capability that is called by its name. */
  readonly isOpen?: boolean
}

export type TaskList = Record<string, JsonObject>[]

interface Scope {
  readonly kind: 'shared' | 'own'
  readonly tasks: TaskList
  last: string | undefined
}

export class Plan {
  readonly goal: string
  readonly catalogue: Catalogue
  readonly steps: Step[] = []
  readonly needs: Need[] = []
  readonly assumptions: string[] = []
  readonly flat: { id: string; type: string; input: Json }[] = []
  readonly #names = new Set<string>()
  readonly #superseded = new Set<string>()
  readonly #limits: Limits
  #scope: Scope = { kind: 'shared', tasks: [], last: undefined }
  /** The words that are being planned. */
  span: Span = { start: 0, end: 0 }

  constructor(goal: string, catalogue: Catalogue, limits: Limits) {
    this.goal = goal
    this.catalogue = catalogue
    this.#limits = limits
  }

  get tasks(): TaskList {
    return this.#scope.tasks
  }

  get isShared(): boolean {
    return this.#scope.kind === 'shared'
  }

  assume(text: string): void {
    if (!this.assumptions.includes(text)) this.assumptions.push(text)
  }

  /** Throws `Refusal` where nobody provides the capability. */
  require(capability: string): void {
    if (this.#limits.without.includes(capability))
      throw new Refusal(`This needs the capability \`${capability}\`, which the constraints rule out.`, [
        this.span,
      ])
    if (this.catalogue.has(capability)) return
    const near = this.catalogue.nearest(capability)
    throw new Refusal(
      `This needs the capability \`${capability}\`, which is not installed.`,
      [this.span],
      near && `\`${near}\``,
    )
  }

  /** Adds a step, and gives the expression that finds its value. */
  add(task: NewTask): string {
    this.require(task.capability)
    const name = this.nameFor(task.name)
    this.#note(name, task)
    const { definition, as } = task
    const value = as === undefined ? '.' : defined(as)
    this.tasks.push({ [name]: { ...definition, ...this.#kept(name, value, as !== undefined) } })
    this.#scope.last = name
    return this.isShared ? `$context.${name}` : `$input.${name}`
  }

  #kept(name: string, value: string, isChanged: boolean): JsonObject {
    if (!this.isShared)
      return { output: { as: inExpression(`(${value}) as $value | $input + {${name}: $value}`) } }
    return {
      ...(isChanged && { output: { as: inExpression(value) } }),
      export: { as: inExpression(`$context + {${name}: .}`) },
    }
  }

  /** What a step gives is asked for in another way by a later one; it goes where nothing else uses it. */
  supersede(expression: string): void {
    const name = /^\$(?:context|input)\.(\w+)$/.exec(expression)?.[1]
    if (name !== undefined) this.#superseded.add(name)
  }

  /** Takes out what was superseded and is used nowhere, in the tasks or in the output of the plan. */
  prune(output: string): void {
    for (const name of this.#superseded) {
      const without = withoutTask(this.tasks, name)
      if (new RegExp(`\\b${name}\\b`).test(JSON.stringify([without, output]))) continue
      this.tasks.splice(0, this.tasks.length, ...without)
      for (const list of [this.steps, this.needs, this.flat]) removeOf(list, name)
    }
  }

  /** Adds a task that holds others, or that gives nothing that is used. */
  addPlain(task: NewTask): string {
    this.require(task.capability)
    const name = this.nameFor(task.name)
    this.#note(name, task)
    this.tasks.push({ [name]: task.definition })
    return name
  }

  #note(name: string, { capability, definition, needs = [], isOpen = false }: NewTask): void {
    const isReached = isOpen || needs.some(({ network }) => network !== undefined)
    if (!this.#limits.network && isReached)
      throw new Refusal(
        `This ${isOpen ? 'may reach' : 'reaches'} the network, which the goal or its constraints rule out.`,
        [this.span],
      )
    this.steps.push({ task: name, words: this.goal.slice(this.span.start, this.span.end), capability })
    this.needs.push(...needs.map((need) => ({ step: name, ...need })))
    this.flat.push({ id: name, type: capability, input: inputOf(definition) })
    const { stepsMax } = this.#limits
    if (this.steps.length - this.#superseded.size > stepsMax)
      throw new Refusal(`The plan would have more than ${stepsMax} steps (max_steps). Say less at once.`, [
        this.span,
      ])
  }

  /** `read_sales`, `read_sales_2`…, none twice in a document. */
  nameFor(wanted: string): string {
    const base =
      wanted
        .toLowerCase()
        .replaceAll(/[^a-z0-9]+/g, '_')
        .replaceAll(/^_+|_+$/g, '')
        .slice(0, 40) || 'step'
    const plain = /^[a-z]/.test(base) ? base : `step_${base}`
    let name = plain
    for (let count = 2; this.#names.has(name); count++) name = `${plain}_${count}`
    this.#names.add(name)
    return name
  }

  /** What `work` adds becomes a list of its own: in order, or one that runs beside others. */
  inside<Result>(kind: 'same' | 'own', work: () => Result): { tasks: TaskList; result: Result } {
    const outer = this.#scope
    this.#scope = { kind: kind === 'same' ? outer.kind : 'own', tasks: [], last: undefined }
    try {
      const result = work()
      return { tasks: this.#scope.tasks, result }
    } finally {
      this.#scope = outer
    }
  }

  /** In a list that runs beside others: its value becomes its output. */
  giveBack(value: Value | undefined): void {
    const name = this.nameFor('result')
    this.tasks.push({ [name]: { set: inExpression(defined(value?.expression ?? 'null')) } })
  }

  /** What must stand beside a task whose lists run side by side: they begin with no values of their own. */
  get freshInput(): JsonObject {
    return this.isShared ? { input: { from: inExpression('{}') } } : {}
  }
}

function inputOf(definition: JsonObject): Json {
  const { with: given, run, set, wait, raise } = definition
  return given ?? run ?? set ?? wait ?? raise ?? null
}

/** The list without the task, wherever in it that stands. */
function withoutTask(list: TaskList, name: string): TaskList {
  const isTask = (value: Json): boolean =>
    isJsonObject(value) && Object.keys(value).length === 1 && Object.keys(value)[0] === name
  const cleaned = (value: Json): Json => {
    if (Array.isArray(value)) return value.filter((item: Json) => !isTask(item)).map(cleaned)
    if (!isJsonObject(value)) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cleaned(inner)]))
  }
  return list
    .filter((task) => !isTask(task))
    .map((task) =>
      Object.fromEntries(Object.entries(task).map(([key, inner]) => [key, asObject(cleaned(inner))])),
    )
}

function asObject(value: Json): JsonObject {
  return isJsonObject(value) ? value : {}
}

function removeOf(
  list: { readonly task?: string; readonly step?: string; readonly id?: string }[],
  name: string,
): void {
  for (let at = list.length - 1; at >= 0; at--) {
    const { task, step, id } = list[at] ?? {}
    if ([task, step, id].includes(name)) list.splice(at, 1)
  }
}
