/**
 * Which module to decide next: the one with the lowest rank, of equal ones the first by id. A binary heap that forgets
 * lazily: an entry that was removed, or put in again under another rank, is dropped when it comes to the top. Ranks are for the solver to say.
 */

interface Entry {
  readonly id: string
  readonly rank: number
}

export class ChoiceQueue {
  readonly #heap: Entry[] = []
  /** The rank under which an id is in the queue; other entries of it are stale. */
  readonly #ranks = new Map<string, number>()

  put(id: string, rank: number): void {
    if (this.#ranks.get(id) === rank) return
    this.#ranks.set(id, rank)
    const entry = { id, rank }
    let index = this.#heap.length
    while (index > 0) {
      const parent = this.#heap[(index - 1) >> 1]
      if (parent === undefined || !isBefore(entry, parent)) break
      this.#heap[index] = parent
      index = (index - 1) >> 1
    }
    this.#heap[index] = entry
  }

  remove(id: string): void {
    this.#ranks.delete(id)
  }

  /** The first one; it stays until it is removed. */
  first(): string | undefined {
    for (;;) {
      const [top] = this.#heap
      if (top === undefined || this.#ranks.get(top.id) === top.rank) return top?.id
      const last = this.#heap.pop()
      if (last !== undefined && this.#heap.length > 0) this.#sink(last)
    }
  }

  /** Puts an entry where the top was, and lets it down to its place. */
  #sink(entry: Entry): void {
    let index = 0
    for (;;) {
      const left = this.#heap[2 * index + 1]
      const right = this.#heap[2 * index + 2]
      const takesRight = left !== undefined && right !== undefined && isBefore(right, left)
      const child = takesRight ? right : left
      if (child === undefined || !isBefore(child, entry)) break
      this.#heap[index] = child
      index = 2 * index + (takesRight ? 2 : 1)
    }
    this.#heap[index] = entry
  }
}

function isBefore(left: Entry, right: Entry): boolean {
  return left.rank < right.rank || (left.rank === right.rank && left.id < right.id)
}
