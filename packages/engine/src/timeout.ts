/**
 * Timeouts of tasks and workflows. The moment is recorded when the task first starts, so that a restart does not begin
 * it anew. What is under way is told to stop and given a moment to do so; then the fault comes, whatever it does.
 * Source: DSL 1.0.3, "Timeouts".
 */
import { TaskFault, type Json } from '@nexus/sdk'
import { durationMs } from '@nexus/workflow'
import { setMaxListeners } from 'node:events'
import type { Frame } from './frame.ts'

/** How long what has timed out may take to stop. */
const stopGraceMsMax = 5_000

/** Runs `work` for at most the duration of `timeout`. Rejects with a `TaskFault` of type timeout when that is over. */
export function withTimeout<T>(frame: Frame, timeout: Json | undefined, work: () => Promise<T>): Promise<T> {
  return timeout === undefined ? work() : limited(frame, timeout, work)
}

async function limited<T>(frame: Frame, timeout: Json, work: () => Promise<T>): Promise<T> {
  const limitMs = durationMs((timeout as { after: Json }).after)
  const { clock, durable } = frame.run
  const until = await durable.deadline(`${frame.path}/timeout`, clock.now() + limitMs)
  const outer = frame.signal
  const controller = new AbortController()
  const late = Promise.withResolvers<never>()
  let stopGrace = (): void => {}
  const stopTimer = clock.timer(until - clock.now(), () => {
    controller.abort(timedOut(frame, limitMs))
    stopGrace = clock.timer(stopGraceMsMax, () => late.reject(controller.signal.reason))
  })
  frame.signal = AbortSignal.any([outer, controller.signal])
  setMaxListeners(0, frame.signal)
  try {
    return await Promise.race([work(), late.promise])
  } catch (error) {
    throw controller.signal.aborted && !outer.aborted ? controller.signal.reason : error
  } finally {
    frame.signal = outer
    stopTimer()
    stopGrace()
  }
}

function timedOut({ reference, name }: Frame, limitMs: number): TaskFault {
  const what = reference === '' ? `The workflow "${name}"` : `The task ${reference}`
  return TaskFault.of('timeout', `${what} took longer than its timeout of ${limitMs} ms.`)
}
