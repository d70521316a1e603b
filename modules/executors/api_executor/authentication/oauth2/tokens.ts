/**
 * The tokens that were got, by policy: in memory alone, for as long as the module is loaded. One is used until shortly
 * before it ends, and got anew, by its refresh token where it has one; calls that want the same at the same time wait
 * for one request. At the end those are given back whose policy says where to.
 */
import { TaskFault, toWorkflowError, type Clock, type Log } from '@nexus/sdk'
import { SingleFlight } from '../../single_flight.ts'
import type { Transport } from '../../transport/transport.ts'
import type { Authorizer } from '../authorizer.ts'
import { discover } from '../oidc/discovery.ts'
import { RecentMap } from '../recent_map.ts'
import type { Asking } from './asking.ts'
import type { Reach } from './endpoint_request.ts'
import { endpointsOf } from './endpoints.ts'
import { refreshToken, requestToken } from './request_token.ts'
import { revokeToken } from './revocation.ts'
import type { Token } from './token_answer.ts'
import type { TokenPolicy } from './token_policy.ts'

/** Of all policies together. One that had to go is got anew. */
export const tokensMax = 256
/** How long the end of the module waits for tokens to be given back. */
const revocationMsMax = 3_000

interface Kept {
  readonly asking: Asking
  readonly token: Token
}

/** A policy under its fingerprint, and how its authority is reached. */
interface Wanted {
  readonly key: string
  readonly policy: TokenPolicy
  readonly options: Reach
}

/** What giving tokens back needs. */
export interface Closing {
  readonly transport: Transport
  readonly clock: Clock
  readonly log: Log
}

export class Tokens {
  readonly #kept = new RecentMap<Kept>(tokensMax)
  readonly #flights = new SingleFlight<Token>()

  authorizerFor(wanted: Wanted): Authorizer {
    const tokens: string[] = []
    let current: { token: Token; isOld: boolean } | undefined
    let mayRenew = true
    const use = (token: Token, isOld: boolean): string => {
      current = { token, isOld }
      tokens.push(token.accessToken)
      return `Bearer ${token.accessToken}`
    }
    return {
      tokens,
      first: async () => {
        const old = current?.token ?? this.#usable(wanted)
        return old ? use(old, true) : use(await this.#renew(wanted), false)
      },
      again: async () => {
        if (!current?.isOld || !mayRenew) return undefined
        mayRenew = false
        this.#outdate(wanted.key, current.token)
        return use(this.#usable(wanted) ?? (await this.#renew(wanted)), false)
      },
    }
  }

  /** Gives tokens back, each once and without a second try: they end by themselves. */
  async close({ transport, clock, log }: Closing): Promise<void> {
    const revocable = this.#kept.clear().filter(({ asking }) => asking.endpoints.revocation)
    const options = { transport, timeoutMs: revocationMsMax, clock, signal: new AbortController().signal }
    await Promise.all(
      revocable.map(async ({ asking, token }) => {
        try {
          await revokeToken(asking, token, options)
        } catch (error) {
          log.warn(`A token was not given back: ${toWorkflowError(error).detail}`)
        }
      }),
    )
  }

  #usable({ key, options }: Wanted): Token | undefined {
    const token = this.#kept.get(key)?.token
    return token && token.usableUntilMs > options.clock.now() ? token : undefined
  }

  /** A service refused it. Its refresh token is still good, and so is another token that came since. */
  #outdate(key: string, token: Token): void {
    const kept = this.#kept.get(key)
    if (kept?.token === token) this.#kept.set(key, { ...kept, token: { ...token, usableUntilMs: 0 } })
  }

  #renew(wanted: Wanted): Promise<Token> {
    const { key, policy, options } = wanted
    return this.#flights.join(key, options.signal, async (signal) => {
      const reach = { ...options, signal }
      const endpoints = policy.scheme === 'oidc' ? await discover(policy, reach) : endpointsOf(policy)
      const asking = { policy, endpoints }
      const token = await this.#obtain(asking, key, reach)
      // One that serves this call alone is kept for its refresh token, if it has any.
      const isWorthKeeping = token.usableUntilMs > 0 || token.refreshToken !== undefined
      if (isWorthKeeping) this.#kept.set(key, { asking, token })
      else this.#kept.delete(key)
      return token
    })
  }

  async #obtain(asking: Asking, key: string, options: Reach): Promise<Token> {
    const refresh = this.#kept.get(key)?.token.refreshToken
    if (refresh === undefined) return requestToken(asking, options)
    try {
      return await refreshToken(asking, refresh, options)
    } catch (error) {
      if (!isRefusal(error)) throw error
      this.#kept.delete(key)
      return requestToken(asking, options)
    }
  }
}

/** The authority was reached and does not take the refresh token any more. */
function isRefusal(error: unknown): boolean {
  return error instanceof TaskFault && /\/(?:authentication|authorization)$/.test(error.error.type)
}
