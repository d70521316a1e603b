/**
 * The words in which the schema is written: a thin layer over TypeBox that gives every value a title and a description,
 * closes every object, and marks what JSON Schema has no word for (which strings are expressions, which name something
 * in `use`, which variables a part of the document brings into scope). The marks live under `x-nexus`.
 */
import { Type, type Static, type TProperties, type TSchema } from 'typebox'
import type { Json, JsonObject } from '@nexus/sdk'

/** Tables of `use` that a string can name an entry of. */
export type UseTable =
  | 'authentications'
  | 'errors'
  | 'functions'
  | 'retries'
  | 'secrets'
  | 'timeouts'
  | 'catalogs'

export interface Mark {
  /**
   * How a string is read: `expression` with or without `${ }`, `plain` never as one, `code` and `shell` likewise but where
   * `${NAME}` is usual. A string without a mark is an expression when it is wholly `${ … }`.
   */
  readonly text?: 'expression' | 'plain' | 'code' | 'shell'
  /** The string names an entry of this table of `use`. */
  readonly use?: UseTable
  /** Exactly one key of each group must be there. */
  readonly exactlyOne?: readonly (readonly string[])[]
  /** Variables that are visible inside some keys of this object. */
  readonly binds?: {
    readonly inside: readonly string[]
    /** Where the variable's name stands in this object, and its name where nothing stands there. */
    readonly variables: readonly { readonly at: readonly string[]; readonly otherwise: string }[]
  }
  /** A task list whose tasks do not follow each other. */
  readonly parallel?: boolean
  /** The value is itself a JSON Schema: nothing in it is an expression. */
  readonly jsonSchema?: boolean
}

export function mark(value: Mark) {
  const { exactlyOne } = value
  if (!exactlyOne) return { 'x-nexus': value }
  return {
    'x-nexus': value,
    allOf: exactlyOne.map((group) => ({ oneOf: group.map((key) => ({ required: [key] })) })),
  }
}

export function markOf(schema: object): Mark | undefined {
  return (schema as { 'x-nexus'?: Mark })['x-nexus']
}

type Extra = Readonly<Record<string, unknown>>

/** An object that has these keys and no others. Titles of objects complete "this …", those of texts "must be …". */
export function closed<const Properties extends TProperties>(
  title: string,
  description: string,
  properties: Properties,
  extra: Extra = {},
) {
  return Type.Object(properties, { title, description, additionalProperties: false, ...extra })
}

/** An object with known keys that may have others too. */
export function open<const Properties extends TProperties>(
  title: string,
  description: string,
  properties: Properties,
  extra: Extra = {},
) {
  return Type.Object(properties, { title, description, ...extra })
}

export const optional = Type.Optional

export const text = (description: string, extra: Extra = {}) => Type.String({ description, ...extra })
/** A jq expression, with or without `${ }` around it. */
export const expression = (description: string) =>
  Type.String({ title: 'a runtime expression', description, ...mark({ text: 'expression' }) })
export const flag = (description: string, extra: Extra = {}) => Type.Boolean({ description, ...extra })
export const whole = (description: string, extra: Extra = {}) => Type.Integer({ description, ...extra })
export const list = <Item extends TSchema>(item: Item, description: string, extra: Extra = {}) =>
  Type.Array(item, { description, ...extra })

/** One of a few words. */
export const choice = <const Words extends readonly string[]>(
  words: Words,
  description: string,
  extra: Extra = {},
) => Type.Unsafe<Words[number]>({ type: 'string', enum: [...words], description, ...extra })

/** Any JSON; strings in it that are wholly `${ … }` are expressions. */
export const anything = (description: string, extra: Extra = {}) =>
  Type.Unsafe<Json>({ description, ...extra })
/** An object with any keys. */
export const anyObject = (description: string, extra: Extra = {}) =>
  Type.Unsafe<JsonObject>({ type: 'object', description, ...extra })

/** Names of the author's choice to values of one shape. */
export const mapOf = <Value extends TSchema>(value: Value, description: string, extra: Extra = {}) =>
  Type.Unsafe<Record<string, Static<Value>>>({
    type: 'object',
    description,
    additionalProperties: value,
    ...extra,
  })

/** One of several shapes. The title completes "must be …" in messages. */
export const either = <const Shapes extends TSchema[]>(
  title: string,
  shapes: [...Shapes],
  description: string,
) => Type.Union(shapes, { title, description })

/** Refers to a shape under `$defs`, by its name there. */
export const reference = <T>(name: DefinitionName, description: string, extra: Extra = {}) =>
  Type.Unsafe<T>({ $ref: `#/$defs/${name}`, description, ...extra })

/** Shapes that are used in several places or hold themselves. */
export type DefinitionName =
  | 'authentication'
  | 'duration'
  | 'endpoint'
  | 'error'
  | 'event'
  | 'event_filter'
  | 'events'
  | 'export'
  | 'external_resource'
  | 'input'
  | 'output'
  | 'retry'
  | 'subscription_iterator'
  | 'task'
  | 'task_list'
  | 'timeout'

/** A string that is wholly `${ … }`. */
export const wrappedExpression = (description: string) =>
  Type.String({
    title: 'a runtime expression ${ … }',
    description,
    pattern: String.raw`^\s*\$\{[\s\S]+\}\s*$`,
  })
