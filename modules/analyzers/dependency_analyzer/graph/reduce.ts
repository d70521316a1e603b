/**
 * The transitive reduction: the fewest of the edges from which everything is reached that was reached before. Edges
 * within a circle stay. Each node has a bit for every other, so that n nodes and m edges take n·m/32 steps.
 */
import type { Condensed } from './condense.ts'
import type { Digraph } from './digraph.ts'

export function reduce(graph: Digraph, condensed: Condensed): readonly { from: number; to: number }[] {
  const { rankOf } = condensed
  const left = neededStill(condensed)
  return graph.all().filter(({ from, to }) => {
    const [low = 0, high = 0] = [rankOf[from], rankOf[to]]
    // Of several edges between two circles the first is enough.
    return low === high || left[high]?.delete(low)
  })
}

/** Of each rank those that it needs and reaches through no other. */
function neededStill({ needs }: Condensed): readonly Set<number>[] {
  const words = Math.ceil(needs.length / 32)
  const reached: Uint32Array[] = []
  return needs.map((needed) => {
    const bits = new Uint32Array(words)
    const still = new Set<number>()
    for (const other of needed.toSorted((a, b) => b - a)) {
      const word = other >>> 5
      const bit = 1 << (other & 31)
      if (((bits[word] ?? 0) & bit) !== 0) continue
      still.add(other)
      const through = reached[other] ?? new Uint32Array()
      // What a rank needs is lower than itself, so that the words above are empty.
      for (let at = 0; at <= word; at++) bits[at] = (bits[at] ?? 0) | (through[at] ?? 0)
      bits[word] = (bits[word] ?? 0) | bit
    }
    reached.push(bits)
    return still
  })
}
