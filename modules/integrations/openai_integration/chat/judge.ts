/** Whether an answer is what was asked for: JSON that keeps to its schema, calls of tools that were given. */
import { isJsonObject, TaskFault, whyNotJson, type Json, type JsonObject } from '@nexus/sdk'
import { quoted } from '../faults.ts'
import type { Mask } from '../mask.ts'
import type { Gathered } from './gathered.ts'
import type { ChatRequest } from './request.ts'
import { breachesOf } from './schema.ts'

/** `parsed`, `tool_calls`, and where the task wants it not to fault, `invalid`: what is wrong. */
export function judged(answer: Gathered, request: ChatRequest, mask: Mask): JsonObject {
  const structured = structuredOf(answer, request)
  const calls = callsOf(answer, request)
  const problems = [...structured.problems, ...calls.problems]
  if (problems.length > 0 && request.isValidated) {
    const wrote = quoted(answer.text || JSON.stringify(answer.message()), mask)
    throw TaskFault.of('validation', mask.text(`${problems.join(' ')} The model wrote: ${wrote}`))
  }
  return {
    tool_calls: calls.calls,
    ...(structured.parsed !== undefined && { parsed: structured.parsed }),
    ...(problems.length > 0 && { invalid: problems }),
  }
}

interface Structured {
  readonly parsed?: Json
  readonly problems: readonly string[]
}

/** A model that calls tools, or refuses, gives no text to hold to the schema. */
function structuredOf(answer: Gathered, { responseSchema }: ChatRequest): Structured {
  if (responseSchema === undefined) return { problems: [] }
  if (answer.refusal !== '')
    return { problems: [`The model refuses: ${JSON.stringify(answer.refusal.slice(0, 500))}.`] }
  if (answer.text === '' && answer.tools.length > 0) return { problems: [] }
  const cut = answer.finishReason === 'length' ? ' It was cut off at the limit of tokens (max_tokens).' : ''
  const parsed = parsedText(withoutFence(answer.text))
  if (parsed === undefined)
    return { problems: [`The answer is not JSON, which response_schema asks for.${cut}`] }
  const breaches = breachesOf(responseSchema, parsed)
  if (breaches.length === 0) return { parsed, problems: [] }
  return { problems: [`The answer breaks response_schema: ${breaches.join('; ')}.${cut}`] }
}

interface Calls {
  readonly calls: readonly Json[]
  readonly problems: readonly string[]
}

function callsOf({ tools }: Gathered, request: ChatRequest): Calls {
  const given = new Set(request.tools.map(nameIn))
  const problems = tools.flatMap(({ name, arguments: written }) => [
    ...(given.has(name) ? [] : [`The model calls the tool ${JSON.stringify(name)}, which it was not given.`]),
    ...(argumentsIn(written) === undefined
      ? [`The model calls the tool ${JSON.stringify(name)} with arguments that are not a JSON object.`]
      : []),
  ])
  const calls = tools.map(({ id, name, arguments: written }): Json => ({
    id,
    name,
    arguments: argumentsIn(written) ?? null,
  }))
  return { calls, problems }
}

function nameIn({ function: tool = null }: JsonObject): string {
  const name = isJsonObject(tool) ? tool['name'] : undefined
  return typeof name === 'string' ? name : ''
}

/** A tool without parameters may be called with nothing. */
function argumentsIn(written: string): JsonObject | undefined {
  const value = parsedText(written.trim() === '' ? '{}' : written)
  return value !== undefined && isJsonObject(value) ? value : undefined
}

/** JSON that is nested deeper than anybody reads is none. */
function parsedText(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as Json
    return whyNotJson(value) === undefined ? value : undefined
  } catch {
    return undefined
  }
}

/** Models that are held by words alone like to put their JSON between marks of Markdown. */
function withoutFence(text: string): string {
  const [, inside] = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?```\s*$/.exec(text) ?? []
  return inside ?? text
}
