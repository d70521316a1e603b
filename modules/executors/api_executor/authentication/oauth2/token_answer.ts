/** From the answer of a token endpoint (RFC 6749, 5.1) to a token that can be used, and for how long. Pure. */
import { TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { claimsOf } from './jwt.ts'

export interface Token {
  readonly accessToken: string
  readonly refreshToken: string | undefined
  /** Until when it is used again; in the past where it serves one call only. */
  readonly usableUntilMs: number
}

/** Where nothing says how long a token is valid: a service that refuses it earlier gets a new one. */
export const lifetimeMsUnstated = 300_000
/** No token is kept for longer than a day. */
export const lifetimeMsMax = 86_400_000
/** How long before its end a token is not used any more; less of one that is short-lived. */
const marginMsMax = 30_000
const marginShare = 0.25

/** `askedAtMs` is when the request went out: the authority counts from later. `endpoint` is for errors. */
export function readToken(answer: JsonObject, askedAtMs: number, endpoint: string): Token {
  const accessToken = answer['access_token']
  if (typeof accessToken !== 'string' || accessToken === '')
    throw unusable(endpoint, 'answers without an access_token')
  if (!/^[\x20-\x7e]+$/.test(accessToken)) throw unusable(endpoint, 'gave a token that no header can carry')
  refuseType(answer['token_type'], endpoint)
  const refreshToken = answer['refresh_token']
  const lifetimeMs = Math.min(lifetimeMsOf(answer, accessToken, askedAtMs), lifetimeMsMax)
  const marginMs = Math.min(marginMsMax, lifetimeMs * marginShare)
  return {
    accessToken,
    refreshToken: typeof refreshToken === 'string' && refreshToken !== '' ? refreshToken : undefined,
    usableUntilMs: lifetimeMs > 0 ? askedAtMs + lifetimeMs - marginMs : 0,
  }
}

/** Other types want proofs that are not made here; most services that say none mean bearer. */
function refuseType(type: Json | undefined, endpoint: string): void {
  if (type === undefined || type === null) return
  if (typeof type === 'string' && type.toLowerCase() === 'bearer') return
  const shown = typeof type === 'string' && /^[\w-]{1,40}$/.test(type) ? `"${type}"` : 'another'
  throw unusable(endpoint, `gave a token of the type ${shown}, and only bearer is supported`)
}

/** `expires_in` in seconds, which some authorities write as a text; else what the token itself says. */
function lifetimeMsOf({ expires_in: stated }: JsonObject, accessToken: string, nowMs: number): number {
  if (typeof stated === 'number') return stated * 1000
  if (typeof stated === 'string' && /^-?\d{1,15}$/.test(stated)) return Number(stated) * 1000
  const { exp } = claimsOf(accessToken)
  return typeof exp === 'number' ? exp * 1000 - nowMs : lifetimeMsUnstated
}

function unusable(endpoint: string, what: string): TaskFault {
  return TaskFault.of('communication', `${endpoint} ${what}.`)
}
