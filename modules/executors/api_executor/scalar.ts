/** A member of a document as a text, where it should be one and may be anything. */
import type { Json } from '@nexus/sdk'

/** YAML reads `3` and `2.6` as numbers. What is neither a text nor a number is none. */
export function scalar(value: Json | undefined): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
}
