/**
 * The runs in flight, by the generation that each began under: as long as one is there, what it sees of older versions
 * stays up.
 */
export class Holders {
  readonly #generations = new Map<string, number>()

  /** Gives the way to let go, which is safe to call twice. */
  hold(run: string, generation: number): () => void {
    this.#generations.set(run, generation)
    return () => this.#generations.delete(run)
  }

  /** The generations that somebody began under. */
  get generations(): ReadonlySet<number> {
    return new Set(this.#generations.values())
  }

  /** The runs that began under a generation. */
  runsOf(generation: number): readonly string[] {
    return [...this.#generations].filter(([, began]) => began === generation).map(([run]) => run)
  }

  has(run: string): boolean {
    return this.#generations.has(run)
  }

  get size(): number {
    return this.#generations.size
  }
}
