/** Gives a token back (RFC 7009), where the policy says where to. */
import { formEncoding, requestOf, type Asking } from './asking.ts'
import { tell, type Reach } from './endpoint_request.ts'
import type { Parameters } from './grant.ts'
import type { Token } from './token_answer.ts'

/** The refresh token, where there is one: authorities end with it what was got by it. */
export async function revokeToken(asking: Asking, token: Token, options: Reach): Promise<void> {
  const { revocation: url } = asking.endpoints
  if (!url) return
  const parameters: Parameters = [
    ['token', token.refreshToken ?? token.accessToken],
    ['token_type_hint', token.refreshToken === undefined ? 'access_token' : 'refresh_token'],
  ]
  await tell(requestOf(asking, { url, parameters, encoding: formEncoding }, options.clock), options)
}
