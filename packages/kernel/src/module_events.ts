/**
 * What happens to modules, told as it happens to whoever listens. Nothing of it is kept: what counts stands in the
 * receipts. It never changes anything, and a listener cannot hold it up.
 */
import type { ChangedModule } from './receipt.ts'

export type ModuleEventKind =
  /** What is new of a change has started beside what is live. */
  | 'staged'
  /** A change is live. */
  | 'committed'
  /** A generation from before is live again. */
  | 'rolled_back'
  /** A change could not be; nothing has changed. */
  | 'refused'
  /** All that a change left behind is gone. */
  | 'drained'
  /** An instance has started. */
  | 'loaded'
  /** An instance was stopped. */
  | 'unloaded'
  /** The process of a module ended by itself. */
  | 'crashed'

export interface ModuleEvent {
  readonly kind: ModuleEventKind
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  /** Whom it is about, where that is one instance of a module. */
  readonly module?: { readonly id: string; readonly version: string; readonly artifact: string }
  /** The generation that is live now, for a change. */
  readonly generation?: number
  /** What a change changes. */
  readonly changed?: readonly ChangedModule[]
  /** Why, in sentences. */
  readonly detail?: string
}

export class ModuleEvents {
  readonly #now: () => number
  readonly #listeners = new Set<(event: ModuleEvent) => void>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Gives the way to stop. */
  listen(listener: (event: ModuleEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  tell(event: Omit<ModuleEvent, 'at'>): void {
    if (this.#listeners.size === 0) return
    const told = { ...event, at: this.#now() }
    for (const listener of this.#listeners) listener(told)
  }
}
