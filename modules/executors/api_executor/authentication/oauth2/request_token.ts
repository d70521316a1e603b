/**
 * Asks an authority for a token, by the grant of the policy or by a refresh token, and checks whose it is. It keeps
 * nothing. A crash after an authority gave a token loses it, and the next call asks again.
 */
import { TaskFault, type JsonObject } from '@nexus/sdk'
import { nameOf } from '../../address.ts'
import { proofOf } from './client.ts'
import { ask, tell, type EndpointRequest, type Reach } from './endpoint_request.ts'
import type { Endpoints } from './endpoints.ts'
import { grantParameters, type Parameters } from './grant.ts'
import { issuersSaid, refuseIssuers } from './issuer.ts'
import { readToken, type Token } from './token_answer.ts'
import { tokenPolicySecrets, type TokenPolicy } from './token_policy.ts'

export interface Asking {
  readonly policy: TokenPolicy
  readonly endpoints: Endpoints
}

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
  const answer = await ask(requestOf(asking, url, parameters, options), options)
  const token = readToken(answer, askedAtMs, nameOf(url))
  await checkIssuer(asking, answer, { token, options })
  return token
}

async function checkIssuer(
  asking: Asking,
  answer: JsonObject,
  { token, options }: { token: Token; options: Reach },
): Promise<void> {
  const { policy, endpoints } = asking
  if (policy.issuers.length === 0) return
  const said = issuersSaid(answer)
  if (said.length > 0 || !endpoints.introspection)
    return refuseIssuers(said, policy.issuers, nameOf(endpoints.token))
  const source = nameOf(endpoints.introspection)
  const described = await introspect(asking, { token, url: endpoints.introspection, options }).catch(explain)
  if (described['active'] !== true)
    throw TaskFault.of(
      'authentication',
      `${source} does not know the token that ${nameOf(endpoints.token)} gave.`,
    )
  refuseIssuers(issuersSaid(described), policy.issuers, source)
}

/** Nobody asked for it, so that its fault says why it was needed. */
function explain(error: unknown): never {
  if (!(error instanceof TaskFault)) throw error
  const why = 'It was asked since `issuers` are named, and the token does not say who issued it.'
  throw new TaskFault({ ...error.error, detail: `${error.message} ${why}` }, { cause: error })
}

function introspect(
  asking: Asking,
  { token, url, options }: { token: Token; url: URL; options: Reach },
): Promise<JsonObject> {
  const parameters: Parameters = [['token', token.accessToken]]
  return ask({ ...requestOf(asking, url, parameters, options), encoding: formEncoding }, options)
}

/** RFC 7662 and RFC 7009 know forms only. */
const formEncoding = 'application/x-www-form-urlencoded'

/** Takes a token back (RFC 7009); a refresh token, and with it what was got by it, where there is one. */
export async function revokeToken(asking: Asking, token: Token, options: Reach): Promise<void> {
  const { revocation: url } = asking.endpoints
  if (!url) return
  const hint = token.refreshToken === undefined ? 'access_token' : 'refresh_token'
  const parameters: Parameters = [
    ['token', token.refreshToken ?? token.accessToken],
    ['token_type_hint', hint],
  ]
  await tell({ ...requestOf(asking, url, parameters, options), encoding: formEncoding }, options)
}

function requestOf(
  { policy, endpoints }: Asking,
  url: URL,
  parameters: Parameters,
  { clock }: Reach,
): EndpointRequest {
  const proof = proofOf(policy.client, endpoints.token.href, clock)
  const sent = [...parameters, ...proof.parameters]
  return {
    url,
    parameters,
    proof,
    encoding: policy.encoding,
    secrets: [
      ...tokenPolicySecrets(policy),
      ...sent.filter(([name]) => secretNames.has(name)).map(([, value]) => value),
    ],
  }
}

/** Of parameters whose values no error may repeat. */
const secretNames = new Set(['token', 'refresh_token', 'client_assertion'])
