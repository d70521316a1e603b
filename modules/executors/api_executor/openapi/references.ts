/**
 * Local references (`$ref: '#/…'`), followed where something is looked at and no deeper: a schema that refers to itself
 * costs nothing. It fetches nothing: a reference into another document is an error.
 */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'

/** The object that stands there, or that its references lead to; undefined where there is none. */
export function follow(root: JsonObject, value: Json | undefined): JsonObject | undefined {
  const seen = new Set<string>()
  let here = value
  while (isJsonObject(here) && typeof here['$ref'] === 'string') {
    const reference = here['$ref']
    if (seen.has(reference)) throw broken(reference, 'leads back to itself')
    seen.add(reference)
    here = lookUp(root, reference)
  }
  return isJsonObject(here) ? here : undefined
}

/** The objects of a list, each with its references followed; none where there is no list. */
export function followEach(root: JsonObject, list: Json | undefined): JsonObject[] {
  if (!Array.isArray(list)) return []
  return list.map((item: Json) => follow(root, item)).filter((item) => item !== undefined)
}

/** A member of the object's own, never one that it inherits. */
export function member(value: JsonObject | undefined, key: string): Json | undefined {
  return value !== undefined && Object.hasOwn(value, key) ? value[key] : undefined
}

function lookUp(root: JsonObject, reference: string): Json {
  if (reference !== '#' && !reference.startsWith('#/')) {
    throw broken(reference, 'points into another document. Bundle the documents into one')
  }
  let here: Json | undefined = root
  for (const key of keysOf(reference)) here = step(here, key)
  if (here === undefined) throw broken(reference, 'points to nothing')
  return here
}

/** RFC 6901, in its form for the fragment of a URI. */
function keysOf(reference: string): string[] {
  const keys = reference.split('/').slice(1)
  return keys.map((key) => decoded(key, reference).replaceAll('~1', '/').replaceAll('~0', '~'))
}

function decoded(key: string, reference: string): string {
  try {
    return decodeURIComponent(key)
  } catch (error) {
    throw broken(reference, 'is not encoded as the fragment of a URI', error)
  }
}

function step(here: Json | undefined, key: string): Json | undefined {
  if (Array.isArray(here)) return (here as readonly Json[])[Number(key)]
  return isJsonObject(here) ? member(here, key) : undefined
}

function broken(reference: string, why: string, cause?: unknown): TaskFault {
  return TaskFault.of('configuration', `The OpenAPI document cannot be used: $ref "${reference}" ${why}.`, {
    cause,
  })
}
