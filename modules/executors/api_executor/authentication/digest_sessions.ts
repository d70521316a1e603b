/**
 * Who answers digest challenges, and when: a nonce is used again for as long as the service takes it, so that only the
 * first request of many is sent twice. `nextnonce` and `rspauth` of a service are not read; it may say `stale` instead.
 */
import { randomBytes } from 'node:crypto'
import { nameOf } from '../address.ts'
import type { HttpRequest } from '../request.ts'
import type { Answer } from '../send.ts'
import type { Authorizer } from './authorizer.ts'
import { readChallenges } from './challenge.ts'
import { chooseChallenge, digestAuthorization, type Digest, type DigestChallenge } from './digest.ts'
import { RecentMap } from './recent_map.ts'

/** Of all services and users together. */
const sessionsMax = 256

/** A nonce of a service and how often it was used. */
interface Session {
  readonly challenge: DigestChallenge
  readonly cnonce: string
  count: number
}

export class DigestSessions {
  readonly #sessions = new RecentMap<Session>(sessionsMax)

  /** `key` tells the policy; a nonce serves one origin. */
  authorizerFor(digest: Digest, key: string): Authorizer {
    const keyOf = ({ url }: HttpRequest): string => `${url.origin} ${key}`
    /** How many challenges of this request have been answered. */
    let answered = 0
    return {
      tokens: [],
      first: async (request) => {
        answered = 0
        const session = this.#sessions.get(keyOf(request))
        return session && authorizationOf(digest, session, request)
      },
      again: async (request, answer) => {
        const isRefused = answered > 0 && !(answered === 1 && isStale(answer))
        if (isRefused) {
          this.#sessions.delete(keyOf(request))
          return undefined
        }
        answered++
        const session = sessionOf(answer)
        this.#sessions.set(keyOf(request), session)
        return authorizationOf(digest, session, request)
      },
    }
  }
}

function sessionOf({ url, headers }: Answer): Session {
  const challenge = chooseChallenge(headers['www-authenticate'] ?? '', nameOf(url))
  return { challenge, cnonce: randomBytes(24).toString('base64'), count: 0 }
}

/** The credentials were right, and the nonce too old. */
function isStale({ headers }: Answer): boolean {
  return readChallenges(headers['www-authenticate'] ?? '').some(
    ({ scheme, parameters }) => scheme === 'digest' && parameters.get('stale')?.toLowerCase() === 'true',
  )
}

function authorizationOf(digest: Digest, session: Session, { method, url }: HttpRequest): string {
  const { challenge, cnonce } = session
  const use = { method, uri: url.pathname + url.search, count: ++session.count, cnonce }
  return digestAuthorization(digest, challenge, use)
}
