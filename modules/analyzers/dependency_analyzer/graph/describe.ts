/** What follows from a graph: circles, levels, the critical path, the reduction; with names for numbers. */
import { condense, type Condensed } from './condense.ts'
import { criticalPathOf } from './critical_path.ts'
import type { Digraph } from './digraph.ts'
import { levelsOf } from './levels.ts'
import { reduce } from './reduce.ts'

// A type and not an interface, so that it is JSON to the compiler too.
export type Shape = {
  readonly edges: readonly { readonly from: string; readonly to: string; readonly why: string }[]
  readonly cycles: readonly (readonly string[])[]
  readonly critical_path: readonly string[]
  readonly length: number
  readonly levels: readonly (readonly string[])[]
  readonly reduced: readonly { readonly from: string; readonly to: string }[]
}

export function describe(graph: Digraph, names: readonly string[], durations: readonly number[]): Shape {
  const name = (node: number): string => names[node] ?? ''
  const condensed = condense(graph)
  const path = criticalPathOf(condensed, durations)
  return {
    edges: graph
      .all()
      .map(({ from, to, reasons }) => ({ from: name(from), to: name(to), why: reasons.join('; ') })),
    cycles: cyclesOf(graph, condensed).map((cycle) => cycle.map(name)),
    critical_path: path.nodes.map(name),
    length: path.length,
    levels: levelsOf(condensed).map((level) => level.map(name)),
    reduced: reduce(graph, condensed).map(({ from, to }) => ({ from: name(from), to: name(to) })),
  }
}

/** One round through each circle: from its first node on to the next that leads back. */
function cyclesOf(graph: Digraph, { members, rankOf }: Condensed): readonly (readonly number[])[] {
  const selves = new Set(graph.all().flatMap(({ from, to }) => (from === to ? [from] : [])))
  const onward = graph.onward()
  return members.flatMap((nodes) => {
    const [first = 0] = nodes
    if (nodes.length === 1) return selves.has(first) ? [[first]] : []
    return [roundFrom(first, onward, rankOf)]
  })
}

/** The shortest way from a node back to itself, among those of its circle. */
function roundFrom(
  start: number,
  onward: readonly (readonly number[])[],
  rankOf: readonly number[],
): readonly number[] {
  const cameFrom = new Map<number, number>()
  const queue = [start]
  for (const node of queue) {
    for (const next of onward[node] ?? []) {
      if (next === start) return wayTo(node, start, cameFrom)
      if (rankOf[next] !== rankOf[start] || cameFrom.has(next)) continue
      cameFrom.set(next, node)
      queue.push(next)
    }
  }
  return [start]
}

function wayTo(end: number, start: number, cameFrom: ReadonlyMap<number, number>): readonly number[] {
  const way = [end]
  for (let node = end; node !== start;) {
    node = cameFrom.get(node) ?? start
    way.push(node)
  }
  return way.toReversed()
}
