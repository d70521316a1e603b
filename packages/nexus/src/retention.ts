/**
 * How long ended runs and accepted events are kept, and whoever sees to it: a pass a while after the start, when everybody
 * has looked at what came while nobody was up, and then one each hour. Without settings nothing is ever forgotten.
 */
import type { Backend, EndedStatus, Forgetting, Forgotten } from '@nexus/engine'
import type { Clock, Log } from '@nexus/sdk'

/** In milliseconds: runs by how they ended, counted from their end, and events, from when they were accepted. */
export type Retention = Readonly<Partial<Record<EndedStatus | 'events', number>>>

const firstPassMs = 600_000
const betweenPassesMs = 3_600_000

/** What a retention comes to now. */
export function expiredBy({ events, ...runs }: Retention, now: number): Forgetting {
  const endedBefore = Object.fromEntries(
    Object.entries(runs).map(([status, keptMs]) => [status, now - keptMs]),
  )
  return { endedBefore, ...(events !== undefined && { acceptedBefore: now - events }) }
}

export interface RetentionParts {
  readonly backend: Pick<Backend, 'forget'>
  readonly clock: Clock
  readonly log: Log
  readonly retention: Retention
  /** See `Forgetting`. */
  readonly texts: () => Iterable<string>
}

export class RetentionKeeper {
  readonly #parts: RetentionParts
  readonly #closed = new AbortController()
  #stopTimer = (): void => {}
  #pass: Promise<void> = Promise.resolve()

  constructor(parts: RetentionParts) {
    this.#parts = parts
  }

  start(): void {
    if (Object.keys(this.#parts.retention).length > 0) this.#after(firstPassMs)
  }

  /** Also by hand, whatever the settings say. */
  forget(what: Omit<Forgetting, 'texts'>, signal?: AbortSignal): Promise<Forgotten> {
    const { backend, texts } = this.#parts
    return backend.forget({ ...what, texts }, signal)
  }

  /** A pass that is under way stops between two commits. */
  async close(): Promise<void> {
    this.#closed.abort()
    this.#stopTimer()
    await this.#pass
  }

  #after(delayMs: number): void {
    this.#stopTimer = this.#parts.clock.timer(delayMs, () => {
      this.#pass = this.#forgetExpired()
    })
  }

  /** What could not be forgotten is tried again with the next pass. */
  async #forgetExpired(): Promise<void> {
    const { clock, log, retention } = this.#parts
    const { signal } = this.#closed
    try {
      const said = await this.forget(expiredBy(retention, clock.now()), signal)
      if (said.runs + said.events + said.blobs.count > 0) log.info(`Retention: ${formatForgotten(said)}.`)
    } catch (error) {
      if (!signal.aborted) log.warn(`Old runs could not be forgotten: ${String(error)}`)
    }
    if (!signal.aborted) this.#after(betweenPassesMs)
  }
}

function formatForgotten({ runs, events, blobs }: Forgotten): string {
  return `forgot ${runs} runs, ${events} events and ${blobs.count} blobs (${blobs.bytes} bytes)`
}
