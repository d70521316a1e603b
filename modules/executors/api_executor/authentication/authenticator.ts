/**
 * What the module keeps of its authentications between calls, in memory alone and for as long as it is loaded: the
 * nonces of digest, and tokens. It hands every call an authorizer of its own.
 */
import type { SendOptions } from '../send.ts'
import { constantly, type Authorizer } from './authorizer.ts'
import { basicCredentials } from './basic.ts'
import { DigestSessions } from './digest_sessions.ts'
import { Tokens, type Closing } from './oauth2/tokens.ts'
import { fingerprint, type Authentication } from './policy.ts'

export class Authenticator {
  readonly #digests = new DigestSessions()
  readonly #tokens = new Tokens()

  /** `options` are for reaching an authority. */
  authorizerFor(authentication: Authentication | undefined, options: SendOptions): Authorizer {
    switch (authentication?.scheme) {
      case undefined:
        return constantly(undefined)
      case 'basic':
        return constantly(`Basic ${basicCredentials(authentication)}`)
      case 'bearer':
        return constantly(`Bearer ${authentication.token}`)
      case 'digest':
        return this.#digests.authorizerFor(authentication, fingerprint(authentication))
      case 'oauth2':
      case 'oidc':
        return this.#tokens.authorizerFor({
          key: fingerprint(authentication),
          policy: authentication,
          options,
        })
    }
  }

  async close(closing: Closing): Promise<void> {
    await this.#tokens.close(closing)
  }
}
