/** Durations of the specification in arguments of calls, in milliseconds: an object of units, or ISO 8601 of fixed length. */
import { isJsonObject, type Json } from '@nexus/sdk'
import { wrong } from './call.ts'

const unitsMs: Readonly<Record<string, number>> = {
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1_000,
  milliseconds: 1,
}

const iso8601 =
  /^P(?!$)(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?!$)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/
const partsMs = [7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1_000]

/** `place` is a member of `with`. */
export function readDurationMs(value: Json, place: string): number {
  const durationMs = typeof value === 'string' ? fromText(value) : fromUnits(value)
  if (durationMs === undefined) throw wrong(place, 'a duration, as {seconds: 30} or PT30S')
  return durationMs
}

function fromText(text: string): number | undefined {
  const parts = iso8601.exec(text)?.slice(1)
  return parts?.reduce(
    (sumMs, part: string | undefined, at) => sumMs + Number(part ?? 0) * (partsMs[at] ?? 0),
    0,
  )
}

function fromUnits(value: Json): number | undefined {
  if (!isJsonObject(value)) return undefined
  let sumMs = 0
  for (const [unit, count] of Object.entries(value)) {
    const unitMs = Object.hasOwn(unitsMs, unit) ? unitsMs[unit] : undefined
    if (unitMs === undefined || typeof count !== 'number' || count < 0) return undefined
    sumMs += count * unitMs
  }
  return sumMs
}
