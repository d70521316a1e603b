/**
 * `resources.estimate`: what a workflow takes, from what its tasks took here. What nothing is known of has no numbers, and
 * neither has a whole with such a part; what is known is told beside it.
 */
import { isJsonObject, TaskFault, type Json, type JsonObject, type ModuleContext } from '@nexus/sdk'
import { expectedQuantile, weightOf, type Digest } from './digest.ts'
import { durationsOf, faultShareOf, noHistory, sizeClassOf, type History } from './history.ts'
import { unfit, type Limits } from './limits.ts'
import { parallelStep } from './plan/graph.ts'
import { peakCores } from './plan/cores.ts'
import { peakMemory, sumOf } from './plan/memory.ts'
import { quantileOfSorted, simulate } from './plan/simulate.ts'
import { inputSizes } from './plan/sizes.ts'
import type { PlanRead, Step, TaskStep } from './plan/step.ts'

export interface EstimateRequest {
  readonly plan: PlanRead
  readonly graph: Json
  readonly slots: number
  /** How large the input of the workflow is, as JSON. */
  readonly inputBytes: number | undefined
  readonly limits: Limits
  /** Samples that made no sense. */
  readonly ignored: number
  readonly histories: ReadonlyMap<string, History>
  /** What passes between a task and the next. */
  readonly gapMs: number
  readonly requirements: ReadonlyMap<string, Requirement>
}

/** What the manifest of the module that serves a capability asks for. */
export interface Requirement {
  readonly module: string
  readonly memoryMb: number | undefined
  readonly cpuCores: number
  /** Whether what it gives says what it cost. */
  readonly hasPrice: boolean
}

interface Known {
  /** Its expected quantiles at even steps; undefined where nothing is known. */
  readonly table: Float64Array | undefined
  readonly p50: number | undefined
  readonly p90: number | undefined
  /** Null where it has a price that is not known. */
  readonly costUsd: number | null
  readonly samples: number
}

interface Span {
  readonly p50: number
  readonly p90: number
}

const seed = 20_260_101
const tableSteps = 512

export async function estimate(request: EstimateRequest, context: ModuleContext): Promise<JsonObject> {
  const { root, tasks, assumptions } = request.plan
  const knowledge = new Knowledge(request)
  const spanOf = async (step: Step): Promise<Span> => {
    const times = await simulate(step, {
      slots: request.slots,
      seed,
      draw: (task, chance) => request.gapMs + (task.ms ?? drawn(knowledge.of(task).table, chance)),
      faults: (task) => (task.ms === undefined ? faultShareOf(request.histories.get(task.capability)) : 0),
      pause: async () => {
        await context.clock.sleep(0, context.signal)
      },
    })
    return { p50: rounded(quantileOfSorted(times, 0.5)), p90: rounded(quantileOfSorted(times, 0.9)) }
  }
  const known = await spanOf(root)
  const unknown = tasks.filter((task) => task.ms === undefined && knowledge.of(task).p50 === undefined)
  const times = timesOf(root)
  const told = tasks.map((task) => taskToJson(task, knowledge.of(task), times[task.index] ?? 1, request))
  const makespan = unknown.length === 0 ? { ...known } : { p50: null, p90: null }
  const total = totalOf(root, told, makespan, request)
  const parallel = parallelStep(root, request.graph)
  const reasons = unfit(request.limits, { ...total, known, unpriced: unpricedIn(told) })
  return {
    tasks: told,
    total,
    makespan_ms: makespan,
    ...(unknown.length > 0 && {
      known_ms: { ...known },
      unknown: [...new Set(unknown.map(({ name }) => name))].slice(0, 50),
    }),
    ...(parallel && unknown.length === 0 && { parallel_ms: { ...(await spanOf(parallel)) } }),
    assumptions: [...assumptions],
    ...(request.ignored > 0 && { samples_ignored: request.ignored }),
    fits: reasons.length === 0,
    ...(reasons.length > 0 && { reasons }),
  }
}

function unpricedIn(tasks: readonly JsonObject[]): readonly string[] {
  const names = tasks
    .filter(({ cost_usd: cost }) => cost === null)
    .flatMap(({ capability }) => (typeof capability === 'string' ? [capability] : []))
  return [...new Set(names)].slice(0, 10)
}

/** What is known of tasks of the same capability and size of input is worked out once. */
class Knowledge {
  readonly #histories: ReadonlyMap<string, History>
  readonly #requirements: EstimateRequest['requirements']
  readonly #sizes: readonly (number | undefined)[]
  readonly #known = new Map<string, Known>()

  constructor({ histories, plan, inputBytes, requirements }: EstimateRequest) {
    this.#histories = histories
    this.#requirements = requirements
    this.#sizes = inputSizes(plan.root, inputBytes, ({ capability }) => {
      const outputs = histories.get(capability)?.outputs
      return outputs && weightOf(outputs) > 0 ? expectedQuantile(outputs, 0.5) : undefined
    })
  }

  of({ capability, index }: TaskStep): Known {
    const inputBytes = this.#sizes[index]
    const key = `${inputBytes === undefined ? '' : sizeClassOf(inputBytes)} ${capability}`
    const found = this.#known.get(key)
    if (found) return found
    const history = this.#histories.get(capability) ?? noHistory
    const hasPrice = this.#requirements.get(capability)?.hasPrice === true
    const known = knownFrom(durationsOf(history, inputBytes), history, hasPrice)
    this.#known.set(key, known)
    return known
  }
}

function knownFrom(digest: Digest | undefined, { costs, unpriced }: History, hasPrice: boolean): Known {
  const usual = weightOf(costs) === 0 ? undefined : expectedQuantile(costs, 0.5)
  // A model whose price nobody knows does not cost nothing.
  const costUsd = usual ?? (hasPrice || unpriced > 0 ? null : 0)
  if (!digest) return { table: undefined, p50: undefined, p90: undefined, costUsd, samples: 0 }
  const table = Float64Array.from({ length: tableSteps + 1 }, (_, step) =>
    expectedQuantile(digest, step / tableSteps),
  )
  return {
    table,
    p50: rounded(expectedQuantile(digest, 0.5)),
    p90: rounded(expectedQuantile(digest, 0.9)),
    costUsd,
    samples: Math.round(weightOf(digest)),
  }
}

function drawn(table: Float64Array | undefined, chance: number): number {
  if (!table) return 0
  const at = chance * tableSteps
  const step = Math.floor(at)
  const from = table[step] ?? 0
  return from + ((table[step + 1] ?? from) - from) * (at - step)
}

function taskToJson(
  task: TaskStep,
  known: Known,
  times: number,
  { requirements }: EstimateRequest,
): JsonObject {
  const need = requirements.get(task.capability)
  const p50 = task.ms ?? known.p50
  return {
    name: task.name,
    pointer: task.pointer,
    capability: task.capability,
    times,
    duration_ms: { p50: p50 ?? null, p90: task.ms ?? known.p90 ?? null },
    memory_mb: need?.memoryMb ?? null,
    cpu_ms: p50 === undefined || task.ms !== undefined ? null : rounded(p50 * (need?.cpuCores ?? 1)),
    cost_usd: known.costUsd,
    basis: basisOf(task, known, need),
    samples: known.samples,
  }
}

function basisOf(task: TaskStep, known: Known, need: Requirement | undefined): string {
  if (task.ms !== undefined) return 'definition'
  if (known.samples > 0) return 'history'
  return need?.memoryMb === undefined ? 'none' : 'manifest'
}

/** How often each task runs, by its index; of ways and of what handles a fault, as if all were taken. */
function timesOf(root: Step): number[] {
  const times: number[] = []
  const walk = (step: Step, often: number): void => {
    if (step.kind === 'task') times[step.index] = often
    else if (step.kind === 'repeat') walk(step.of, often * step.times)
    else if (step.kind === 'caught') {
      walk(step.of, often)
      walk(step.handling, often)
    } else for (const each of step.of) walk(each, often)
  }
  walk(root, 1)
  return times
}

export interface Total {
  readonly duration_ms: { readonly p50: number | null; readonly p90: number | null }
  readonly memory_mb: number
  readonly cpu_ms: number
  readonly cost_usd: number | null
  readonly basis: string
  readonly samples: number
}

function totalOf(
  root: Step,
  tasks: readonly JsonObject[],
  duration: Total['duration_ms'],
  { requirements, plan: { tasks: leaves } }: EstimateRequest,
): Total & JsonObject {
  const sum = (key: string): number =>
    tasks.reduce((total, task) => total + Number(task[key] ?? 0) * Number(task['times']), 0)
  const memory = peakMemory(root, ({ capability }) => {
    const need = requirements.get(capability)
    return need?.memoryMb === undefined ? undefined : { module: need.module, memoryMb: need.memoryMb }
  })
  const unsaid = [
    ...new Set(leaves.filter(({ ms }) => ms === undefined).map(({ capability }) => capability)),
  ].filter((capability) => requirements.get(capability)?.memoryMb === undefined)
  const bases = new Set(tasks.map(({ basis }) => basis))
  return {
    duration_ms: duration,
    memory_mb: sumOf(memory),
    ...(unsaid.length > 0 && { memory_unknown: unsaid.slice(0, 10) }),
    needs: {
      memory_mb: Object.fromEntries(memory),
      cpu_cores: peakCores(root, ({ capability }) => requirements.get(capability)?.cpuCores ?? 0),
    },
    cpu_ms: rounded(sum('cpu_ms')),
    cost_usd: tasks.some(({ cost_usd: cost }) => cost === null)
      ? null
      : Number(sum('cost_usd').toPrecision(6)),
    basis: ['none', 'manifest', 'history'].find((basis) => bases.has(basis)) ?? 'none',
    samples: Math.max(0, ...new Set(tasks.map(({ samples }) => Number(samples)))),
  }
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10
}

/** Reads what `resources.estimate` is given, but for what has to be asked for. */
export function readRequest(input: Json): Pick<EstimateRequest, 'graph' | 'slots' | 'inputBytes'> & {
  readonly workflow: Json
  readonly samples: readonly Json[] | undefined
} {
  const {
    workflow = null,
    graph = null,
    slots,
    samples,
    input_bytes: inputBytes,
  } = isJsonObject(input) ? input : {}
  if (!isJsonObject(workflow))
    throw TaskFault.of('validation', '`workflow` of resources.estimate is a workflow document.')
  if (slots !== undefined && slots !== null && (typeof slots !== 'number' || !(slots >= 1)))
    throw TaskFault.of('validation', '`slots` of resources.estimate is a number from 1.')
  if (samples !== undefined && samples !== null && !Array.isArray(samples))
    throw TaskFault.of('validation', '`samples` of resources.estimate is a list.')
  return {
    workflow,
    graph,
    slots: typeof slots === 'number' ? Math.floor(slots) : Infinity,
    inputBytes: typeof inputBytes === 'number' && inputBytes >= 0 ? inputBytes : undefined,
    samples: Array.isArray(samples) ? (samples as readonly Json[]) : undefined,
  }
}
