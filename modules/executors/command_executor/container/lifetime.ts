/** When a container is removed, as the specification says it. Pure. */
import { isJsonObject, type Json } from '@nexus/sdk'
import { wrongArgument } from '@nexus/sdk/process'

export type Lifetime =
  | { readonly cleanup: 'always' }
  | { readonly cleanup: 'never' }
  /** So long after its end. */
  | { readonly cleanup: 'eventually'; readonly afterMs: number }

export function readLifetime(value: Json): Lifetime {
  if (!isJsonObject(value)) throw wrongArgument('container.lifetime', 'an object with `cleanup`')
  const { cleanup = 'never', after } = value
  if (cleanup === 'always' || cleanup === 'never') return { cleanup }
  if (cleanup === 'eventually') return { cleanup, afterMs: durationMs(after ?? null) }
  throw wrongArgument('container.lifetime.cleanup', 'always, never or eventually')
}

const unitsMs: Readonly<Record<string, number>> = {
  days: 86_400_000,
  hours: 3_600_000,
  minutes: 60_000,
  seconds: 1000,
  milliseconds: 1,
}

const iso8601 =
  /^P(?!$)(?:(?<weeks>[\d.]+)W)?(?:(?<days>[\d.]+)D)?(?:T(?!$)(?:(?<hours>[\d.]+)H)?(?:(?<minutes>[\d.]+)M)?(?:(?<seconds>[\d.]+)S)?)?$/

function durationMs(value: Json): number {
  const { weeks, ...parts } = partsOf(value)
  const days = Number(weeks ?? 0) * 7
  const sumMs = Object.entries(parts).reduce(
    (sum, [unit, count]) => sum + Number(count ?? 0) * (unitsMs[unit] ?? Number.NaN),
    days * 86_400_000,
  )
  if (Number.isFinite(sumMs) && sumMs >= 0) return Math.ceil(sumMs)
  throw noDuration()
}

function partsOf(value: Json): Readonly<Record<string, Json | undefined>> {
  if (isJsonObject(value)) return value
  const groups = typeof value === 'string' ? iso8601.exec(value)?.groups : undefined
  if (groups) return groups
  throw noDuration()
}

function noDuration(): Error {
  return wrongArgument(
    'container.lifetime.after',
    'a duration such as {minutes: 30} or PT30M, for `eventually`',
  )
}
