/**
 * `after`: a run at once, and another so long after each has ended. Source: DSL 1.0.3, "Schedule".
 */
import { isJsonObject, sleepUntil, type Json } from '@nexus/sdk'
import { durationMs } from '@nexus/workflow'
import type { Trigger } from './trigger.ts'

export function afterTrigger(after: Json): Trigger {
  const delayMs = durationMs(after)
  return async ({ clock, signal, state, advance, fire, ended }) => {
    let run = isJsonObject(state ?? null) ? (state as { run?: Json }).run : undefined
    let next = typeof state === 'number' ? state : clock.now()
    for (;;) {
      if (typeof run === 'string') {
        next = (await ended(run)) + delayMs
        await advance(next)
      }
      await sleepUntil(clock, next, signal)
      run = await fire({}, (id) => ({ run: id }))
    }
  }
}
