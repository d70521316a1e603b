/**
 * What an operation takes, in the same words for every version of OpenAPI. `version_2.ts` and `version_3.ts` read it out
 * of a description; nobody else has to know which version that was.
 */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import type { DescribedOperation, Description } from './description.ts'
import { follow, followEach } from './references.ts'
import type { Style } from './style.ts'

export interface Operation {
  readonly id: string
  /** In upper case. */
  readonly method: string
  /** With its parameters in braces. */
  readonly path: string
  /** What the path is put after. */
  readonly base: URL
  readonly parameters: readonly Parameter[]
  readonly body: Body | undefined
  readonly responses: readonly DescribedResponse[]
}

export interface DescribedResponse {
  /** As the document has it: `200`, `2XX`, `default`. */
  readonly status: string
  /** By media type. */
  readonly schemas: readonly (readonly [mediaType: string, schema: Json])[]
}

export type Place = 'path' | 'query' | 'header' | 'cookie'

export interface Parameter extends Shape {
  readonly name: string
  readonly place: Place
  readonly required: boolean
  readonly schema: Json | undefined
}

export interface Shape {
  readonly style: Style
  readonly explode: boolean
  /** Reserved characters are sent as they are. */
  readonly keepsReserved: boolean
  /** Sent as a text of JSON, whatever its style. */
  readonly isJson: boolean
}

export interface Body {
  readonly required: boolean
  readonly mediaType: string
  /** The name under which the whole of it may be given, besides `body`. */
  readonly name: string | undefined
  /** It has a member of its own that is named `body`, so that this is not the whole of it. */
  readonly hasMemberBody: boolean
  readonly fields: ReadonlyMap<string, Field>
  readonly schema: Json | undefined
}

/** A member of a form. */
export interface Field {
  readonly required: boolean
  readonly isFile: boolean
  /** As which type it is sent among the parts of a form. */
  readonly mediaType: string | undefined
  readonly shape: Shape | undefined
}

export interface WrittenParameter {
  readonly name: string
  readonly written: JsonObject
}

/** Those of the operation, then those of its path that it does not replace, each with its references followed. */
export function parametersOf(
  { root }: Description,
  { item, operation }: DescribedOperation,
): WrittenParameter[] {
  const all = new Map<string, WrittenParameter>()
  for (const written of [
    ...followEach(root, operation['parameters']),
    ...followEach(root, item['parameters']),
  ]) {
    const { name } = written
    const key = JSON.stringify([written['in'] ?? null, name ?? null])
    if (typeof name === 'string' && !all.has(key)) all.set(key, { name, written })
  }
  return [...all.values()]
}

const preferred = [
  /^application\/json\b/i,
  /[/+]json\b/i,
  /^application\/x-www-form-urlencoded\b/i,
  /^multipart\//i,
]

/** The type in which a body is sent, of those that the operation takes. A pattern (one with a star) stands for JSON. */
export function chooseMediaType(types: readonly string[]): string | undefined {
  const best = preferred.map((pattern) => types.find((type) => pattern.test(type))).find(Boolean)
  return best ?? types[0]
}

/** As `follow`, where a broken reference is nobody's trouble: what it would describe is not checked. */
export function followed(root: JsonObject, value: Json): JsonObject | undefined {
  try {
    return follow(root, value)
  } catch (error) {
    if (error instanceof TaskFault) return undefined
    throw error
  }
}

export function textsOf(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item: Json) => typeof item === 'string') : []
}

export function entriesOf(value: Json | undefined): [string, Json][] {
  return isJsonObject(value) ? Object.entries(value) : []
}
