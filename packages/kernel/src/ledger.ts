/**
 * What a module has to release: everything that it registers through `SetupContext.onTeardown`.
 * Entries are released in reverse order, each once, whatever fails on the way, so that nothing stays behind unseen.
 */
import type { Clock } from '@nexus/sdk'
import { withDeadline } from './deadline.ts'

type Release = () => void | Promise<void>

export class Ledger {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #failed: (what: string, error: unknown) => void
  readonly #entries: { what: string; release: Release }[] = []
  #closed = false
  #failures = 0

  constructor(options: { clock: Clock; limitMs: number; failed: (what: string, error: unknown) => void }) {
    this.#clock = options.clock
    this.#limitMs = options.limitMs
    this.#failed = options.failed
  }

  /** Entries that are not released: those still to come, and those whose release failed. */
  get left(): number {
    return this.#entries.length + this.#failures
  }

  /** Enters something to release. One that comes after the end, from a `setup` that went on too long, goes at once. */
  enter(what: string, release: Release): void {
    this.#entries.push({ what, release })
    if (this.#closed) void this.close()
  }

  async close(): Promise<void> {
    this.#closed = true
    for (let entry = this.#entries.pop(); entry !== undefined; entry = this.#entries.pop()) {
      await this.#release(entry.what, entry.release)
    }
  }

  async #release(what: string, release: Release): Promise<void> {
    try {
      await withDeadline(this.#clock, this.#limitMs, release)
    } catch (error) {
      this.#failures++
      this.#failed(what, error)
    }
  }
}
