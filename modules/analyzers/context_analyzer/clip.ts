/** How much of anything goes out: the longest text, and values made short. Pure. */
import { isJsonObject, type Json } from '@nexus/sdk'

export const textMax = 200
export const valueMax = 80
const membersMax = 50

export function clip(text: string, most = textMax): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`
}

/** A value with every text clipped, every list and object short, and nothing deeper than a few levels. */
export function clipped(value: Json, depth = 4): Json {
  if (typeof value === 'string') return clip(value)
  if (typeof value !== 'object' || value === null) return value
  if (depth === 0) return '…'
  if (Array.isArray(value)) return value.slice(0, membersMax).map((item: Json) => clipped(item, depth - 1))
  if (!isJsonObject(value)) return null
  const entries = Object.entries(value).slice(0, membersMax)
  return Object.fromEntries(entries.map(([key, member]) => [clip(key), clipped(member, depth - 1)]))
}
