/** Durations as the specification writes them, in milliseconds: an object of units, or ISO 8601 text. Pure. */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'

const unitsMs = {
  weeks: 604_800_000,
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1_000,
  milliseconds: 1,
} as const

type Unit = keyof typeof unitsMs

/** Years and months have no fixed length, so they are no part of it. */
const iso8601 =
  /^P(?!$)(?:(?<weeks>\d+(?:\.\d+)?)W)?(?:(?<days>\d+(?:\.\d+)?)D)?(?:T(?!$)(?:(?<hours>\d+(?:\.\d+)?)H)?(?:(?<minutes>\d+(?:\.\d+)?)M)?(?:(?<seconds>\d+(?:\.\d+)?)S)?)?$/

/** `what` names the duration in the fault of type validation that is thrown for what is none. */
export function durationMs(duration: Json, what: string): number {
  if (typeof duration === 'string') {
    const parts = iso8601.exec(duration)?.groups
    if (parts) return sumMs(Object.entries(parts).map(([unit, count]) => [unit, Number(count ?? 0)]))
  }
  if (isUnits(duration)) return sumMs(Object.entries(duration))
  throw TaskFault.of(
    'validation',
    `${what} is ${JSON.stringify(duration)}, which is no duration. Write {seconds: 30} (days, hours, minutes, ` +
      'seconds, milliseconds), or ISO 8601 such as "PT30S".',
  )
}

function isUnits(value: Json): value is { readonly [unit: string]: number } {
  if (!isJsonObject(value)) return false
  const counts: JsonObject = value
  return Object.entries(counts).every(
    ([unit, count]) => unit !== 'weeks' && isUnit(unit) && typeof count === 'number' && count >= 0,
  )
}

function isUnit(unit: string): unit is Unit {
  return Object.hasOwn(unitsMs, unit)
}

function sumMs(counts: readonly (readonly [string, number])[]): number {
  return counts.reduce((sum, [unit, count]) => sum + (isUnit(unit) ? unitsMs[unit] * count : 0), 0)
}
