/**
 * The descriptions that were read, by address, for as long as the module is loaded. Whoever asks for one that is on its
 * way waits for the same; it is given up when nobody waits for it any more. What failed is not kept.
 */
import type { Description } from './description.ts'

/** The one that was not used for the longest time goes first. */
export const descriptionsMax = 32
/** Of the texts; what is made of them takes several times that. */
export const descriptionBytesMax = 64 * 1_048_576

export interface Loaded {
  readonly description: Description
  readonly sizeBytes: number
}

interface Entry {
  readonly work: Promise<Loaded>
  readonly giveUp: AbortController
  waiting: number
  /** Undefined as long as it is on its way. */
  sizeBytes: number | undefined
}

export class DescriptionCache {
  /** In the order of their last use. */
  readonly #entries = new Map<string, Entry>()

  /** The description under that key, by `load` where there is none. Rejects with the signal's reason when that aborts. */
  async get(
    key: string,
    signal: AbortSignal,
    load: (signal: AbortSignal) => Promise<Loaded>,
  ): Promise<Description> {
    signal.throwIfAborted()
    const entry = this.#entries.get(key) ?? this.#begin(key, load)
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    entry.waiting++
    try {
      return (await untilAborted(entry.work, signal)).description
    } finally {
      entry.waiting--
      if (entry.waiting === 0 && entry.sizeBytes === undefined) this.#drop(key, entry)
    }
  }

  #begin(key: string, load: (signal: AbortSignal) => Promise<Loaded>): Entry {
    const giveUp = new AbortController()
    const entry: Entry = { work: load(giveUp.signal), giveUp, waiting: 0, sizeBytes: undefined }
    entry.work.then(
      ({ sizeBytes }) => {
        entry.sizeBytes = sizeBytes
        this.#evict()
      },
      () => this.#drop(key, entry),
    )
    return entry
  }

  #drop(key: string, entry: Entry): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key)
    entry.giveUp.abort()
  }

  #evict(): void {
    const kept = [...this.#entries].filter(([, { sizeBytes }]) => sizeBytes !== undefined)
    let count = kept.length
    let bytes = kept.reduce((sum, [, { sizeBytes }]) => sum + (sizeBytes ?? 0), 0)
    for (const [key, { sizeBytes }] of kept) {
      if (count <= descriptionsMax && bytes <= descriptionBytesMax) return
      this.#entries.delete(key)
      count--
      bytes -= sizeBytes ?? 0
    }
  }
}

function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
