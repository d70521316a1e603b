/** Reads a `nexus.goal` call: what is wanted and within which bounds. Expressions in it are evaluated; nothing runs. */
import { isJsonObject, nearest, TaskFault, type Json, type JsonObject, type ModuleContext } from '@nexus/sdk'

export interface Goal {
  readonly goal: string
  readonly context: Json
  /** Those that are for the planner; undefined where all are kept to here. */
  readonly constraints: Json | undefined
  readonly bounds: Bounds
}

export interface Bounds {
  /** Tasks that all plans together may have. */
  readonly stepsMax: number
  /** How deep goals may stand in plans of goals. */
  readonly depth: number
  readonly retriesMax: number
  readonly replansMax: number
  /** What planning may cost; undefined without a bound. */
  readonly tokensMax: number | undefined
  readonly usdMax: number | undefined
  /** Whether a person has to agree to each plan before it runs. */
  readonly approve: boolean
  /** Whether a person is asked where nothing else helps. */
  readonly askHuman: boolean
  /** What a plan may take, as `resources.estimate` understands it. */
  readonly limits: Json | undefined
  /** What the outcome must be: an expression over it, or a JSON Schema. */
  readonly expect: Json | undefined
}

const stepsMaxUsual = 100
const depthUsual = 3

export async function readGoal(context: ModuleContext): Promise<Goal> {
  const call = isJsonObject(context.inputData) ? context.inputData['with'] : undefined
  const { expect } = constraintsIn(call)
  const given = await evaluated(context, withoutExpect(call ?? {}))
  const { goal, context: known = null, constraints = {}, max_steps: steps } = isJsonObject(given) ? given : {}
  if (typeof goal !== 'string' || goal.trim() === '')
    throw TaskFault.of('validation', 'A goal is a text that says what is wanted; this one is empty.')
  const named = isJsonObject(constraints) ? constraints : {}
  return {
    goal,
    context: known,
    constraints: forPlanner(constraints),
    bounds: boundsOf({ ...named, ...(expect !== undefined && { expect }) }, steps),
  }
}

/** What the pursuit of a goal keeps to by itself. */
const ownConstraints: ReadonlySet<string> = new Set([
  'max_steps',
  'depth',
  'max_retries',
  'max_replans',
  'budget',
  'approve',
  'ask_human',
  'limits',
  'expect',
])

function forPlanner(constraints: Json): Json | undefined {
  if (!isJsonObject(constraints)) return constraints ?? undefined
  for (const name of Object.keys(constraints)) refuseMistyped(name)
  const others = Object.entries(constraints).filter(([name]) => !ownConstraints.has(name))
  return others.length === 0 ? undefined : Object.fromEntries(others)
}

/** A bound that is mistyped would bound nothing. */
function refuseMistyped(name: string): void {
  const meant = ownConstraints.has(name) ? undefined : nearest(name, ownConstraints)
  if (meant === undefined) return
  throw TaskFault.of('validation', `There is no constraint "${name}" of a goal. Did you mean "${meant}"?`)
}

/** `expect` is an expression over the outcome, and evaluated there. */
function constraintsIn(call: Json | undefined): { expect: Json | undefined } {
  const constraints = isJsonObject(call) ? call['constraints'] : undefined
  return { expect: isJsonObject(constraints) ? constraints['expect'] : undefined }
}

function withoutExpect(call: Json): Json {
  if (!isJsonObject(call) || !isJsonObject(call['constraints'])) return call
  const { expect: _expect, ...constraints } = call['constraints']
  return { ...call, constraints }
}

function boundsOf(
  constraints: { readonly [key: string]: Json | undefined },
  steps: Json | undefined,
): Bounds {
  const budget = constraints['budget']
  const { tokens, usd } = isJsonObject(budget ?? null) ? (budget as JsonObject) : {}
  return {
    stepsMax: wholeOf(steps ?? constraints['max_steps'], 'max_steps', stepsMaxUsual),
    depth: wholeOf(constraints['depth'], 'constraints.depth', depthUsual),
    retriesMax: wholeOf(constraints['max_retries'], 'constraints.max_retries', 2),
    replansMax: wholeOf(constraints['max_replans'], 'constraints.max_replans', 2),
    tokensMax: amountOf(tokens, 'constraints.budget.tokens'),
    usdMax: amountOf(usd, 'constraints.budget.usd'),
    approve: constraints['approve'] === true,
    askHuman: constraints['ask_human'] === true,
    limits: constraints['limits'],
    expect: constraints['expect'],
  }
}

function wholeOf(value: Json | undefined, name: string, usual: number): number {
  if (value === undefined || value === null) return usual
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value
  throw TaskFault.of(
    'validation',
    `\`${name}\` of a goal is a whole number from 0, not ${JSON.stringify(value)}.`,
  )
}

function amountOf(value: Json | undefined, name: string): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && value >= 0) return value
  throw TaskFault.of('validation', `\`${name}\` is a number from 0, not ${JSON.stringify(value)}.`)
}

/** The expressions in a value, each as what it gives. */
async function evaluated(context: ModuleContext, value: Json): Promise<Json> {
  if (typeof value === 'string') return /^\$\{[\s\S]*\}$/.test(value) ? context.run.evaluate(value) : value
  if (Array.isArray(value)) return Promise.all(value.map((item: Json) => evaluated(context, item)))
  if (!isJsonObject(value)) return value
  const entries: [string, Json][] = []
  for (const [key, member] of Object.entries(value)) entries.push([key, await evaluated(context, member)])
  return Object.fromEntries(entries)
}
