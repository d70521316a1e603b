/**
 * When the last of some jobs ends: each begins when those before it have ended and a slot is free, the one that was ready
 * first comes first (list scheduling). Jobs that wait for each other never begin, and take no time. Pure.
 */
export function schedule(
  times: readonly number[],
  after: readonly (readonly number[])[],
  slots: number,
): number {
  const waitsFor = times.map((_, job) => new Set(after[job]).size)
  const then = new Map<number, number[]>()
  for (const [job, before] of after.entries())
    for (const each of new Set(before)) {
      const known = then.get(each)
      if (known) known.push(job)
      else then.set(each, [job])
    }
  const ready = times.map((_, job) => job).filter((job) => waitsFor[job] === 0)
  const running = new Heap()
  let next = 0
  let now = 0
  for (;;) {
    for (; next < ready.length && running.size < slots; next++) {
      const job = ready[next] ?? 0
      running.push(now + (times[job] ?? 0), job)
    }
    const ended = running.pop()
    if (!ended) return now
    now = ended.at
    for (const job of then.get(ended.job) ?? []) {
      const left = (waitsFor[job] ?? 0) - 1
      waitsFor[job] = left
      if (left === 0) ready.push(job)
    }
  }
}

interface Running {
  readonly at: number
  readonly job: number
}

/** The one that ends first comes first. */
class Heap {
  readonly #items: Running[] = []

  get size(): number {
    return this.#items.length
  }

  push(at: number, job: number): void {
    let index = this.#items.push({ at, job }) - 1
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (this.#at(parent) <= this.#at(index)) return
      this.#swap(index, parent)
      index = parent
    }
  }

  pop(): Running | undefined {
    const [first] = this.#items
    const last = this.#items.pop()
    if (!last || this.#items.length === 0) return first
    this.#items[0] = last
    this.#sink()
    return first
  }

  #sink(): void {
    for (let index = 0; ;) {
      const [left, right] = [index * 2 + 1, index * 2 + 2]
      const least = this.#at(right) < this.#at(left) ? right : left
      if (this.#at(index) <= this.#at(least)) return
      this.#swap(index, least)
      index = least
    }
  }

  #at(index: number): number {
    return this.#items[index]?.at ?? Infinity
  }

  #swap(one: number, other: number): void {
    const [a, b] = [this.#items[one], this.#items[other]]
    if (a && b) [this.#items[one], this.#items[other]] = [b, a]
  }
}
