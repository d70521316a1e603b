/**
 * The descriptions that were read, by address, for as long as the module is loaded. Whoever asks for one that is on its
 * way waits for the same. What failed is not kept.
 */
import { SingleFlight } from '../single_flight.ts'
import type { Description } from './description.ts'

/** The one that was not used for the longest time goes first. */
export const descriptionsMax = 32
/** Of the texts; what is made of them takes several times that. */
export const descriptionBytesMax = 64 * 1_048_576

export interface Loaded {
  readonly description: Description
  readonly sizeBytes: number
}

export class DescriptionCache {
  /** In the order of their last use. */
  readonly #kept = new Map<string, Loaded>()
  readonly #flights = new SingleFlight<Loaded>()

  /** The description under that key, by `load` where there is none. Rejects with the signal's reason when that aborts. */
  async get(
    key: string,
    signal: AbortSignal,
    load: (signal: AbortSignal) => Promise<Loaded>,
  ): Promise<Description> {
    signal.throwIfAborted()
    const loaded = this.#kept.get(key) ?? (await this.#flights.join(key, signal, load))
    this.#kept.delete(key)
    this.#kept.set(key, loaded)
    this.#evict()
    return loaded.description
  }

  #evict(): void {
    let bytes = [...this.#kept.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    for (const [key, { sizeBytes }] of this.#kept) {
      if (this.#kept.size <= descriptionsMax && bytes <= descriptionBytesMax) return
      this.#kept.delete(key)
      bytes -= sizeBytes
    }
  }
}
