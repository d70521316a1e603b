/**
 * What is asked of an endpoint in the way that it takes it. Endpoints differ in how the length of an answer is bounded,
 * whether a model has a temperature, and how an answer is held to a schema. One that refuses a way is asked in the next;
 * what was changed is told with the answer. It never changes the question, the model or the tools.
 */
import type { JsonObject } from '@nexus/sdk'
import type { Refusal } from '../refusal.ts'
import type { Settings } from '../settings.ts'
import { bodyOf, type ChatRequest } from './request.ts'
import { isStrict } from './strict.ts'

/** From the firmest hold on the answer to none but words. */
export const holds = ['json_schema_strict', 'json_schema', 'json_object', 'prompt'] as const

export interface Manner {
  readonly hold: (typeof holds)[number]
  readonly tokensKey: 'max_tokens' | 'max_completion_tokens'
  readonly hasTemperature: boolean
  readonly hasStreamOptions: boolean
}

export function firstManner({ responseSchema }: ChatRequest, { isOpenAi }: Settings): Manner {
  return {
    hold: responseSchema === undefined || isStrict(responseSchema) ? 'json_schema_strict' : 'json_schema',
    tokensKey: isOpenAi ? 'max_completion_tokens' : 'max_tokens',
    hasTemperature: true,
    hasStreamOptions: true,
  }
}

export interface Adjustment {
  readonly manner: Manner
  readonly note: string
}

/** Undefined where nothing that may be changed is in the way. */
export function adjusted(manner: Manner, body: JsonObject, refusal: Refusal): Adjustment | undefined {
  if (refusal.status !== 400 && refusal.status !== 422) return undefined
  const said = `${refusal.param} ${refusal.message}`
  if (body['stream_options'] !== undefined && said.includes('stream_options'))
    return { manner: { ...manner, hasStreamOptions: false }, note: 'stream_options left out' }
  if (body['response_format'] !== undefined && /response_format|json_schema|json_object|schema/i.test(said)) {
    const hold = holds[holds.indexOf(manner.hold) + 1] ?? 'prompt'
    return { manner: { ...manner, hold }, note: `response_format ${hold}` }
  }
  if (!isUnsupported(refusal)) return undefined
  if (body[manner.tokensKey] !== undefined && said.includes(manner.tokensKey)) {
    const tokensKey = manner.tokensKey === 'max_tokens' ? 'max_completion_tokens' : 'max_tokens'
    return { manner: { ...manner, tokensKey }, note: `${tokensKey} instead of ${manner.tokensKey}` }
  }
  if (body['temperature'] !== undefined && said.includes('temperature'))
    return { manner: { ...manner, hasTemperature: false }, note: 'temperature left out' }
  return undefined
}

/** That it is not there at all, other than that its value is out of bounds. */
function isUnsupported({ code, message }: Refusal): boolean {
  return (
    code.startsWith('unsupported') ||
    /unsupported|not support|unknown|unrecognized|not permitted|extra/i.test(message)
  )
}

export function bodyIn(manner: Manner, request: ChatRequest, settings: Settings): JsonObject {
  const { temperature, ...body } = bodyOf(request, settings)
  return {
    ...body,
    ...(temperature !== undefined && manner.hasTemperature && { temperature }),
    ...(request.maxTokens !== undefined && { [manner.tokensKey]: request.maxTokens }),
    ...(settings.isStreamed && manner.hasStreamOptions && { stream_options: { include_usage: true } }),
    ...(request.responseSchema !== undefined && heldTo(request.responseSchema, manner.hold, request)),
  }
}

function heldTo(schema: JsonObject, hold: Manner['hold'], { messages }: ChatRequest): JsonObject {
  if (hold === 'json_schema_strict' || hold === 'json_schema') {
    const strict = hold === 'json_schema_strict'
    return { response_format: { type: 'json_schema', json_schema: { name: 'answer', strict, schema } } }
  }
  const content = `Answer with JSON alone, valid against this JSON Schema: ${JSON.stringify(schema)}`
  const asked = { messages: [{ role: 'system', content }, ...messages] }
  return hold === 'json_object' ? { ...asked, response_format: { type: 'json_object' } } : asked
}
