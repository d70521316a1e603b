/**
 * What the module keeps of its authentications between calls, in memory alone and for as long as it is loaded: the
 * nonces of digest. It hands every call an authorizer of its own.
 */
import type { Authorizer } from './authorizer.ts'
import { constantly } from './authorizer.ts'
import { basicCredentials } from './basic.ts'
import { DigestSessions } from './digest_sessions.ts'
import { fingerprint, type Authentication } from './policy.ts'

export class Authenticator {
  readonly #digests = new DigestSessions()

  authorizerFor(authentication: Authentication | undefined): Authorizer {
    switch (authentication?.scheme) {
      case undefined:
        return constantly(undefined)
      case 'basic':
        return constantly(`Basic ${basicCredentials(authentication)}`)
      case 'bearer':
        return constantly(`Bearer ${authentication.token}`)
      case 'digest':
        return this.#digests.authorizerFor(authentication, fingerprint(authentication))
    }
  }
}
