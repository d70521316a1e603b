/**
 * A chat as the task says it, and the body that asks for it. What the endpoint has that this knows nothing of goes through
 * `options`, except where it would change what comes back. It sends nothing.
 */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import type { Settings } from '../settings.ts'
import { numberOf } from '../settings.ts'
import { requireSchema } from './schema.ts'

export interface ChatRequest {
  readonly messages: readonly JsonObject[]
  readonly model: string
  readonly temperature: number | undefined
  readonly maxTokens: number | undefined
  readonly seed: number | undefined
  readonly tools: readonly JsonObject[]
  readonly toolChoice: Json | undefined
  readonly responseSchema: JsonObject | undefined
  /** Whether an answer that breaks the schema, or calls tools that were not given, faults the task. */
  readonly isValidated: boolean
  readonly options: JsonObject
}

export function readChat(inputData: Json, settings: Settings): ChatRequest {
  const input = objectOf(inputData)
  const { response_schema: schema } = input
  if (schema !== undefined && !isJsonObject(schema))
    throw wrong('response_schema', 'a JSON Schema, as an object')
  if (schema !== undefined) requireSchema(schema)
  return {
    messages: objectsOf(input['messages'], 'messages', 1),
    model: modelOf(input['model'], settings.model, 'model'),
    temperature: numberOf(input['temperature']) ?? settings.temperature,
    maxTokens: maxTokensOf(numberOf(input['max_tokens']), settings.maxTokens),
    seed: numberOf(input['seed']),
    tools: objectsOf(input['tools'] ?? [], 'tools', 0),
    toolChoice: input['tool_choice'],
    responseSchema: schema,
    isValidated: input['validate'] !== false,
    options: optionsOf(input['options']),
  }
}

/** Without what depends on the endpoint: see `adjust.ts`. */
export function bodyOf(request: ChatRequest, { isStreamed }: Settings): JsonObject {
  const { options, messages, model, temperature, seed, tools, toolChoice } = request
  return {
    ...options,
    model,
    messages,
    stream: isStreamed,
    ...(temperature !== undefined && { temperature }),
    ...(seed !== undefined && { seed }),
    ...(tools.length > 0 && { tools }),
    ...(toolChoice !== undefined && { tool_choice: toolChoice }),
  }
}

/** `setting`: the key of the configuration that says it where the task does not. */
export function modelOf(value: Json | undefined, usual: string, setting: string): string {
  const model = typeof value === 'string' && value !== '' ? value : usual
  if (model !== '') return model
  throw TaskFault.of(
    'configuration',
    `No model is said: give the task a \`model\`, or set \`${setting}\` of openai_integration.`,
  )
}

/** What the task asks for is bounded by what is configured. */
function maxTokensOf(asked: number | undefined, bound: number | undefined): number | undefined {
  if (asked === undefined || bound === undefined) return asked ?? bound
  return Math.min(asked, bound)
}

/** They say what comes back, and how. */
const ownMembers = [
  'model',
  'messages',
  'stream',
  'stream_options',
  'n',
  'tools',
  'tool_choice',
  'response_format',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'seed',
  'functions',
  'function_call',
]

function optionsOf(value: Json = {}): JsonObject {
  if (!isJsonObject(value)) throw wrong('options', 'an object')
  const own = ownMembers.find((name) => Object.hasOwn(value, name))
  if (own !== undefined)
    throw wrong('options', `without \`${own}\`, which the task says otherwise or not at all`)
  return value
}

export function objectOf(value: Json): JsonObject {
  if (isJsonObject(value)) return value
  throw wrong('with', 'an object')
}

function objectsOf(value: Json | undefined, place: string, amountMin: number): readonly JsonObject[] {
  if (Array.isArray(value) && value.length >= amountMin && value.every(isJsonObject)) return value
  throw wrong(place, 'a list of objects')
}

/** `place` is a member of `with`. */
export function wrong(place: string, expected: string): TaskFault {
  return TaskFault.of('validation', `The argument ${place} must be ${expected}.`)
}
