/**
 * The part of JSON Schema that the workflow schema is written in, as the shape check reads it.
 */
import type { TSchema } from 'typebox'
import type { Mark } from '../schema/describe.ts'

export interface Shape {
  readonly $ref?: string
  readonly title?: string
  readonly anyOf?: readonly Shape[]
  readonly type?: 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean'
  readonly const?: unknown
  readonly enum?: readonly string[]
  readonly not?: { readonly enum?: readonly string[] }
  readonly pattern?: string
  readonly minLength?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Shape
  readonly minItems?: number
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean | Shape
  readonly minProperties?: number
  readonly maxProperties?: number
  readonly dependentRequired?: Readonly<Record<string, readonly string[]>>
  readonly 'x-nexus'?: Mark
}

/** A schema as this check reads it. TypeBox types the builder of each keyword, not the keywords. */
export function shapeOf(schema: TSchema): Shape {
  return schema
}
