/**
 * Whether a value is JSON, asked for every result of every task: a plain yes is quick and allocates nothing;
 * only a no is looked into, by the SDK's check, which says where and why.
 */
import { whyNotJson } from '@nexus/sdk'

/** What of a value is not JSON, as a JSON pointer and a reason, or undefined where all of it is. */
export function notJson(value: unknown): string | undefined {
  if (isPlainJson(value, 0)) return undefined
  try {
    return whyNotJson(value)
  } catch (error) {
    // The SDK's check recurses: a cycle can use up the stack before its own limit.
    if (error instanceof RangeError) return '/: nested too deep, or a cycle'
    throw error
  }
}

/** Deeper values, and cycles, are left to the thorough check. */
const quickDepthMax = 200

function isPlainJson(value: unknown, depth: number): boolean {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return true
    case 'number':
      return Number.isFinite(value)
    case 'object':
      return value === null || (depth < quickDepthMax && hasPlainMembers(value, depth + 1))
    default:
      return false
  }
}

function hasPlainMembers(value: object, depth: number): boolean {
  if (Array.isArray(value)) return value.every((item) => isPlainJson(item, depth))
  if (Object.getPrototypeOf(value) !== Object.prototype) return false
  for (const key of Object.keys(value)) {
    const member: unknown = value[key as keyof typeof value]
    if (member !== undefined && !isPlainJson(member, depth)) return false
  }
  return true
}
