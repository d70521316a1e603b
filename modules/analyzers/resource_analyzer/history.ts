/**
 * How long each capability took here, by the size of its input, and what it cost: a digest each, kept in the module's state
 * and brought up to date from the tasks that ended since. Each capability keeps up to which number in the log it was brought up
 * to date, in the same write, so that a crash between two writes counts nothing twice and loses nothing.
 */
import { isJsonObject, type Json, type JsonObject, type ModuleState } from '@nexus/sdk'
import { digestOf, digestToJson, emptyDigest, merged, weightOf, withValues, type Digest } from './digest.ts'

export interface Sample {
  readonly capability: string
  readonly hasFaulted: boolean
  readonly inputBytes: number
  readonly outputBytes: number | undefined
  readonly durationMs: number
  /** Null where it had a price that nobody knows. */
  readonly costUsd: number | null | undefined
  /** Its place in the log; undefined where it was handed in. */
  readonly number: number | undefined
}

export interface History {
  /** By the class of the input's size. */
  readonly durations: ReadonlyMap<SizeClass, Digest>
  readonly costs: Digest
  /** Of how many it is not known what they cost. */
  readonly unpriced: number
  /** How much it gives, in the length of its JSON. */
  readonly outputs: Digest
  /** How many completed, and how many faulted; old ones count ever less. */
  readonly ends: { readonly completed: number; readonly faulted: number }
  /** Up to which number of the log it counts. */
  readonly upTo: number
}

const sizeClasses = ['1k', '32k', '1m', 'more'] as const
export type SizeClass = (typeof sizeClasses)[number]

export const noHistory: History = {
  durations: new Map(),
  costs: emptyDigest,
  unpriced: 0,
  outputs: emptyDigest,
  ends: { completed: 0, faulted: 0 },
  upTo: 0,
}

const durationMsMax = 1e12
const nameLengthMax = 200

/** Fewer of a size of input say less than all sizes together. */
const weightMin = 8

/** What is sensible of a list of samples, and how much of it is not. What was cancelled says nothing. */
export function readSamples(list: readonly Json[]): { readonly samples: Sample[]; readonly ignored: number } {
  const ended = list.filter(
    (each) =>
      !isJsonObject(each) ||
      [undefined, null, 'completed', 'faulted'].some((status) => status === each['status']),
  )
  const samples = ended.map(readSample).filter((sample) => sample !== undefined)
  return { samples, ignored: ended.length - samples.length }
}

function readSample(value: Json): Sample | undefined {
  if (!isJsonObject(value)) return undefined
  const {
    capability,
    input_bytes: inputBytes = 0,
    output_bytes: output,
    duration_ms: durationMs,
    cost_usd: cost,
    number,
  } = value
  if (typeof capability !== 'string' || capability === '' || capability.length > nameLengthMax)
    return undefined
  if (!isAmount(durationMs) || durationMs > durationMsMax || !isAmount(inputBytes)) return undefined
  return {
    capability,
    hasFaulted: value['status'] === 'faulted',
    inputBytes,
    outputBytes: isAmount(output) ? output : undefined,
    durationMs,
    costUsd: cost === null || isAmount(cost) ? cost : undefined,
    number: isAmount(number) ? number : undefined,
  }
}

function isAmount(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

export function withSamples(history: History, samples: readonly Sample[]): History {
  const fresh = samples.filter(({ number = Infinity }) => number > history.upTo)
  // Faults say nothing of how long a success takes.
  const completed = fresh.filter(({ hasFaulted }) => !hasFaulted)
  const durations = new Map(history.durations)
  for (const [size, group] of Map.groupBy(completed, ({ inputBytes }) => sizeClassOf(inputBytes))) {
    const values = group.map(({ durationMs }) => durationMs)
    durations.set(size, withValues(durations.get(size) ?? emptyDigest, values))
  }
  // A fault may have cost something too.
  const costs = fresh.map(({ costUsd }) => costUsd).filter((cost) => cost !== undefined)
  const priced = costs.filter((cost) => cost !== null)
  const outputs = completed.map(({ outputBytes }) => outputBytes).filter((bytes) => bytes !== undefined)
  return {
    durations,
    costs: withValues(history.costs, priced),
    unpriced: history.unpriced + costs.length - priced.length,
    outputs: withValues(history.outputs, outputs),
    ends: endsWith(history.ends, completed.length, fresh.length - completed.length),
    upTo: fresh.reduce((last, { number = 0 }) => Math.max(last, number), history.upTo),
  }
}

/** So many of the last ends count. */
const endsMax = 2_000

function endsWith(
  { completed, faulted }: History['ends'],
  more: number,
  moreFaulted: number,
): History['ends'] {
  const fades = completed + faulted + more + moreFaulted > endsMax
  const share = fades ? 0.5 : 1
  return { completed: completed * share + more, faulted: faulted * share + moreFaulted }
}

/** Of a capability that never ended here nothing is known; then it is taken to complete. */
export function faultShareOf({ ends: { completed, faulted } }: History = noHistory): number {
  return faulted === 0 ? 0 : faulted / (completed + faulted)
}

/** Of inputs of that size where enough is known of them, else of all; undefined where nothing is known. */
export function durationsOf({ durations }: History, inputBytes: number | undefined): Digest | undefined {
  const own = inputBytes === undefined ? undefined : durations.get(sizeClassOf(inputBytes))
  if (own && weightOf(own) >= weightMin) return own
  return durations.size === 0 ? undefined : merged([...durations.values()])
}

export function sizeClassOf(bytes: number): SizeClass {
  if (bytes < 1_024) return '1k'
  if (bytes < 32_768) return '32k'
  return bytes < 1_048_576 ? '1m' : 'more'
}

export async function readHistory(state: ModuleState, capability: string): Promise<History> {
  const value = await state.get(keyOf(capability))
  if (!isJsonObject(value)) return noHistory
  const known: JsonObject = isJsonObject(value['durations']) ? value['durations'] : {}
  const durations = sizeClasses.flatMap((size): [SizeClass, Digest][] => {
    const digest = digestOf(known[size])
    return digest ? [[size, digest]] : []
  })
  const { completed, faulted } = isJsonObject(value['ends']) ? value['ends'] : {}
  const ends = { completed: Number(completed ?? 0), faulted: Number(faulted ?? 0) }
  const upTo = typeof value['up_to'] === 'number' ? value['up_to'] : 0
  const costs = digestOf(value['costs']) ?? emptyDigest
  const unpriced = Number(value['unpriced'] ?? 0)
  const outputs = digestOf(value['outputs']) ?? emptyDigest
  return { durations: new Map(durations), costs, unpriced, outputs, ends, upTo }
}

export async function writeHistory(state: ModuleState, capability: string, history: History): Promise<void> {
  const { durations, costs, unpriced, outputs, ends, upTo } = history
  const entries = [...durations].map(([size, digest]) => [size, digestToJson(digest)] as const)
  await state.set(keyOf(capability), {
    durations: Object.fromEntries(entries),
    ...(costs.centroids.length > 0 && { costs: digestToJson(costs) }),
    ...(outputs.centroids.length > 0 && { outputs: digestToJson(outputs) }),
    ...(unpriced > 0 && { unpriced }),
    ends: { ...ends },
    up_to: upTo,
  })
}

function keyOf(capability: string): string {
  return `history/${capability}`
}
