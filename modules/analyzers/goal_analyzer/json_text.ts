/** A plain value from JSON as text: a text as it is, nothing as an empty one. */
import type { Json } from '@nexus/sdk'

export function jsonText(value: Json | undefined): string {
  if (typeof value === 'string') return value
  return value === undefined || value === null ? '' : JSON.stringify(value)
}
