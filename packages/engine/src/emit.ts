/**
 * `emit`: publishes a CloudEvent, and gives it as its output. What the document leaves out is made from the run and the
 * path, so that a crash between the publication and its record publishes nothing twice. Source: DSL 1.0.3, "Emit".
 */
import { TaskFault, type Json } from '@nexus/sdk'
import { evaluateTemplate, type EmitTask } from '@nexus/workflow'
import { completeEvent } from './cloud_event.ts'
import { iso } from './lifecycle_events.ts'
import type { Frame } from './frame.ts'
import type { Work } from './primitives.ts'

export function emit(frame: Frame): Promise<Work> {
  return publish(frame, (frame.definition as EmitTask).emit.event.with)
}

/** `call: event.emit`: the same for whoever calls capabilities, with the attributes as its input. */
export function emitCall(frame: Frame): Promise<Work> {
  return publish(frame, (frame.definition as { with?: Json }).with ?? {})
}

async function publish(frame: Frame, attributes: Json): Promise<Work> {
  const { run, path, input, startedAt } = frame
  const { namespace, name, version } = run.workflow
  const event = completeEvent(run.mask(evaluateTemplate(attributes, input, frame)), {
    id: `${run.id}${path}`,
    source: encodeURI(`/${namespace}/${name}/${version}`),
    time: iso(startedAt),
  })
  if (typeof event === 'string') throw TaskFault.of('validation', event)
  await run.durable.publish(event)
  return { output: event }
}
