/**
 * Run ids: UUIDv7 (RFC 9562, section 5.7), so that they sort by the time of their making. The random part
 * and the variant are those of a UUIDv4, which Node makes from entropy that it has at hand.
 */
import { randomUUID } from 'node:crypto'

/** `timeMs`: milliseconds since the Unix epoch. */
export function uuidv7(timeMs: number): string {
  const time = timeMs.toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`
}
