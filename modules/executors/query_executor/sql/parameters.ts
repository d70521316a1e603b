/**
 * From the JSON of `parameters` to what is bound. JSON has no big integers and no bytes, so an object with one of these
 * members alone stands for one: `{integer: "9007199254740993"}`, `{base64: "…"}`, and `{json: …}` for a JSON document.
 * Any other object is a JSON document too. Pure.
 */
import { isJsonObject, TaskFault, type Json } from '@nexus/sdk'
import { JsonDocument, type BoundValue } from '../driver.ts'

/** `place` names the parameter in errors. */
export function boundValue(value: Json, place: string): BoundValue {
  if (Array.isArray(value)) return value.map((item: Json, index) => boundValue(item, `${place}[${index}]`))
  if (isJsonObject(value)) return boundObject(value, place)
  if (typeof value !== 'number' || !Number.isInteger(value)) return value as null | boolean | number | string
  return boundInteger(value, place)
}

/** A JSON number of this size has lost digits before it came here; the engine would get a neighbour of it. */
function boundInteger(value: number, place: string): BoundValue {
  if (Number.isSafeInteger(value)) return BigInt(value)
  if (Math.abs(value) >= 2 ** 63) return value
  throw wrongParameter(
    place,
    `the number ${value} is beyond 2^53, where JSON numbers lose digits; write {integer: "${BigInt(value)}"}`,
  )
}

const integerDigitsMax = 1_000

function boundObject(value: { readonly [key: string]: Json }, place: string): BoundValue {
  const [member, ...others] = Object.keys(value)
  const content = member === undefined || others.length > 0 ? undefined : value[member]
  if (content === undefined) return new JsonDocument(value)
  if (member === 'json') return new JsonDocument(content)
  if (member === 'base64') {
    if (typeof content === 'string' && /^[A-Za-z0-9+/\s]*={0,2}\s*$/.test(content))
      return Buffer.from(content, 'base64')
    throw wrongParameter(place, 'base64 must be a text in base64')
  }
  if (member === 'integer') {
    const text = typeof content === 'number' ? String(content) : content
    if (typeof text === 'string' && /^[+-]?\d+$/.test(text) && text.length <= integerDigitsMax)
      return BigInt(text)
    throw wrongParameter(place, 'integer must be the digits of a whole number')
  }
  return new JsonDocument(value)
}

export function wrongParameter(place: string, why: string): TaskFault {
  return TaskFault.of('validation', `The parameter ${place} cannot be bound: ${why}.`)
}
