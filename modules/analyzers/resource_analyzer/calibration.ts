/** How often what happened was within what was estimated. It counts; whoever calls it keeps the counts. Pure. */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { digestOf, digestToJson, emptyDigest, withValues, type Digest } from './digest.ts'

export interface Counts {
  readonly count: number
  readonly withinP50: number
  readonly withinP90: number
}

export interface Calibration {
  /** Whole runs. */
  readonly runs: Counts
  readonly tasks: Counts
  readonly capabilities: ReadonlyMap<string, Counts>
  /** Runs that were counted lately, so that none is twice. */
  readonly observed: readonly string[]
  /** What passes between a task and the next, of these runs. It is one with the counts: all of a run is written, or nothing. */
  readonly gaps: Digest
}

/** What a run took, beside what it was estimated to take. */
export interface Observation {
  readonly whole: Outcome | undefined
  readonly tasks: readonly (Outcome & { readonly capability: string })[]
  /** What passed between a task and the next; undefined where tasks ran in tasks, or side by side. */
  readonly gapMs: number | undefined
}

export interface Outcome {
  readonly durationMs: number
  readonly p50: number
  readonly p90: number
}

const capabilitiesMax = 500
const observedMax = 500
const nothing: Counts = { count: 0, withinP50: 0, withinP90: 0 }

export function counted({ count, withinP50, withinP90 }: Counts, { durationMs, p50, p90 }: Outcome): Counts {
  return {
    count: count + 1,
    withinP50: withinP50 + Number(durationMs <= p50),
    withinP90: withinP90 + Number(durationMs <= p90),
  }
}

export function withRun(
  calibration: Calibration,
  run: string,
  { whole, tasks, gapMs }: Observation,
): Calibration {
  const capabilities = new Map(calibration.capabilities)
  for (const { capability, ...outcome } of tasks) {
    const known = capabilities.get(capability)
    if (known || capabilities.size < capabilitiesMax)
      capabilities.set(capability, counted(known ?? nothing, outcome))
  }
  return {
    runs: whole ? counted(calibration.runs, whole) : calibration.runs,
    tasks: tasks.reduce(counted, calibration.tasks),
    capabilities,
    observed: [...calibration.observed, run].slice(-observedMax),
    gaps: gapMs === undefined ? calibration.gaps : withValues(calibration.gaps, [gapMs]),
  }
}

/** As it is kept. */
export function calibrationToJson({ runs, tasks, capabilities, observed, gaps }: Calibration): JsonObject {
  return {
    runs: { ...runs },
    tasks: { ...tasks },
    capabilities: [...capabilities].map(([capability, counts]) => ({ capability, ...counts })),
    observed,
    ...(gaps.centroids.length > 0 && { gaps: digestToJson(gaps) }),
  }
}

export function calibrationOf(value: Json | undefined): Calibration {
  const { runs, tasks, capabilities, observed, gaps } = isJsonObject(value) ? value : {}
  const list = Array.isArray(capabilities) ? (capabilities as Json[]).filter(isJsonObject) : []
  return {
    runs: countsOf(runs),
    tasks: countsOf(tasks),
    capabilities: new Map(
      list.flatMap((each) =>
        typeof each['capability'] === 'string' ? [[each['capability'], countsOf(each)]] : [],
      ),
    ),
    observed: Array.isArray(observed) ? (observed as Json[]).filter((run) => typeof run === 'string') : [],
    gaps: digestOf(gaps) ?? emptyDigest,
  }
}

function countsOf(value: Json | undefined): Counts {
  const { count = 0, withinP50 = 0, withinP90 = 0 } = isJsonObject(value) ? value : {}
  return { count: Number(count), withinP50: Number(withinP50), withinP90: Number(withinP90) }
}

/** As it is told: shares, null where nothing was counted. */
export function sharesOf({ runs, tasks, capabilities }: Calibration): JsonObject {
  const told = [...capabilities].map(([capability, counts]) => ({ capability, ...shares(counts) }))
  return { runs: shares(runs), tasks: shares(tasks), capabilities: told.sort((a, b) => b.count - a.count) }
}

function shares({ count, withinP50, withinP90 }: Counts) {
  const share = (part: number): number | null =>
    count === 0 ? null : Math.round((part / count) * 1_000) / 1_000
  return { count, within_p50: share(withinP50), within_p90: share(withinP90) }
}
