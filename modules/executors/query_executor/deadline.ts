/** A signal that aborts with those it is given, or when a time is up. */
import { TaskFault, type Clock } from '@nexus/sdk'

export interface Deadline extends Disposable {
  readonly signal: AbortSignal
}

/** `what` begins the sentence of the fault. */
export function deadlineOf(
  clock: Clock,
  timeoutMs: number,
  signals: readonly AbortSignal[],
  what: string,
): Deadline {
  const timeout = new AbortController()
  const stopTimer = clock.timer(timeoutMs, () =>
    timeout.abort(
      TaskFault.of('timeout', `${what} took longer than ${timeoutMs} ms (timeout_ms) and was stopped.`),
    ),
  )
  return { signal: AbortSignal.any([...signals, timeout.signal]), [Symbol.dispose]: stopTimer }
}
