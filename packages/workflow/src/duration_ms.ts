/**
 * Durations of the specification, an object of units or ISO 8601 text, in milliseconds.
 */
import { isJsonObject, TaskFault, type Json } from '@nexus/sdk'

/** What one of each unit is, in milliseconds. */
const unitsMs = {
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1_000,
  milliseconds: 1,
} as const

/** Weeks, days and times; years and months have no fixed length and are refused. */
const iso8601 =
  /^P(?!$)(?:(\d+(?:\.\d+)?)W)?(?:(\d+(?:\.\d+)?)D)?(?:T(?!$)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/** Throws a `TaskFault` of type validation for what is no duration. */
export function durationMs(duration: Json): number {
  if (typeof duration === 'string') return fromText(duration)
  if (isJsonObject(duration)) return fromUnits(duration)
  throw noDuration(duration)
}

function fromText(text: string): number {
  const parts = iso8601.exec(text)
  if (!parts) throw noDuration(text)
  const [weeks, days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0))
  const { days: day, hours: hour, minutes: minute, seconds: second } = unitsMs
  return (
    ((weeks ?? 0) * 7 + (days ?? 0)) * day +
    (hours ?? 0) * hour +
    (minutes ?? 0) * minute +
    (seconds ?? 0) * second
  )
}

function fromUnits(units: { readonly [unit: string]: Json }): number {
  return Object.entries(unitsMs).reduce((sumMs, [unit, lengthMs]) => {
    const count = units[unit] ?? 0
    if (typeof count !== 'number' || count < 0) throw noDuration(units)
    return sumMs + count * lengthMs
  }, 0)
}

function noDuration(value: Json): TaskFault {
  const detail = `${JSON.stringify(value)} is no duration. Wanted: {seconds: 30} (days, hours, minutes, seconds, milliseconds), or ISO 8601 such as "PT30S".`
  return TaskFault.of('validation', detail)
}
