/**
 * Consumes messages as long as a task wants: those that pass its filter, in their order, each handled before the next.
 * What comes meanwhile waits. A crash begins the subscription again; messages that were consumed before are then gone.
 * Source: DSL 1.0.3, "AsyncAPI Subscription" and "AsyncAPI Subscription Lifetime".
 */
import { TaskFault, type Json } from '@nexus/sdk'
import type { ProtocolOptions } from '../protocol_options.ts'
import type { Subscription } from './arguments.ts'
import type { Feed } from './feed.ts'
import { inbound } from './message.ts'

/** What was consumed, and whether the flow ends with it. */
export interface Consumed {
  readonly items: readonly Json[]
  readonly isEnd: boolean
}

export interface Consuming {
  readonly subscription: Subscription
  readonly correlation: string | undefined
  readonly options: ProtocolOptions
}

export async function consume(feed: Feed, consuming: Consuming): Promise<Consumed> {
  const { subscription, options } = consuming
  const over = new AbortController()
  const signal = AbortSignal.any([options.signal, over.signal])
  const { forMs } = subscription
  const stopTimer = forMs === undefined ? undefined : options.clock.timer(forMs, () => over.abort())
  const items: Json[] = []
  try {
    while (await wantsMore(items, consuming)) {
      const message = inbound(await feed.next(signal), consuming.correlation)
      if (!(await passes(message, consuming))) continue
      const { output, isEnd } = await handle(message, items.length, consuming)
      items.push(output)
      if (isEnd) return { items, isEnd }
      if (items.length > options.messagesMax)
        throw TaskFault.of(
          'runtime',
          `More than ${options.messagesMax} messages were consumed (max_messages).`,
        )
    }
  } catch (error) {
    options.signal.throwIfAborted()
    // Its time is over: what came until then is the output.
    if (!over.signal.aborted || error !== over.signal.reason) throw error
  } finally {
    stopTimer?.()
  }
  return { items, isEnd: false }
}

/** `.` of the conditions is what was consumed so far. `while` is asked after a message, `until` before. */
async function wantsMore(items: readonly Json[], { subscription, options }: Consuming): Promise<boolean> {
  const { amount, while: goesOn, until } = subscription
  if (amount !== undefined) return items.length < amount
  if (until !== undefined) return !isTrue(await options.run.evaluate(until, { input: [...items] }))
  if (goesOn === undefined || items.length === 0) return true
  return isTrue(await options.run.evaluate(goesOn, { input: [...items] }))
}

async function passes(message: Json, { subscription, options }: Consuming): Promise<boolean> {
  const { filter } = subscription
  return filter === undefined || isTrue(await options.run.evaluate(filter, { input: message }))
}

/** At each attempt elsewhere: what was done for a message of an earlier one is not what is done for this. */
async function handle(
  message: Json,
  index: number,
  { subscription, options }: Consuming,
): Promise<{ output: Json; isEnd: boolean }> {
  const { iterator } = subscription
  if (!iterator) return { output: message, isEnd: false }
  const { output, then } = await options.run.list({
    at: ['with', 'subscription', 'foreach', 'do'],
    path: ['attempt', options.attempt, 'message', index],
    input: message,
    variables: { [iterator.item]: message, [iterator.at]: index },
  })
  return { output, isEnd: then === 'end' }
}

/** As jq has truth. */
function isTrue(value: Json): boolean {
  return value !== false && value !== null
}
