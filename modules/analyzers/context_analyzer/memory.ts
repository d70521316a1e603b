/** What a memory remembers about a goal, where a module provides `memory.search`. A memory that fails is told, not fatal. */
import { Cancelled, isJsonObject, type Json, type JsonObject, type ModuleContext } from '@nexus/sdk'
import { clip, clipped } from './clip.ts'

const memory = 'memory.search'
const foundMax = 5
const queryMax = 2_000

export async function remembered(
  goal: string,
  capabilities: readonly JsonObject[],
  context: ModuleContext,
): Promise<JsonObject> {
  const known = capabilities.find(({ task }) => task === memory)
  if (!known) return { available: false }
  if (goal.trim() === '') return { available: true, found: [] }
  try {
    return { available: true, found: listIn(await context.call(memory, questionFor(known, goal))) }
  } catch (error) {
    if (error instanceof Cancelled || context.signal.aborted) throw error
    const reason = clip(error instanceof Error ? error.message : String(error))
    context.log.warn(`The memory did not answer: ${reason}`)
    return { available: true, found: [], reason }
  }
}

/** `limit` only where its schema knows it. */
function questionFor({ input_schema: schema = true }: JsonObject, goal: string): JsonObject {
  const properties = isJsonObject(schema) ? schema['properties'] : undefined
  const limited = properties !== undefined && isJsonObject(properties) && 'limit' in properties
  return { query: goal.slice(0, queryMax), ...(limited && { limit: foundMax }) }
}

/** The first list of the answer, or the answer as the only thing found. */
function listIn(answer: Json): Json[] {
  const lists = isJsonObject(answer)
    ? Object.values(answer).filter(Array.isArray)
    : [answer].filter(Array.isArray)
  const [list = answer === null ? [] : [answer]] = lists as Json[][]
  return list.slice(0, foundMax).map((item) => clipped(item))
}
