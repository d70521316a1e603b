/**
 * One attempt at the list of a `try`, with its time limit. An attempt that runs out of time is aborted, waited for, and
 * faults with a timeout. A cancelled run is no fault: it goes through.
 */
import { Cancelled, TaskFault, workflowError, type ChildOutcome, type ModuleContext } from '@nexus/sdk'

export type Attempt =
  | { readonly kind: 'completed'; readonly outcome: ChildOutcome }
  | { readonly kind: 'faulted'; readonly fault: TaskFault }

/**
 * `limitMs` is measured from here: a restart gives the attempt that was under way its whole time again. The limit of an
 * attempt that was over before is not measured again, because what it left in the record says how it ended.
 */
export async function runAttempt(
  context: ModuleContext,
  attempt: number,
  limitMs: number | undefined,
): Promise<Attempt> {
  const limit = new AbortController()
  const stopTimer = abortAfter(context, limit, limitMs)
  try {
    const outcome = await context.run.list({
      at: ['try'],
      input: context.run.input,
      ...(attempt > 1 && { path: ['retry', attempt] }),
      ...(limitMs !== undefined && { signal: limit.signal }),
    })
    return { kind: 'completed', outcome }
  } catch (thrown) {
    context.signal.throwIfAborted()
    if (thrown instanceof TaskFault) return { kind: 'faulted', fault: thrown }
    // Nothing but the limit cancels an attempt whose run goes on, in this life of the process or an earlier one.
    if (thrown instanceof Cancelled && limitMs !== undefined) {
      return { kind: 'faulted', fault: timeout(context, attempt, limitMs) }
    }
    throw thrown
  } finally {
    stopTimer()
  }
}

function abortAfter(context: ModuleContext, limit: AbortController, limitMs: number | undefined): () => void {
  if (limitMs === undefined) return () => {}
  return context.clock.timer(limitMs, () => limit.abort(new Cancelled('The attempt took too long.')))
}

function timeout({ metadata }: ModuleContext, attempt: number, limitMs: number): TaskFault {
  const detail = `Attempt ${attempt} took longer than ${limitMs} ms, the limit.attempt.duration of its retry policy.`
  return new TaskFault({ ...workflowError('timeout', detail), instance: metadata.reference })
}
