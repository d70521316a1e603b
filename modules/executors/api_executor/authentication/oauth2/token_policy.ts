/**
 * What `oauth2` and `oidc` have in common: a token is asked for, at an authority, by a client, with a grant. Read whole:
 * what is missing for the grant or the client, and what neither of them honours, is refused here. It sends nothing.
 * Source: DSL 1.0.3, "OAUTH2 Authentication" and "OpenIdConnect Authentication".
 */
import type { JsonObject } from '@nexus/sdk'
import { expandTemplate } from '../../uri_template.ts'
import { choiceIn, objectIn, refuseUnknown, textIn, textsIn, wrongPolicy } from '../members.ts'
import { clientSecrets, readClient, type Client } from './client.ts'
import { grantMembers, grantSecrets, readGrant, type Grant } from './grant.ts'

export interface TokenPolicy {
  readonly scheme: 'oauth2' | 'oidc'
  /** A URI; a URI template until `located`. */
  readonly authority: string
  /** Paths below the authority; only `oauth2` has them. */
  readonly endpoints: EndpointPaths
  readonly grant: Grant
  readonly client: Client
  readonly encoding: Encoding
  /** Whose tokens are accepted; anybody's where none is named. */
  readonly issuers: readonly string[]
  readonly scopes: readonly string[]
  readonly audiences: readonly string[]
}

export interface EndpointPaths {
  readonly token: string
  readonly introspection: string
  /** Tokens are given back only where a policy says where to. */
  readonly revocation: string | undefined
}

const encodings = ['application/x-www-form-urlencoded', 'application/json'] as const
export type Encoding = (typeof encodings)[number]

const members = ['authority', 'grant', 'client', 'request', 'issuers', 'scopes', 'audiences', ...grantMembers]

export function readTokenPolicy(scheme: TokenPolicy['scheme'], details: JsonObject): TokenPolicy {
  refuseUnknown(details, scheme === 'oauth2' ? [...members, 'endpoints'] : members, scheme)
  const authority = textIn(details, 'authority', scheme)
  if (authority === undefined) throw wrongPolicy(`${scheme} needs an \`authority\`.`)
  const request = objectIn(details, 'request', scheme)
  refuseUnknown(request, ['encoding'], `${scheme}.request`)
  return {
    scheme,
    authority,
    endpoints: readEndpoints(objectIn(details, 'endpoints', scheme), `${scheme}.endpoints`),
    grant: readGrant(details, scheme),
    client: readClient(objectIn(details, 'client', scheme), `${scheme}.client`),
    encoding:
      choiceIn(request, 'encoding', { place: `${scheme}.request`, choices: encodings }) ?? encodings[0],
    issuers: textsIn(details, 'issuers', scheme),
    scopes: textsIn(details, 'scopes', scheme),
    audiences: textsIn(details, 'audiences', scheme),
  }
}

function readEndpoints(endpoints: JsonObject, place: string): EndpointPaths {
  refuseUnknown(endpoints, ['token', 'revocation', 'introspection'], place)
  return {
    token: textIn(endpoints, 'token', place) ?? '/oauth2/token',
    introspection: textIn(endpoints, 'introspection', place) ?? '/oauth2/introspect',
    revocation: textIn(endpoints, 'revocation', place),
  }
}

/** The policy with the values in place of the variables of its URI templates. */
export function located(policy: TokenPolicy, values: JsonObject): TokenPolicy {
  const { token, introspection, revocation } = policy.endpoints
  return {
    ...policy,
    authority: expandTemplate(policy.authority, values),
    endpoints: {
      token: expandTemplate(token, values),
      introspection: expandTemplate(introspection, values),
      revocation: revocation && expandTemplate(revocation, values),
    },
  }
}

export function tokenPolicySecrets({ client, grant }: TokenPolicy): readonly string[] {
  return [...clientSecrets(client), ...grantSecrets(grant)]
}
