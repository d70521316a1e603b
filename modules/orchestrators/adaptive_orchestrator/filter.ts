/** Whether an error has all the values of an error filter. Pure. */
import type { Json, JsonObject, WorkflowError } from '@nexus/sdk'

export function matches(error: WorkflowError, filter: JsonObject): boolean {
  const values: JsonObject = { ...error }
  return Object.entries(filter).every(([key, wanted]) => {
    const value = Object.hasOwn(values, key) ? values[key] : undefined
    return key === 'type' ? isSameType(value, wanted) : value === wanted
  })
}

/**
 * The standard types of the specification have had two hosts and two forms of path, and its own test kit still uses the
 * older form. All of them mean the same type, which is their last segment.
 */
const standardType =
  /^https?:\/\/(?:open-workflow-specification\.org|serverlessworkflow\.io)\/(?:spec\/[^/]+\/errors|dsl\/errors\/types)\/([^/]+)\/?$/

function isSameType(type: Json | undefined, wanted: Json): boolean {
  if (type === wanted) return true
  const name = standardName(type)
  return name !== undefined && name === standardName(wanted)
}

function standardName(type: Json | undefined): string | undefined {
  return typeof type === 'string' ? standardType.exec(type)?.[1] : undefined
}
