/**
 * The strongly connected components of a graph: what goes round in a circle belongs together. Tarjan's algorithm, without
 * recursion.
 */

export interface Components {
  /** The component of each node. Edges between components go from a higher number to a lower one. */
  readonly of: readonly number[]
  /** The nodes of each component, in their order. */
  readonly members: readonly (readonly number[])[]
}

export function componentsOf(onward: readonly (readonly number[])[]): Components {
  const search = new Search(onward)
  for (let node = 0; node < onward.length; node++) search.from(node)
  for (const members of search.members) members.sort((a, b) => a - b)
  return search
}

class Search implements Components {
  readonly of: number[]
  readonly members: number[][] = []
  private readonly onward: readonly (readonly number[])[]
  private readonly found: number[]
  private readonly low: number[]
  private readonly open: number[] = []
  private count = 0

  constructor(onward: readonly (readonly number[])[]) {
    this.onward = onward
    this.of = onward.map(() => -1)
    this.found = onward.map(() => -1)
    this.low = onward.map(() => -1)
  }

  from(start: number): void {
    if (this.found[start] !== -1) return
    const trail = [{ node: start, next: 0 }]
    this.enter(start)
    for (let here = trail.at(-1); here; here = trail.at(-1)) {
      const next = this.onward[here.node]?.[here.next++]
      if (next === undefined) {
        trail.pop()
        this.leave(here.node, trail.at(-1)?.node)
      } else if (this.found[next] === -1) {
        this.enter(next)
        trail.push({ node: next, next: 0 })
      } else if (this.of[next] === -1) this.lower(here.node, this.found[next])
    }
  }

  private enter(node: number): void {
    this.found[node] = this.low[node] = this.count++
    this.open.push(node)
  }

  private leave(node: number, parent: number | undefined): void {
    if (this.low[node] === this.found[node]) this.finish(node)
    else if (parent !== undefined) this.lower(parent, this.low[node])
  }

  private lower(node: number, to = Infinity): void {
    this.low[node] = Math.min(this.low[node] ?? to, to)
  }

  private finish(root: number): void {
    const members: number[] = []
    for (let node = this.open.pop(); node !== undefined; node = this.open.pop()) {
      this.of[node] = this.members.length
      members.push(node)
      if (node === root) break
    }
    this.members.push(members)
  }
}
