/**
 * Quantiles of many numbers in few: a merging t-digest (T. Dunning, O. Ertl, "Computing extremely accurate quantiles using
 * t-digests", 2019, https://arxiv.org/abs/1902.04023) with the scale function k₁(q) = δ/2π · asin(2q − 1), whose centroids
 * hold at most what lies within one unit of k. It forgets: weights are halved when there is much, so that what a
 * capability took lately counts more. Values are plain JSON, at most 2 KB of it. Pure.
 */
import { isJsonObject, type Json } from '@nexus/sdk'

export interface Digest {
  /** Mean and weight, by mean. */
  readonly centroids: readonly (readonly [mean: number, weight: number])[]
  readonly min: number
  readonly max: number
}

/** δ: there are at most so many centroids, and mostly about two thirds of it. */
const compression = 80
const weightMax = 2_000

export const emptyDigest: Digest = { centroids: [], min: Infinity, max: -Infinity }

export function weightOf({ centroids }: Digest): number {
  return centroids.reduce((sum, [, weight]) => sum + weight, 0)
}

export function withValues(digest: Digest, values: readonly number[]): Digest {
  if (values.length === 0) return digest
  const added = values.map((value): [number, number] => [value, 1])
  const centroids = compressed([...faded(digest.centroids, values.length), ...added])
  const sorted = values.toSorted((a, b) => a - b)
  const min = Math.min(digest.min, sorted[0] ?? Infinity)
  return { centroids, min, max: Math.max(digest.max, sorted.at(-1) ?? -Infinity) }
}

/** One digest of all that went into several. */
export function merged(digests: readonly Digest[]): Digest {
  return {
    centroids: compressed(digests.flatMap(({ centroids }) => centroids)),
    min: Math.min(...digests.map(({ min }) => min)),
    max: Math.max(...digests.map(({ max }) => max)),
  }
}

function faded(centroids: Digest['centroids'], more: number): Digest['centroids'] {
  const weight = centroids.reduce((sum, [, each]) => sum + each, 0)
  return weight + more <= weightMax ? centroids : centroids.map(([mean, each]) => [mean, each / 2])
}

function compressed(unsorted: Digest['centroids']): Digest['centroids'] {
  const sorted = unsorted.toSorted(([a], [b]) => a - b)
  const total = sorted.reduce((sum, [, weight]) => sum + weight, 0)
  const result: [number, number][] = []
  let [mean, weight] = sorted[0] ?? [0, 0]
  let before = 0
  let limit = quantileAfter(0)
  for (const [nextMean, nextWeight] of sorted.slice(1)) {
    if ((before + weight + nextWeight) / total <= limit) {
      weight += nextWeight
      mean += ((nextMean - mean) * nextWeight) / weight
      continue
    }
    result.push([mean, weight])
    before += weight
    limit = quantileAfter(before / total)
    ;[mean, weight] = [nextMean, nextWeight]
  }
  if (total > 0) result.push([mean, weight])
  return result
}

/** The quantile that lies one unit of k₁ further on. */
function quantileAfter(quantile: number): number {
  const k = (compression / (2 * Math.PI)) * Math.asin(2 * quantile - 1) + 1
  const angle = Math.min((2 * Math.PI * k) / compression, Math.PI / 2)
  return (Math.sin(angle) + 1) / 2
}

/**
 * The value below which the next one lies with that probability: the quantile at rank p(n + 1), which is the expected share
 * below an order statistic (R. J. Hyndman, Y. Fan, "Sample quantiles in statistical packages", 1996, definition 6). With few
 * values it is further out than their own quantile, and never beyond the largest.
 */
export function expectedQuantile(digest: Digest, probability: number): number {
  const total = weightOf(digest)
  const wanted = probability * (total + 1) - 0.5
  let before = 0
  let [lastAt, lastMean] = [0, digest.min]
  for (const [mean, weight] of digest.centroids) {
    const at = before + weight / 2
    if (wanted <= at) return between(wanted, [lastAt, lastMean], [at, mean])
    ;[lastAt, lastMean] = [at, mean]
    before += weight
  }
  return between(wanted, [lastAt, lastMean], [total, digest.max])
}

type Point = readonly [at: number, value: number]

function between(wanted: number, [fromAt, from]: Point, [toAt, to]: Point): number {
  if (toAt <= fromAt) return to
  const share = Math.min(Math.max((wanted - fromAt) / (toAt - fromAt), 0), 1)
  return from + (to - from) * share
}

export function digestToJson({ centroids, min, max }: Digest): Json {
  return { centroids: centroids.flatMap(([mean, weight]) => [short(mean), short(weight)]), min, max }
}

/** Undefined for what is none. */
export function digestOf(value: Json | undefined): Digest | undefined {
  const { centroids, min, max } = isJsonObject(value) ? value : {}
  if (!Array.isArray(centroids) || typeof min !== 'number' || typeof max !== 'number') return undefined
  const numbers = (centroids as Json[]).map(Number)
  if (numbers.length % 2 !== 0 || !numbers.every((each) => Number.isFinite(each) && each >= 0))
    return undefined
  const pairs = Array.from({ length: numbers.length / 2 }, (_, index): [number, number] => [
    numbers[index * 2] ?? 0,
    numbers[index * 2 + 1] ?? 0,
  ])
  return { centroids: pairs, min, max }
}

function short(value: number): number {
  return Number(value.toPrecision(6))
}
