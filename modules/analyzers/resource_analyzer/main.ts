/**
 * `resources.estimate` says what a workflow takes, `resources.observe` compares that with what a run of it took, and
 * `resources.calibration` tells how good the estimates are. It learns from the tasks of this installation alone.
 */
import {
  AnalyzerModule,
  isJsonObject,
  TaskFault,
  type Json,
  type JsonObject,
  type ModuleContext,
} from '@nexus/sdk'
import { calibrationOf, calibrationToJson, sharesOf, withRun } from './calibration.ts'
import { expectedQuantile, weightOf, type Digest } from './digest.ts'
import { estimate, readRequest, type Requirement } from './estimate.ts'
import {
  noHistory,
  readHistory,
  readSamples,
  withSamples,
  writeHistory,
  type History,
  type Sample,
} from './history.ts'
import { readLimits } from './limits.ts'
import { observe } from './observe.ts'
import { readPlan } from './plan/read.ts'
import type { PlanRead } from './plan/step.ts'

/** Samples that are asked for at a time, and how often that is done for one estimate. */
const samplesMax = 2_000
const pagesMax = 50
const upToKey = 'up_to'
const calibrationKey = 'calibration'

export class Module extends AnalyzerModule {
  /** What reads and then writes the state does so one after the other. */
  #turn: Promise<unknown> = Promise.resolve()

  async analyze(context: ModuleContext): Promise<Json> {
    const { kind } = context.metadata
    const task = kind.slice(kind.indexOf('/') + 1)
    if (task === 'resources.estimate') return this.#estimate(context)
    if (task === 'resources.observe') return this.#observe(context)
    if (task === 'resources.calibration')
      return sharesOf(calibrationOf(await context.state.get(calibrationKey)))
    throw TaskFault.of('configuration', `resource_analyzer does not do "${kind}".`)
  }

  async #estimate(context: ModuleContext): Promise<Json> {
    const { workflow, samples: given, ...request } = readRequest(context.inputData)
    const limits = readLimits(isJsonObject(context.inputData) ? context.inputData['limits'] : undefined)
    const plan = readPlan(workflow, Number(context.config['items_assumed'] ?? 10))
    const requirements = await requirementsOf(context)
    const { histories, ignored } = given ? historiesOf(given) : await this.#learn(plan, context)
    const gapMs = medianOf(calibrationOf(await context.state.get(calibrationKey)).gaps)
    return estimate({ ...request, plan, limits, histories, ignored, gapMs, requirements }, context)
  }

  /** Takes in what ended since the last time; gives what is known of the capabilities of the plan. */
  #learn({ tasks }: PlanRead, context: ModuleContext): Promise<Histories> {
    return this.#alone(async () => {
      let ignored = 0
      for (let page = 0; page < pagesMax; page++) {
        const taken = await this.#takeIn(context)
        ignored += taken.ignored
        if (taken.amount < samplesMax) break
      }
      const histories = new Map<string, History>()
      for (const capability of new Set(tasks.map((task) => task.capability)))
        histories.set(capability, await readHistory(context.state, capability))
      return { histories, ignored }
    })
  }

  /** Until where it read is written last: what a crash leaves undone before that is read again, and counted once. */
  async #takeIn(context: ModuleContext): Promise<{ readonly amount: number; readonly ignored: number }> {
    const { state } = context
    const upTo = await state.get(upToKey)
    const answer = await context.call('task_manager.samples', {
      limit: samplesMax,
      ...(typeof upTo === 'number' && { after: upTo }),
    })
    const { samples: list, last } = isJsonObject(answer) ? answer : {}
    const given = Array.isArray(list) ? (list as Json[]) : []
    const { samples, ignored } = readSamples(given)
    for (const [capability, group] of Map.groupBy(samples, (sample) => sample.capability)) {
      const before = await readHistory(state, capability)
      const after = withSamples(before, group)
      if (after.upTo !== before.upTo) await writeHistory(state, capability, after)
    }
    if (typeof last === 'number' && last !== upTo) await state.set(upToKey, last)
    // The first time the newest are taken, and those before them left.
    return { amount: typeof upTo === 'number' ? given.length : 0, ignored }
  }

  async #observe(context: ModuleContext): Promise<Json> {
    const { estimate: estimated, run } = isJsonObject(context.inputData) ? context.inputData : {}
    if (!isJsonObject(estimated) || typeof run !== 'string' || run === '')
      throw TaskFault.of(
        'validation',
        'resources.observe takes an `estimate` of resources.estimate and the id of a `run`.',
      )
    const record = await context.call('task_manager.run', { id: run, values: false })
    if (!isJsonObject(record) || record['status'] !== 'completed')
      return { observed: false, reason: 'The run did not complete.' }
    return this.#alone(async () => {
      const before = calibrationOf(await context.state.get(calibrationKey))
      if (before.observed.includes(run)) return { observed: false, reason: 'The run was counted already.' }
      const observed = observe(estimated, record)
      const { whole, tasks } = observed
      await context.state.set(calibrationKey, calibrationToJson(withRun(before, run, observed)))
      return { observed: true, tasks: tasks.length, ...(whole && verdictOn(whole)) }
    })
  }

  #alone<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work)
    this.#turn = turn.catch(() => undefined) // whoever waits for this turn hears of it
    return turn
  }
}

function medianOf(gaps: Digest): number {
  return weightOf(gaps) === 0 ? 0 : expectedQuantile(gaps, 0.5)
}

interface Histories {
  readonly histories: ReadonlyMap<string, History>
  readonly ignored: number
}

/** Samples that are handed in count for this estimate alone. */
function historiesOf(given: readonly Json[]): Histories {
  const { samples, ignored } = readSamples(given)
  const groups = Map.groupBy(samples, ({ capability }) => capability)
  const handedIn = (group: readonly Sample[]): Sample[] =>
    group.map((sample) => ({ ...sample, number: undefined }))
  const histories = new Map(
    [...groups].map(([capability, group]) => [capability, withSamples(noHistory, handedIn(group))]),
  )
  return { histories, ignored }
}

function verdictOn({ durationMs, p50, p90 }: { durationMs: number; p50: number; p90: number }): JsonObject {
  return { duration_ms: durationMs, within_p50: durationMs <= p50, within_p90: durationMs <= p90 }
}

function hasPrice(schema: Json | undefined): boolean {
  const properties = isJsonObject(schema) ? schema['properties'] : undefined
  return isJsonObject(properties) && properties['cost_usd'] !== undefined
}

async function requirementsOf(context: ModuleContext): Promise<Map<string, Requirement>> {
  const answer = await context.call('service_router.capabilities', {})
  const list = isJsonObject(answer) ? answer['capabilities'] : undefined
  const requirements = new Map<string, Requirement>()
  for (const each of Array.isArray(list) ? (list as Json[]) : []) {
    if (!isJsonObject(each) || !isJsonObject(each['requirements'])) continue
    const { memory_mb: memoryMb, cpu_cores: cpuCores = 1 } = each['requirements']
    const { task, module } = each
    if (typeof task !== 'string' || typeof module !== 'string') continue
    requirements.set(task, {
      module,
      memoryMb: typeof memoryMb === 'number' ? memoryMb : undefined,
      cpuCores: Number(cpuCores),
      hasPrice: hasPrice(each['output_schema']),
    })
  }
  return requirements
}
