/** Whether a JSON Schema is one that endpoints take as `strict`: every object closed, every property required. Pure. */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'

const depthMax = 64

export function isStrict(schema: Json, depth = 0): boolean {
  if (!isJsonObject(schema) || depth > depthMax) return false
  return isClosed(schema) && partsOf(schema).every((part) => isStrict(part, depth + 1))
}

function isClosed(schema: JsonObject): boolean {
  const { type, properties, additionalProperties, required = [] } = schema
  if (type !== 'object' && properties === undefined) return true
  const names = isJsonObject(properties ?? null) ? Object.keys(properties ?? {}) : []
  return (
    additionalProperties === false &&
    names.every((name) => Array.isArray(required) && required.includes(name))
  )
}

function partsOf({ properties, $defs, definitions, items, anyOf }: JsonObject): Json[] {
  const maps = [properties, $defs, definitions].flatMap((map) =>
    isJsonObject(map ?? null) ? Object.values(map ?? {}) : [],
  )
  return [...maps, ...(items === undefined ? [] : [items]), ...(Array.isArray(anyOf) ? anyOf : [])]
}
