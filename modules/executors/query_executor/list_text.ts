/** A bound list as JSON text, for engines that have no arrays. Pure. */
import { JsonDocument, type BoundValue } from './driver.ts'

export function listText(list: readonly BoundValue[]): string {
  return JSON.stringify(list, (_key, item: unknown) => jsonItem(item))
}

function jsonItem(item: unknown): unknown {
  if (item instanceof JsonDocument) return JSON.parse(item.text) as unknown
  if (typeof item === 'bigint') return Number.isSafeInteger(Number(item)) ? Number(item) : String(item)
  return item
}
