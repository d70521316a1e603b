/**
 * Whether a request is sent again when a service says that it is busy, and when: only where it names a time
 * (`Retry-After`, RFC 9110, 10.2.3), and only where sending twice does no harm. Pure but for the clock's dice.
 */
import type { Clock } from '@nexus/sdk'

export interface RetryLimits {
  readonly retriesMax: number
  /** All waits of one request together. */
  readonly retryWaitMsMax: number
  readonly retriesEveryMethod: boolean
}

/** RFC 9110, 9.2.2. */
const idempotent = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'])
const busy = new Set([429, 503])
/** Many who were told the same moment do not all come at that one: up to so much later. */
const jitterShare = 0.1
const jitterMsMin = 50

export interface Busy {
  readonly method: string
  readonly status: number
  readonly retryAfter: string | undefined
}

/** How long to wait; undefined where the answer stands. `retries` and `waitedMs` are what was before. */
export function retryDelayMs(
  { method, status, retryAfter }: Busy,
  { retries, waitedMs }: { retries: number; waitedMs: number },
  { retriesMax, retryWaitMsMax, retriesEveryMethod }: RetryLimits,
  clock: Clock,
): number | undefined {
  if (!busy.has(status) || retries >= retriesMax) return undefined
  if (!retriesEveryMethod && !idempotent.has(method)) return undefined
  const askedMs = retryAfterMs(retryAfter, clock.now())
  if (askedMs === undefined) return undefined
  const delayMs = askedMs + clock.random() * Math.max(jitterMsMin, askedMs * jitterShare)
  return waitedMs + delayMs > retryWaitMsMax ? undefined : delayMs
}

/** Seconds, or a date of HTTP. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | undefined {
  const text = header?.trim() ?? ''
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  if (!/^[A-Z][a-z]{2,8},? /.test(text)) return undefined
  const dateMs = Date.parse(text)
  return Number.isNaN(dateMs) ? undefined : Math.max(0, dateMs - nowMs)
}
