/**
 * An order of the tasks of a graph that its edges allow, in which whoever writes something comes before whoever reads
 * it, wherever the edges leave that open. Tasks that wait for each other come last, as they are listed.
 */
import type { Facts } from '../facts/entry.ts'
import type { Digraph } from './digraph.ts'

export function writersFirst(graph: Digraph, facts: readonly Facts[]): readonly number[] {
  const onward = graph.onward()
  const missing = graph.back().map((needs) => needs.length)
  const writes = facts.map(writtenBy)
  const waiting = new Waiting(facts.map(readBy), writes)
  const order: number[] = []
  for (const [node, count] of missing.entries()) if (count === 0) waiting.ready(node)
  for (let node = waiting.next(); node !== undefined; node = waiting.next()) {
    order.push(node)
    waiting.wrote(node)
    for (const next of onward[node] ?? []) {
      missing[next] = (missing[next] ?? 0) - 1
      if (missing[next] === 0) waiting.ready(next)
    }
  }
  const placed = new Set(order)
  return [...order, ...facts.keys().filter((node) => !placed.has(node))]
}

function readBy({ resourceReads, contextReads }: Facts): ReadonlySet<string> {
  return new Set([...resourceReads, ...[...contextReads].map((key) => `context:${key}`)])
}

function writtenBy({ resourceWrites, contextWrites }: Facts): ReadonlySet<string> {
  const keys = contextWrites.flatMap(({ keys }) => keys ?? ['*'])
  return new Set([...resourceWrites, ...keys.map((key) => `context:${key}`)])
}

/** Those that could come next: first those that nobody else still writes for. */
class Waiting {
  private readonly writes: readonly ReadonlySet<string>[]
  /** How many writers of a thing are still to come. */
  private readonly writers = new Map<string, number>()
  private readonly readers = new Map<string, number[]>()
  private readonly awaited: number[]
  private readonly isReady = new Set<number>()
  private readonly taken = new Set<number>()
  private readonly free: number[] = []
  private readonly blocked: number[] = []
  private freeAt = 0
  private blockedAt = 0

  constructor(reads: readonly ReadonlySet<string>[], writes: readonly ReadonlySet<string>[]) {
    this.writes = writes
    for (const things of writes)
      for (const thing of things) this.writers.set(thing, (this.writers.get(thing) ?? 0) + 1)
    this.awaited = reads.map((things, node) => this.awaits(things, node))
  }

  /** On how many things a task waits that others write. */
  private awaits(things: ReadonlySet<string>, node: number): number {
    let count = 0
    for (const thing of things) {
      const others = (this.writers.get(thing) ?? 0) - (this.writes[node]?.has(thing) ? 1 : 0)
      if (others === 0 || this.writes[node]?.has(thing)) continue
      count++
      const readers = this.readers.get(thing)
      if (readers) readers.push(node)
      else this.readers.set(thing, [node])
    }
    return count
  }

  ready(node: number): void {
    this.isReady.add(node)
    if (this.awaited[node] === 0) this.free.push(node)
    else this.blocked.push(node)
  }

  next(): number | undefined {
    const node = this.free[this.freeAt] === undefined ? this.nextBlocked() : this.free[this.freeAt++]
    if (node !== undefined) this.taken.add(node)
    return node
  }

  private nextBlocked(): number | undefined {
    for (;;) {
      const node = this.blocked[this.blockedAt++]
      if (node === undefined || !this.taken.has(node)) return node
    }
  }

  wrote(node: number): void {
    for (const thing of this.writes[node] ?? []) {
      const left = (this.writers.get(thing) ?? 0) - 1
      this.writers.set(thing, left)
      if (left === 0) for (const reader of this.readers.get(thing) ?? []) this.release(reader)
    }
  }

  private release(reader: number): void {
    this.awaited[reader] = (this.awaited[reader] ?? 0) - 1
    if (this.awaited[reader] === 0 && this.isReady.has(reader) && !this.taken.has(reader))
      this.free.push(reader)
  }
}
