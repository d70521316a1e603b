/**
 * Nodes by number and the edges between them, each with its reasons. It knows no names, and it bounds how many edges
 * there are.
 */
import { TaskFault } from '@nexus/sdk'

/** More reasons for one edge say nothing more. */
const reasonsMax = 4

export interface Edge {
  readonly from: number
  readonly to: number
  readonly reasons: readonly string[]
}

export class Digraph {
  readonly size: number
  private readonly edgesMax: number
  private readonly edges = new Map<number, { from: number; to: number; reasons: string[] }>()
  private sorted: readonly Edge[] | undefined

  constructor(size: number, edgesMax = 500_000) {
    this.size = size
    this.edgesMax = edgesMax
  }

  /** Throws a `TaskFault` where there are too many. */
  add(from: number, to: number, reason: string): void {
    const key = from * this.size + to
    const edge = this.edges.get(key)
    if (edge) {
      if (edge.reasons.length < reasonsMax && !edge.reasons.includes(reason)) edge.reasons.push(reason)
      return
    }
    if (this.edges.size >= this.edgesMax) throw tooMany(this.edgesMax)
    this.sorted = undefined
    this.edges.set(key, { from, to, reasons: [reason] })
  }

  /** In the order of their nodes. */
  all(): readonly Edge[] {
    this.sorted ??= this.edges
      .values()
      .toArray()
      .toSorted((a, b) => a.from - b.from || a.to - b.to)
    return this.sorted
  }

  /** Of each node those that it leads to. */
  onward(): readonly (readonly number[])[] {
    return this.neighbours(({ from, to }) => [from, to])
  }

  /** Of each node those that lead to it. */
  back(): readonly (readonly number[])[] {
    return this.neighbours(({ from, to }) => [to, from])
  }

  private neighbours(ends: (edge: Edge) => readonly [number, number]): readonly (readonly number[])[] {
    const lists: number[][] = Array.from({ length: this.size }, () => [])
    for (const edge of this.edges.values()) {
      const [here, there] = ends(edge)
      lists[here]?.push(there)
    }
    return lists
  }
}

function tooMany(max: number): TaskFault {
  return TaskFault.of(
    'validation',
    `These tasks have more than ${max} dependencies. Split the list, or raise max_edges of dependency_analyzer.`,
  )
}
