/**
 * What is done with each event or message that a subscription consumes: its tasks, with the item as their input, then the
 * iterator's own output and context. Source: DSL 1.0.3, "Subscription Iterator".
 */
import { isJsonObject, type ChildTask } from '@nexus/sdk'
import { exportContext, transformOutput, type SubscriptionIterator } from '@nexus/workflow'
import type { Handled } from './events.ts'
import type { Frame } from './frame.ts'
import { runList } from './interpreter.ts'

/** `list.input` is the item; `list.at` is where the iterator's tasks stand, whether it has any or not. */
export async function handleItem(
  frame: Frame,
  iterator: SubscriptionIterator,
  list: ChildTask & { readonly variables: NonNullable<ChildTask['variables']> },
): Promise<Handled> {
  const { run } = frame
  const { variables, input } = list
  const { output: raw, then } = iterator.do ? await runList(frame, list) : { output: input, then: 'continue' }
  const scope = frame.derive({ variables })
  scope.rawOutput = raw
  scope.output = run.mask(transformOutput(iterator.output, raw, scope))
  const { output } = scope
  if (iterator.export === undefined) return { output, then }
  const context = run.mask(exportContext(iterator.export, output, run.context ?? null, scope))
  run.context = context
  return { output, then, context }
}

/** The iterator whose tasks stand at that place below the task; undefined for any other list. */
export function iteratorAt(frame: Frame, at: ChildTask['at']): SubscriptionIterator | undefined {
  if (at.at(-2) !== 'foreach' || at.at(-1) !== 'do') return undefined
  let here: unknown = frame.definition
  for (const key of at.slice(0, -1)) here = isJsonObject(here) ? here[key] : undefined
  return isJsonObject(here) ? here : undefined
}
