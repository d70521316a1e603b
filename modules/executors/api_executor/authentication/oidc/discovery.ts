/**
 * Finds the endpoints of an OpenID Connect authority by its own description (OpenID Connect Discovery 1.0, 4), which is
 * read anew for every token. An authority that calls itself by another name than it was asked by is refused, unless the
 * policy names that issuer: it could hand out the description of somebody else.
 */
import { TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { nameOf } from '../../address.ts'
import { get, type Reach } from '../oauth2/endpoint_request.ts'
import { authorityOf, withoutSlash, type Endpoints } from '../oauth2/endpoints.ts'
import { refuseIssuers } from '../oauth2/issuer.ts'
import type { TokenPolicy } from '../oauth2/token_policy.ts'

const descriptionPath = '/.well-known/openid-configuration'

export async function discover(policy: TokenPolicy, options: Reach): Promise<Endpoints> {
  const authority = nameWithoutSlash(authorityOf(policy.authority, 'oidc'))
  // The specification's own example gives the description's address as the authority.
  const issuer = authority.endsWith(descriptionPath) ? authority.slice(0, -descriptionPath.length) : authority
  const address = new URL(issuer + descriptionPath)
  const description = await get(address, options)
  return {
    issuer: readIssuer(description, issuer, { policy, address }),
    token: readTokenEndpoint(description['token_endpoint'], address),
    // The issuer is known, and a policy has no place to ask for tokens to be given back.
    introspection: undefined,
    revocation: undefined,
  }
}

function readIssuer(
  { issuer }: JsonObject,
  asked: string,
  { policy, address }: { policy: TokenPolicy; address: URL },
): string {
  if (typeof issuer !== 'string') throw notDescribed(address, 'no issuer')
  if (policy.issuers.length > 0) refuseIssuers([issuer], policy.issuers, nameOf(address))
  else if (withoutSlash(issuer) !== asked) {
    throw TaskFault.of(
      'authentication',
      `${nameOf(address)} is of the issuer ${JSON.stringify(issuer)}, which is not the authority that was asked. If it may be, name it in \`issuers\`.`,
    )
  }
  return issuer
}

/** It may be at another host. What was asked by TLS does not go on without. */
export function readTokenEndpoint(endpoint: Json | undefined, address: URL): URL {
  const url = typeof endpoint === 'string' ? URL.parse(endpoint) : null
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && address.protocol === 'http:')
  if (url && isSafe && url.username === '' && url.password === '') return url
  throw notDescribed(
    address,
    `no ${address.protocol === 'http:' ? 'http or ' : ''}https URL as token_endpoint`,
  )
}

function notDescribed(address: URL, lack: string): TaskFault {
  return TaskFault.of('communication', `${nameOf(address)} does not describe an authority: it has ${lack}.`)
}

function nameWithoutSlash(url: URL): string {
  return withoutSlash(nameOf(url))
}
