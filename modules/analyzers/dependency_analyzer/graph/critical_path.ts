/** The chain of nodes that takes longest. The nodes of a circle count one after another, once. */
import type { Condensed } from './condense.ts'

export interface CriticalPath {
  readonly nodes: readonly number[]
  readonly length: number
}

export function criticalPathOf({ members, needs }: Condensed, durations: readonly number[]): CriticalPath {
  const lengths: number[] = []
  const before: (number | undefined)[] = []
  for (const [rank, needed] of needs.entries()) {
    const last = longest(needed, lengths)
    const own = (members[rank] ?? []).reduce((sum, node) => sum + (durations[node] ?? 0), 0)
    before.push(last)
    lengths.push(own + (last === undefined ? 0 : (lengths[last] ?? 0)))
  }
  const end = longest(lengths.keys(), lengths)
  const chain: number[] = []
  for (let rank = end; rank !== undefined; rank = before[rank]) chain.push(rank)
  return {
    nodes: chain.toReversed().flatMap((rank) => members[rank] ?? []),
    length: end === undefined ? 0 : (lengths[end] ?? 0),
  }
}

function longest(ranks: Iterable<number>, lengths: readonly number[]): number | undefined {
  let best: number | undefined
  for (const rank of ranks) {
    if (best === undefined || (lengths[rank] ?? 0) > (lengths[best] ?? 0)) best = rank
  }
  return best
}
