/** Asks a person, durably: an event says what is asked, and the run waits for the event that answers. */
import { goalEvents, isJsonObject, type Json, type JsonObject, type ModuleContext } from '@nexus/sdk'

export type Answer = { readonly approve: boolean; readonly say: string }

/**
 * Waits for as long as it takes; a restart goes on waiting. The answer is sent to the run, also before it is asked for;
 * `approve` of its data says yes or no, `say` more.
 */
export async function ask(context: ModuleContext, question: string, about: JsonObject): Promise<Answer> {
  await tell(context, 'asked', { question, ...about })
  context.stream({ channel: 'progress', text: `${question}\n` })
  return answerOf(await context.call('event.await', { type: goalEvents.answered }))
}

/** Its event is published once, also where a crash comes between that and its record. */
export async function tell(
  context: ModuleContext,
  what: keyof typeof goalEvents,
  data: JsonObject,
): Promise<void> {
  const type = goalEvents[what]
  await context.call('event.emit', { type, subject: context.run.id, data: { task: context.taskId, ...data } })
}

function answerOf(data: Json): Answer {
  const { approve, say = '' } = isJsonObject(data) ? data : {}
  return { approve: approve === true, say: typeof say === 'string' ? say : '' }
}
