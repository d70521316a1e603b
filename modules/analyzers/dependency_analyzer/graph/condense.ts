/** The graph of the components of a graph, which has no circles, in an order in which each comes behind all that it needs. */
import { componentsOf } from './components.ts'
import type { Digraph } from './digraph.ts'

export interface Condensed {
  /** The place of each node's component in the order. */
  readonly rankOf: readonly number[]
  /** The nodes at each rank: one, or those of a circle. */
  readonly members: readonly (readonly number[])[]
  /** Of each rank the ranks that it needs, all of them lower, each once. */
  readonly needs: readonly (readonly number[])[]
}

export function condense(graph: Digraph): Condensed {
  const { of, members } = componentsOf(graph.onward())
  const last = members.length - 1
  const rankOf = of.map((component) => last - component)
  const needs = members.map(() => new Set<number>())
  for (const { from, to } of graph.all()) {
    const [low = 0, high = 0] = [rankOf[from], rankOf[to]]
    if (low !== high) needs[high]?.add(low)
  }
  return { rankOf, members: members.toReversed(), needs: needs.map((ranks) => [...ranks]) }
}
