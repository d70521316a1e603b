/**
 * `every` and `cron`: a run at each time, whether the last one has ended or not. The time to come is recorded before it
 * is waited for. Of times that passed while nobody was up, one run makes up, or none. Source: DSL 1.0.3, "Schedule".
 */
import { sleepUntil, type Json } from '@nexus/sdk'
import { durationMs, nextCronTime } from '@nexus/workflow'
import type { Trigger, TriggerContext } from './trigger.ts'

/** Each time this much has passed since the workflow was deployed. */
export function everyTrigger(every: Json): Trigger {
  const lengthMs = durationMs(every)
  return (context) => {
    const { deployedAt } = context.deployment
    return repeat(
      context,
      (after) => deployedAt + (Math.floor((after - deployedAt) / lengthMs) + 1) * lengthMs,
    )
  }
}

export function cronTrigger(expression: string): Trigger {
  return (context) => repeat(context, (after) => nextCronTime(expression, after))
}

async function repeat(
  context: TriggerContext,
  timeAfter: (afterMs: number) => number | undefined,
): Promise<void> {
  const { clock, signal, advance, fire } = context
  let next = firstTime(context, timeAfter)
  if (next !== undefined && next !== context.state) await advance(next)
  while (next !== undefined) {
    await sleepUntil(clock, next, signal)
    const following = timeAfter(Math.max(next, clock.now()))
    await fire({}, () => following ?? over)
    next = following
  }
}

/** What is recorded where a schedule has no further time. */
const over = 'over'

function firstTime(
  { state, clock, deployment, missed }: TriggerContext,
  timeAfter: (afterMs: number) => number | undefined,
): number | undefined {
  if (state === over) return undefined
  const next = typeof state === 'number' ? state : timeAfter(deployment.deployedAt)
  const passed = next !== undefined && next < clock.now()
  return passed && missed === 'skip' ? timeAfter(clock.now()) : next
}
