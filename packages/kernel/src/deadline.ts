/**
 * Waits for work that is not ours no longer than a named limit. The work itself cannot be stopped from here;
 * what it does after the deadline is ignored, also when it fails then.
 */
import type { Clock } from '@nexus/sdk'

export interface Deadlines {
  /** How long a module's `setup` may take. */
  readonly setupMsMax: number
  /** How long its `teardown`, and each release that it registered, may take. */
  readonly teardownMsMax: number
}

export const defaultDeadlines: Deadlines = { setupMsMax: 10_000, teardownMsMax: 5_000 }

export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded'
}

/** The outcome of `work`, or `DeadlineExceeded` when it takes longer than `limitMs`. No timer outlives the wait. */
export async function withDeadline<T>(clock: Clock, limitMs: number, work: () => T | Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const callOff = clock.timer(limitMs, () => reject(new DeadlineExceeded(`took longer than ${limitMs} ms`)))
  const working = (async () => work())()
  try {
    return await Promise.race([working, late])
  } finally {
    callOff()
  }
}
