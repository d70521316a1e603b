/** Where an authority is asked: its endpoints, which for `oauth2` are paths below it. Pure. */
import { wrongPolicy } from '../members.ts'
import type { TokenPolicy } from './token_policy.ts'

export interface Endpoints {
  readonly token: URL
  /** Describes tokens (RFC 7662). */
  readonly introspection: URL | undefined
  /** Takes tokens back (RFC 7009). */
  readonly revocation: URL | undefined
  /** Who the authority says that it is; only discovery tells. */
  readonly issuer: string | undefined
}

export function endpointsOf({ scheme, authority, endpoints }: TokenPolicy): Endpoints {
  const base = authorityOf(authority, scheme)
  const { token, introspection, revocation } = endpoints
  return {
    token: below(base, token, 'token'),
    introspection: below(base, introspection, 'introspection'),
    revocation: revocation === undefined ? undefined : below(base, revocation, 'revocation'),
    issuer: undefined,
  }
}

/** Errors do not repeat it where there may be a secret in it. */
export function authorityOf(authority: string, scheme: string): URL {
  const url = URL.parse(authority)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw wrongPolicy(`${scheme}: the authority is not an http or https URL.`)
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw wrongPolicy(`${scheme}: the authority must have no user, query or fragment in it.`)
  return url
}

function below(base: URL, path: string, name: string): URL {
  const url = URL.parse(`${withoutSlash(base.href)}/${path.replace(/^\/+/, '')}`)
  const isPath = !/^[a-z][a-z0-9+.-]*:/i.test(path) && url?.pathname.startsWith(withoutSlash(base.pathname))
  if (url && isPath) return url
  throw wrongPolicy(
    `oauth2.endpoints.${name} must be a path below the authority. Another place is another authority.`,
  )
}

export function withoutSlash(address: string): string {
  return address.replace(/\/+$/, '')
}
