/** How often a `try` tries again, as far as its policy says it in numbers. Pure. */
import { isJsonObject, type Json } from '@nexus/sdk'
import { durationMs } from './duration.ts'

/** More are not played: a plan that takes so many is late by all of them. */
const retriesMax = 10

export interface Retry {
  readonly retries: number
  readonly delayMs: number
}

/** `retry`: a policy, or the name of one of `named`. */
export function retryOf(retry: Json | undefined, named: Json | undefined): Retry {
  const policy = typeof retry === 'string' && isJsonObject(named) ? named[retry] : retry
  if (!isJsonObject(policy)) return { retries: 0, delayMs: 0 }
  const { limit, delay } = policy
  const attempt = isJsonObject(limit) ? limit['attempt'] : undefined
  const count = isJsonObject(attempt) ? attempt['count'] : undefined
  const retries =
    typeof count === 'number' && count >= 0 ? Math.min(Math.floor(count), retriesMax) : retriesMax
  return { retries, delayMs: (delay === undefined ? undefined : durationMs(delay)) ?? 0 }
}
