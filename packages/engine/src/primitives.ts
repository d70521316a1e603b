/**
 * The tasks that the engine does itself. Which they are is said here; those of more than a few lines have a file each.
 */
import { TaskFault, type Json, type JsonObject, type WorkflowError } from '@nexus/sdk'
import { durationMs, evaluateTemplate } from '@nexus/workflow'
import { runPlan, runWorkflow } from './child_runs.ts'
import { emit, emitCall } from './emit.ts'
import type { Frame } from './frame.ts'
import { awaitEvent, listen } from './listen.ts'

/** What a task gave, and where the flow goes when the work itself decides that. */
export interface Work {
  readonly output: Json
  readonly then?: string
  /** A task list was left by `then: exit`. */
  readonly left?: boolean
}

export interface Primitive {
  /** What it gives can be computed again from what is recorded, so that it costs no commit of its own. */
  readonly pure: boolean
  perform(frame: Frame): Promise<Work>
}

export const primitives: Readonly<Record<string, Primitive>> = {
  set: { pure: true, perform: set },
  raise: { pure: true, perform: raise },
  wait: { pure: true, perform: wait },
  emit: { pure: false, perform: emit },
  'event.emit': { pure: false, perform: emitCall },
  listen: { pure: true, perform: listen },
  'event.await': { pure: true, perform: awaitEvent },
  'run.workflow': { pure: true, perform: runWorkflow },
  'workflow.run': { pure: true, perform: runPlan },
}

async function set(frame: Frame): Promise<Work> {
  const { set: values } = frame.definition as { set: Json }
  return { output: evaluateTemplate(values, frame.input, frame) }
}

async function raise(frame: Frame): Promise<Work> {
  const { error } = (frame.definition as { raise: { error: Json } }).raise
  throw new TaskFault(raisedError(evaluateTemplate(error, frame.input, frame)))
}

/** Its texts may be expressions, which may give anything. */
function raisedError(evaluated: Json): WorkflowError {
  const { type, status, ...texts } = evaluated as JsonObject
  if (typeof type !== 'string' || typeof status !== 'number') {
    throw TaskFault.of('expression', `The type of the error to raise is no text: ${JSON.stringify(type)}`)
  }
  const told = Object.entries(texts).filter(([, value]) => value !== null)
  return { type, status, ...Object.fromEntries(told.map(([name, value]) => [name, asText(value)])) }
}

function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** The moment is recorded before the wait, so that a restart waits for what is left of it. */
async function wait(frame: Frame): Promise<Work> {
  const { wait: duration } = frame.definition as { wait: Json }
  const lengthMs = durationMs(evaluateTemplate(duration, frame.input, frame))
  await frame.run.durable.sleep(`${frame.path}/wait`, frame.run.clock.now() + lengthMs, frame.signal)
  return { output: frame.input }
}
