/** Durations as documents write them: an object, or ISO 8601 with days and less. Pure. */
import { isJsonObject, type Json } from '@nexus/sdk'

const unitsMs = {
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1_000,
  milliseconds: 1,
} as const

/** In milliseconds; undefined for an expression, and for what is no duration. */
export function durationMs(value: Json): number | undefined {
  if (typeof value === 'string') return isoMs(value)
  if (!isJsonObject(value)) return undefined
  let sum = 0
  for (const [unit, ms] of Object.entries(unitsMs)) {
    const amount = value[unit] ?? 0
    if (typeof amount !== 'number' || !Number.isFinite(amount) || amount < 0) return undefined
    sum += amount * ms
  }
  return sum
}

function isoMs(text: string): number | undefined {
  if (text.length > 100) return undefined
  const found = /^P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$/.exec(text)
  if (!found) return undefined
  const [weeks = 0, days = 0, hours = 0, minutes = 0, seconds = 0] = found
    .slice(1)
    .map((each) => Number(each ?? 0))
  return (((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1_000
}
