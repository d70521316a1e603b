/**
 * Asks an authority for a token, by the grant of the policy or by a refresh token, and checks whose it is. It keeps
 * nothing. A crash after an authority gave a token loses it, and the next call asks again.
 */
import { nameOf } from '../../address.ts'
import { requestOf, type Asking } from './asking.ts'
import { ask, type Reach } from './endpoint_request.ts'
import { grantParameters, type Parameters } from './grant.ts'
import { checkIssuer } from './issuer.ts'
import { readToken, type Token } from './token_answer.ts'

export function requestToken(asking: Asking, options: Reach): Promise<Token> {
  const { grant, scopes, audiences } = asking.policy
  const parameters: Parameters = [
    ...grantParameters(grant),
    ...(scopes.length === 0 ? [] : [['scope', scopes.join(' ')] as const]),
    ...audiences.map((audience) => ['audience', audience] as const),
  ]
  return request(asking, parameters, options)
}

/** The new token has the scopes of the old one. Its refresh token stays, where the authority gives no other. */
export async function refreshToken(asking: Asking, refreshToken: string, options: Reach): Promise<Token> {
  const parameters = grantParameters({ type: 'refresh_token', refreshToken })
  const token = await request(asking, parameters, options)
  return { ...token, refreshToken: token.refreshToken ?? refreshToken }
}

async function request(asking: Asking, parameters: Parameters, options: Reach): Promise<Token> {
  const askedAtMs = options.clock.now()
  const { token: url } = asking.endpoints
  const { encoding } = asking.policy
  const answer = await ask(requestOf(asking, { url, parameters, encoding }, options.clock), options)
  const token = readToken(answer, askedAtMs, nameOf(url))
  await checkIssuer(asking, answer, { token, options })
  return token
}
