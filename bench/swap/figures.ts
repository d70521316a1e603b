/**
 * What came out, as figures. Pure.
 */
import type { Receipt } from '@nexus/api'
import { median, rounded } from '../measure.ts'
import { tasksPerRun, type EndedRun } from './load.ts'
import { misroutings, type Live } from './routing.ts'

export interface Sample {
  readonly saveMs: number
  /** Of the server, now and then. */
  readonly memory: { readonly heap: number; readonly rss: number } | undefined
}

export interface Outcome {
  readonly swaps: number
  readonly refused: number
  readonly runs: readonly EndedRun[]
  readonly samples: readonly Sample[]
  /** Without load. */
  readonly quiet: readonly Sample[]
  /** Those of the swaps alone. */
  readonly receipts: readonly Receipt[]
  readonly lives: readonly Live[]
  /** The idempotency key of every task that was done. */
  readonly ledger: readonly string[]
  /** Versions that are there in the end, and processes. */
  readonly left: { readonly versions: number; readonly holders: number; readonly processes: number | null }
  readonly memoryEvery: number
}

export function figuresOf(outcome: Outcome): Record<string, unknown> {
  const { swaps, refused, runs, receipts, ledger, left, lives } = outcome
  const misrouted = runs.flatMap((run) => misroutings(run, lives))
  const dropped = runs.flatMap(({ id, fault }) => (fault === undefined ? [] : [`run ${id} ${fault}`]))
  const pinned = receipts.reduce((sum, receipt) => sum + receipt.runs.pinned, 0)
  return {
    swaps,
    refused,
    runs: runs.length,
    tasks: runs.length * tasksPerRun,
    pinned,
    dropped: dropped.length,
    duplicated: ledger.length - new Set(ledger).size,
    misrouted: misrouted.length,
    ...(dropped.length > 0 && { first_dropped: dropped[0] }),
    ...(misrouted.length > 0 && { first_misrouted: misrouted.slice(0, 3) }),
    ...timesOf(outcome),
    ...slopesOf(outcome),
    live_versions_left: left.versions - 1,
    holders_left: left.holders,
    processes: left.processes,
    handles_left: receipts.reduce((sum, receipt) => sum + receipt.handles_left, 0),
    problems: receipts.flatMap(({ problems }) => problems).length,
    undrained: receipts.filter(({ ms }) => ms['drain'] === undefined).length,
  }
}

function timesOf({ receipts, samples, quiet }: Outcome): Record<string, unknown> {
  const flips = receipts.map(({ ms }) => ms['flip'] ?? 0)
  const lives = receipts.map(({ ms }) =>
    ['stage', 'hand_over', 'commit', 'flip'].reduce((sum, step) => sum + (ms[step] ?? 0), 0),
  )
  const saves = samples.map(({ saveMs }) => saveMs)
  return {
    flip_ms: { p50: rounded(median(flips)), p99: quantile(flips, 0.99), max: quantile(flips, 1) },
    live_ms: { p50: rounded(median(lives)), p99: quantile(lives, 0.99), max: quantile(lives, 1) },
    save_ms: {
      p50: rounded(median(saves)),
      p99: quantile(saves, 0.99),
      quiet_p50: rounded(median(quiet.map(({ saveMs }) => saveMs))),
    },
    steps_ms_p50: Object.fromEntries(
      ['resolve', 'verify', 'stage', 'hand_over', 'commit', 'flip', 'drain'].map((step) => [
        step,
        rounded(median(receipts.map(({ ms }) => ms[step] ?? 0))),
      ]),
    ),
  }
}

function slopesOf({ samples, memoryEvery }: Outcome): Record<string, unknown> {
  const measured = samples.flatMap(({ memory }) => memory ?? [])
  const half = measured.slice(Math.floor(measured.length / 2))
  if (half.length < 3) return {}
  return {
    heap_bytes_per_swap: Math.round(slope(half.map(({ heap }) => heap)) / memoryEvery),
    rss_bytes_per_swap: Math.round(slope(half.map(({ rss }) => rss)) / memoryEvery),
    heap_mb: rounded((half.at(-1)?.heap ?? 0) / 2 ** 20),
    rss_mb: rounded((half.at(-1)?.rss ?? 0) / 2 ** 20),
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return rounded(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN)
}

/** The rise from one value to the next, by least squares. */
function slope(values: readonly number[]): number {
  const mid = (values.length - 1) / 2
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const over = values.reduce((sum, value, index) => sum + (index - mid) * (value - mean), 0)
  const under = values.reduce((sum, _value, index) => sum + (index - mid) ** 2, 0)
  return over / under
}
