/**
 * What is thrown on one side of the wire, on the other: a `TaskFault` and a `Cancelled` stay what they are,
 * anything else keeps its name, message and stack. Nothing that comes in is trusted to have its shape.
 */
import { Cancelled, isJsonObject, TaskFault, type JsonObject, type WorkflowError } from '@nexus/sdk'
import { ModuleFailure } from '../../host.ts'
import { withCauses } from '../causes.ts'
import { RemoteError } from './peer.ts'
import type { WireThrown } from './protocol.ts'

/** `sayOf`: what one error says by itself; what it was made of is said with it, since it stays behind. */
export function encodeThrown(thrown: unknown, sayOf?: (error: Error) => string): WireThrown {
  if (thrown instanceof TaskFault) return { kind: 'fault', error: thrown.error }
  if (thrown instanceof Cancelled) return { kind: 'cancelled', message: thrown.message }
  if (thrown instanceof ModuleFailure) return { kind: 'failure', message: thrown.message }
  if (!(thrown instanceof Error)) return { kind: 'thrown', name: '', message: String(thrown) }
  const { name, stack } = thrown
  return {
    kind: 'thrown',
    name,
    message: withCauses(thrown, sayOf),
    ...(stack === undefined ? {} : { stack }),
  }
}

/** What the other side threw, made anew; any other error as it is. */
export function decodeThrown(error: unknown): unknown {
  if (!(error instanceof RemoteError)) return error
  const { kind, error: fault, message, name, stack } = error.thrown
  const text = typeof message === 'string' ? message : error.message
  if (kind === 'fault' && isWorkflowError(fault)) return new TaskFault(fault)
  if (kind === 'cancelled') return new Cancelled(text)
  // Not an Error there, so that it is shown here as it was: `throw 'no'`.
  if (kind === 'thrown' && name === '') return text
  return remade(typeof name === 'string' ? name : 'Error', text, stack)
}

export function isWorkflowError(value: unknown): value is WorkflowError & JsonObject {
  return isJsonObject(value) && typeof value['type'] === 'string' && typeof value['status'] === 'number'
}

function remade(name: string, message: string, stack: unknown): Error {
  const error = new Error(message)
  error.name = name
  error.stack = typeof stack === 'string' ? stack : `${name}: ${message}`
  return error
}
