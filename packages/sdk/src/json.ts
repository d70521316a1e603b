/**
 * JSON values: the only thing that crosses the border between the engine and a module.
 * This file owns the types and the check that a value really is JSON; it never copies a value that already is.
 */

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
export type JsonObject = { readonly [key: string]: Json }

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * What of a value cannot be JSON, as a JSON pointer and a reason, or undefined where all of it can.
 * `undefined` members are allowed: JSON leaves them out. Depth is bounded, so a cycle ends with a reason, not a crash.
 */
export function whyNotJson(value: unknown, pointer = '', depth = 0): string | undefined {
  if (depth > jsonDepthMax) return `${pointer || '/'}: nested deeper than ${jsonDepthMax} levels, or a cycle`
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return undefined
    case 'number':
      return Number.isFinite(value) ? undefined : `${pointer || '/'}: ${value} is not a JSON number`
    case 'object':
      return value === null ? undefined : whyNotJsonContainer(value, pointer, depth)
    default:
      return `${pointer || '/'}: a ${typeof value} is not JSON`
  }
}

export const jsonDepthMax = 10_000

function whyNotJsonContainer(value: object, pointer: string, depth: number): string | undefined {
  if (!Array.isArray(value) && !isPlain(value)) {
    return `${pointer || '/'}: a ${value.constructor?.name ?? 'non-plain object'} is not JSON`
  }
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined && !Array.isArray(value)) continue
    const why = whyNotJson(member, `${pointer}/${key}`, depth + 1)
    if (why !== undefined) return why
  }
  return undefined
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}
