/**
 * `listen`: consumes events until its strategy has what it waits for, and gives them as an array, in the order of their
 * consumption. Each event that was consumed is recorded, and so is what came of it in `foreach`: a restart goes on with
 * the next. Source: DSL 1.0.3, "Listen" and "Subscription Iterator".
 */
import type { Json } from '@nexus/sdk'
import { evaluateTemplate, type ListenTask, type SubscriptionIterator, type Task } from '@nexus/workflow'
import { EventConsumption, type Match } from './consumption.ts'
import { readEvent } from './event_reading.ts'
import type { Handled } from './events.ts'
import type { Frame } from './frame.ts'
import { handleItem } from './iterator.ts'
import type { Work } from './primitives.ts'

export async function listen(frame: Frame): Promise<Work> {
  const { listen: definition, foreach } = frame.definition as ListenTask
  const consumption = new EventConsumption(frame, definition.to)
  const subscription = await frame.run.durable.subscribe(`${frame.path}/listen`, consumption)
  const past = subscription.past.values()
  const items: Json[] = []
  for (;;) {
    // Whether a past listen was over is not asked again: what it decided then shows in what it consumed next.
    const recorded = past.next().value
    if (!recorded && consumption.isOver(items)) return { output: items }
    const consumed = recorded ?? (await subscription.next((event) => consumption.match(event), frame.signal))
    const match = consumed.match as Match
    consumption.take(match)
    if (match.until) continue
    const item = readEvent(consumed.event, definition.read)
    if (!foreach) items.push(item)
    else {
      const handled = consumed.handled ?? (await handle(frame, foreach, item, items.length))
      if (!consumed.handled) subscription.handled(handled)
      items.push(handled.output)
      if (handled.then === 'end') return { output: items, then: 'end' }
    }
  }
}

/**
 * `call: event.await`, with the attributes of an event (`{type, subject…}`): waits for the first that has them all, sent to
 * this run or to every run, and gives its data.
 */
export async function awaitEvent(frame: Frame): Promise<Work> {
  const attributes = evaluateTemplate((frame.definition as { with?: Json }).with ?? {}, frame.input, frame)
  const definition = { listen: { to: { one: { with: attributes } }, read: 'data' } } as unknown as Task
  const { output } = await listen(frame.derive({ definition }))
  return { output: Array.isArray(output) ? ((output as Json[])[0] ?? null) : null }
}

/** The event is the input of the iterator's tasks. */
function handle(frame: Frame, iterator: SubscriptionIterator, item: Json, index: number): Promise<Handled> {
  const variables = { [iterator.item ?? 'item']: item, [iterator.at ?? 'index']: index }
  const place = { at: ['foreach', 'do'], path: ['listen', index] }
  return handleItem(frame, iterator, { ...place, input: item, variables })
}
