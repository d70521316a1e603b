/**
 * What an answer cost that faulted its task: a fault has no output in which it could be said, so an event of the run says
 * it, which is recorded with the run. It never hides the fault.
 */
import { TaskFault, type JsonObject, type ModuleContext } from '@nexus/sdk'

/** `data`: `{task, model, usage, cost_usd, cost_known}`. */
export const faultedAnswer = 'io.nexus.llm.faulted.v1'

/** `spent`: as `usageAndCost` gives it. The fault, with what it cost in its words. */
export async function recorded(
  fault: TaskFault,
  { context, model, spent }: { context: ModuleContext; model: string; spent: JsonObject },
): Promise<TaskFault> {
  const { usage, cost_usd: cost } = spent
  if (usage === null || usage === undefined) return fault
  const data = { task: context.taskId, model, ...spent }
  try {
    await context.call('event.emit', { type: faultedAnswer, subject: context.run.id, data })
  } catch (error) {
    context.signal.throwIfAborted()
    context.log.warn(`What the answer cost could not be recorded: ${String(error)}`, data)
  }
  const money = typeof cost === 'number' ? `cost ${cost} US dollars` : 'cost what is not known'
  const detail = `${fault.error.detail ?? ''} It used ${tokensIn(usage)} tokens and ${money}.`.trim()
  return new TaskFault({ ...fault.error, detail }, { cause: fault.cause })
}

function tokensIn(usage: JsonObject[string]): number {
  const tokens =
    typeof usage === 'object' && usage !== null && 'total_tokens' in usage ? usage['total_tokens'] : 0
  return Number(tokens)
}
