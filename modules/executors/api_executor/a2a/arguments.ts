/** The arguments of `call: a2a`, read into a call that is complete, with the defaults that the specification names. */
import { createHash } from 'node:crypto'
import { a2aMethods, isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { wrong } from '../call.ts'

export interface A2aCall {
  readonly method: string
  readonly isStream: boolean
  readonly parameters: JsonObject
  /** The endpoint of the agent's card; else `server` is there. */
  readonly card: Json | undefined
  readonly server: Json | undefined
  readonly idempotencyKey: string
}

const streaming = new Set(['message/stream', 'tasks/resubscribe'])
const sending = new Set(['message/send', 'message/stream'])

export function readA2aCall(input: Json, idempotencyKey: string): A2aCall {
  if (!isJsonObject(input)) throw wrong('with', 'an object')
  const { method, agentCard, server, parameters = {} } = input
  const known = a2aMethods.find((name) => name === method)
  if (known === undefined) throw wrong('method', `one of ${a2aMethods.join(', ')}`)
  if (!isJsonObject(parameters)) throw wrong('parameters', 'an object')
  if (agentCard !== undefined && !isJsonObject(agentCard))
    throw wrong('agentCard', 'an object with an `endpoint`')
  if (agentCard === undefined && server === undefined)
    throw wrong('server', 'given where there is no `agentCard`')
  return {
    method: known,
    isStream: streaming.has(known),
    parameters: sending.has(known) ? withMessage(parameters, idempotencyKey) : parameters,
    card: agentCard?.['endpoint'],
    server,
    idempotencyKey,
  }
}

function withMessage(parameters: JsonObject, idempotencyKey: string): JsonObject {
  const { message } = parameters
  if (!isJsonObject(message)) throw wrong('parameters.message', 'an object')
  return {
    ...parameters,
    message: { kind: 'message', role: 'user', messageId: uuidOf(idempotencyKey), ...message },
  }
}

/** A UUID (version 8) that is the same for every attempt at the task. */
function uuidOf(key: string): string {
  const hex = createHash('sha256').update(key).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
