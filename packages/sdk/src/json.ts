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
 * Asked of every result of every task: a plain yes is quick and allocates nothing. Members that are `undefined` are
 * allowed, since JSON leaves them out. Depth is bounded, so a cycle ends with a reason.
 */
export function whyNotJson(value: unknown): string | undefined {
  return isPlainJson(value, 0) ? undefined : lookInto(value, '', 0)
}

/** Deeper values, and cycles, are refused: whoever reads them recursively would run out of stack. */
export const jsonDepthMax = 1_000

function isPlainJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object':
      return value === null || (depth < jsonDepthMax && hasPlainMembers(value, depth + 1))
    default:
      return false
  }
}

function hasPlainMembers(value: object, depth: number): boolean {
  if (Array.isArray(value)) return value.every((item) => isPlainJson(item, depth))
  if (!isPlain(value)) return false
  for (const key of Object.keys(value)) {
    const member: unknown = value[key as keyof typeof value]
    if (member !== undefined && !isPlainJson(member, depth)) return false
  }
  return true
}

/** Also an object of another realm, such as one that a module made in a context of its own. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null
}

function lookInto(value: unknown, pointer: string, depth: number): string | undefined {
  const at = pointer || '/'
  if (typeof value === 'number')
    return Number.isFinite(value) ? undefined : `${at}: ${value} is not a JSON number`
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return undefined
  if (typeof value !== 'object') return `${at}: a ${typeof value} is not JSON`
  if (depth >= jsonDepthMax) return `${shortened(at)}: nested deeper than ${jsonDepthMax} levels, or a cycle`
  if (!Array.isArray(value) && !isPlain(value))
    return `${at}: a ${value.constructor?.name ?? 'non-plain object'} is not JSON`
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined && !Array.isArray(value)) continue
    const why = lookInto(member, `${pointer}/${key}`, depth + 1)
    if (why !== undefined) return why
  }
  return undefined
}

const pointerShownMax = 200

function shortened(pointer: string): string {
  return pointer.length <= pointerShownMax ? pointer : `${pointer.slice(0, pointerShownMax)}…`
}
