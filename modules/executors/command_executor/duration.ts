/** Durations as the specification has them: an object of units, or ISO 8601. Pure. */
import { isJsonObject, type Json } from '@nexus/sdk'
import { wrongArgument } from '@nexus/sdk/process'

const unitsMs: Readonly<Record<string, number>> = {
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1000,
  milliseconds: 1,
}

const iso8601 =
  /^P(?!$)(?:(?<weeks>[\d.]+)W)?(?:(?<days>[\d.]+)D)?(?:T(?!$)(?:(?<hours>[\d.]+)H)?(?:(?<minutes>[\d.]+)M)?(?:(?<seconds>[\d.]+)S)?)?$/

export function durationMs(value: Json, place: string): number {
  const { weeks, ...parts } = partsOf(value, place)
  const days = Number(weeks ?? 0) * 7
  const sumMs = Object.entries(parts).reduce(
    (sum, [unit, count]) => sum + Number(count ?? 0) * (unitsMs[unit] ?? Number.NaN),
    days * 86_400_000,
  )
  if (Number.isFinite(sumMs) && sumMs >= 0) return Math.ceil(sumMs)
  throw noDuration(place)
}

function partsOf(value: Json, place: string): Readonly<Record<string, Json | undefined>> {
  if (isJsonObject(value)) return value
  const groups = typeof value === 'string' ? iso8601.exec(value)?.groups : undefined
  if (groups) return groups
  throw noDuration(place)
}

function noDuration(place: string): Error {
  return wrongArgument(place, 'a duration such as {minutes: 30} or PT30M')
}
