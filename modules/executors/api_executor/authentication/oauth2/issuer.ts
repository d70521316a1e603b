/**
 * Whether a token is from an issuer that the policy accepts. Where a policy names issuers and nothing says whose a token
 * is, it is refused: what was asked for could not be checked.
 */
import { TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { nameOf } from '../../address.ts'
import type { Asking } from './asking.ts'
import type { Reach } from './endpoint_request.ts'
import { introspect } from './introspection.ts'
import { claimsOf } from './jwt.ts'
import type { Token } from './token_answer.ts'

export async function checkIssuer(
  asking: Asking,
  answer: JsonObject,
  { token, options }: { token: Token; options: Reach },
): Promise<void> {
  const { endpoints, policy } = asking
  const source = nameOf(endpoints.token)
  if (endpoints.issuer !== undefined) return checkDiscovered(endpoints.issuer, answer, { policy, source })
  if (policy.issuers.length === 0) return
  const said = issuersSaid(answer)
  const url = endpoints.introspection
  if (said.length > 0 || !url) return refuseIssuers(said, policy.issuers, source)
  const described = await introspect(asking, { url, accessToken: token.accessToken }, options)
  refuseIssuers(issuersSaid(described), policy.issuers, nameOf(url))
}

/**
 * The issuer is known, and accepted already. An id token is from it; an access token need not be, since some authorities
 * use another name in those: that is asked for only by a policy that names issuers.
 */
function checkDiscovered(
  issuer: string,
  answer: JsonObject,
  { policy, source }: { policy: Asking['policy']; source: string },
): void {
  if (policy.issuers.length > 0)
    return refuseIssuers([issuer, ...issuersSaid(answer)], policy.issuers, source)
  refuseIssuers([issuer, ...claimedBy(answer['id_token'])], [issuer], source)
}

/** The issuers that an answer, or a JWT in it, says; none where it says none. */
function issuersSaid(answer: JsonObject): readonly string[] {
  const { iss, access_token: accessToken, id_token: idToken } = answer
  return [...(typeof iss === 'string' ? [iss] : []), ...claimedBy(accessToken), ...claimedBy(idToken)]
}

function claimedBy(token: Json | undefined): readonly string[] {
  const issuer = typeof token === 'string' ? claimsOf(token)['iss'] : undefined
  return typeof issuer === 'string' ? [issuer] : []
}

/** `source` is who gave the token, or said the issuer. */
export function refuseIssuers(said: readonly string[], accepted: readonly string[], source: string): void {
  const stranger = said.find((issuer) => !accepted.includes(issuer))
  if (stranger !== undefined) {
    throw TaskFault.of(
      'authentication',
      `${source}: the issuer is ${JSON.stringify(stranger)}, and only ${accepted.join(', ')} is accepted.`,
    )
  }
  if (said.length > 0) return
  throw TaskFault.of(
    'authentication',
    `${source}: nothing says who issued the token, so that \`issuers\` cannot be checked. Leave them out, or name an ` +
      'introspection endpoint that says `iss`.',
  )
}
