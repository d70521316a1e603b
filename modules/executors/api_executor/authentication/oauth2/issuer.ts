/**
 * Whether a token is from an issuer that the policy accepts. Where a policy names issuers and nothing says whose a token
 * is, it is refused: what was asked for could not be checked. Pure.
 */
import { TaskFault, type JsonObject } from '@nexus/sdk'
import { claimsOf } from './jwt.ts'

/** The issuers that an answer, or a JWT in it, says; none where it says none. */
export function issuersSaid(answer: JsonObject): readonly string[] {
  const claims = [answer['access_token'], answer['id_token']].map((token) =>
    typeof token === 'string' ? claimsOf(token)['iss'] : undefined,
  )
  return [...new Set([answer['iss'], ...claims])].filter((issuer) => typeof issuer === 'string')
}

/** `source` is who gave the token, or said the issuer. */
export function refuseIssuers(said: readonly string[], accepted: readonly string[], source: string): void {
  const stranger = said.find((issuer) => !accepted.includes(issuer))
  if (stranger !== undefined) {
    throw TaskFault.of(
      'authentication',
      `${source}: the token is from the issuer ${JSON.stringify(stranger)}, and only ${accepted.join(', ')} is accepted.`,
    )
  }
  if (said.length > 0) return
  throw TaskFault.of(
    'authentication',
    `${source}: nothing says who issued the token, so that \`issuers\` cannot be checked. Leave them out, or name an ` +
      'introspection endpoint that says `iss`.',
  )
}
