/**
 * The words in which the wire is written down: a thin layer over TypeBox that closes every object and describes every
 * value. A schema with a title is named by it in the OpenAPI document.
 */
import { Type, type Static, type TProperties, type TSchema } from 'typebox'
import type { Json, JsonObject } from '@nexus/sdk'

type Extra = Readonly<Record<string, unknown>>

/** An object that has these keys and no others. */
export function closed<const Properties extends TProperties>(properties: Properties, extra: Extra = {}) {
  return Type.Object(properties, { additionalProperties: false, ...extra })
}

/** An object that is answered: later versions may say more. */
export function named<const Properties extends TProperties>(
  title: string,
  description: string,
  properties: Properties,
) {
  return Type.Object(properties, { title, description })
}

export const optional = Type.Optional
export const text = (description: string, extra: Extra = {}) => Type.String({ description, ...extra })
export const whole = (description: string, extra: Extra = {}) => Type.Integer({ description, ...extra })
export const flag = (description: string, extra: Extra = {}) => Type.Boolean({ description, ...extra })
export const moment = (description: string) => Type.String({ description, format: 'date-time' })

/** What is answered is read, not changed. */
export const list = <Item extends TSchema>(item: Item, description: string, extra: Extra = {}) =>
  Type.Unsafe<readonly Static<Item>[]>(Type.Array(item, { description, ...extra }))

/** One of a few words. */
export const choice = <const Words extends readonly string[]>(words: Words, description: string) =>
  Type.Unsafe<Words[number]>({ type: 'string', enum: [...words], description })

export const nullable = <Value extends TSchema>(value: Value) => Type.Union([value, Type.Null()])

/** Any JSON. */
export const anything = (description: string) => Type.Unsafe<Json>({ description })
export const anyObject = (description: string) => Type.Unsafe<JsonObject>({ type: 'object', description })
