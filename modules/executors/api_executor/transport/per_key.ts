/**
 * One thing for each key, such as a gate for each host, made when it is first asked for. Where there are many, those that
 * nobody uses are forgotten; in the end they know nothing that a new one would not.
 */

export interface Kept {
  /** Whether it may be forgotten. */
  readonly isIdle: boolean
}

/** Things that are kept before idle ones are forgotten. */
const keptMax = 1_000

export class PerKey<Value extends Kept> {
  readonly #kept = new Map<string, Value>()
  readonly #make: (key: string) => Value

  constructor(make: (key: string) => Value) {
    this.#make = make
  }

  get size(): number {
    return this.#kept.size
  }

  of(key: string): Value {
    const known = this.#kept.get(key)
    if (known) return known
    if (this.#kept.size >= keptMax) this.#forget()
    const made = this.#make(key)
    this.#kept.set(key, made)
    return made
  }

  #forget(): void {
    for (const [key, value] of this.#kept) if (value.isIdle) this.#kept.delete(key)
  }
}
