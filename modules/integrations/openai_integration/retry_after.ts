/**
 * When to ask again, by what an endpoint says in its headers: `retry-after-ms`, `retry-after` (seconds or a date),
 * `x-ratelimit-reset-requests` and `-tokens` (such as `1s`, `6m0s`, `20ms`) of the limit that is used up. Pure.
 */

/** As much of `Headers` as is read here. */
export interface ReadHeaders {
  get(name: string): string | null
}

/** In milliseconds; undefined where the headers do not say. */
export function waitMsOf(headers: ReadHeaders, nowMs: number): number | undefined {
  return (
    millisecondsOf(headers.get('retry-after-ms')) ??
    retryAfterMs(headers.get('retry-after'), nowMs) ??
    resetMs(headers)
  )
}

function millisecondsOf(text: string | null): number | undefined {
  return text !== null && /^\d+(?:\.\d+)?$/.test(text.trim()) ? Math.ceil(Number(text)) : undefined
}

function retryAfterMs(text: string | null, nowMs: number): number | undefined {
  if (text === null) return undefined
  if (/^\d+(?:\.\d+)?$/.test(text.trim())) return Math.ceil(Number(text) * 1000)
  const atMs = Date.parse(text)
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs)
}

const limits = ['requests', 'tokens'] as const

/** Of the limits of which nothing is left; where that is not said, the later one. */
function resetMs(headers: ReadHeaders): number | undefined {
  const known = limits.flatMap((limit) => {
    const waitMs = durationMs(headers.get(`x-ratelimit-reset-${limit}`))
    return waitMs === undefined
      ? []
      : [{ waitMs, isUsedUp: headers.get(`x-ratelimit-remaining-${limit}`) === '0' }]
  })
  const usedUp = known.filter(({ isUsedUp }) => isUsedUp)
  const waits = (usedUp.length > 0 ? usedUp : known).map(({ waitMs }) => waitMs)
  return waits.length > 0 ? Math.max(...waits) : undefined
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function durationMs(text: string | null): number | undefined {
  const written = text?.trim() ?? ''
  if (!/^(?:\d+(?:\.\d+)?(?:ms|[smhd]))+$/.test(written)) return undefined
  const parts = written.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)
  return Math.ceil(
    parts.reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (unitMs[unit] ?? 0), 0),
  )
}
