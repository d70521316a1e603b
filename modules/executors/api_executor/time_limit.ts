/** Work that has a time, and may be cancelled: which of the two ended it is told apart here. */
import type { Clock, TaskFault } from '@nexus/sdk'

export interface TimeLimit {
  readonly clock: Clock
  readonly timeoutMs: number
  /** Ends the work; its reason is what is thrown then. */
  readonly signal: AbortSignal
}

/**
 * Hands the work a signal that aborts when the time is up or the caller gives up, and waits no longer than that, also
 * for work that does not heed it. Throws the reason of the caller's signal, or `timedOut()`.
 */
export async function inTime<Value>(
  { clock, timeoutMs, signal }: TimeLimit,
  timedOut: () => TaskFault,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  signal.throwIfAborted()
  const timeUp = new AbortController()
  const ends = AbortSignal.any([signal, timeUp.signal])
  const stopTimer = clock.timer(timeoutMs, () => timeUp.abort())
  const ended = Promise.withResolvers<never>()
  const end = (): void => ended.reject(new Error('The work was ended.'))
  ends.addEventListener('abort', end, { once: true })
  try {
    return await Promise.race([work(ends), ended.promise])
  } catch (error) {
    signal.throwIfAborted()
    if (timeUp.signal.aborted) throw timedOut()
    throw error
  } finally {
    stopTimer()
    ends.removeEventListener('abort', end)
    // What was begun and not finished has nobody who waits for it any more.
    timeUp.abort()
  }
}
