/** Authorization of calls that are no HTTP requests of their own: a header, got before and once more where it is refused. */
import { TaskFault } from '@nexus/sdk'
import type { HttpRequest } from '../request.ts'
import type { SendOptions } from '../send.ts'
import type { Authenticator } from './authenticator.ts'
import type { Authentication } from './policy.ts'

export interface Authorizing {
  readonly authentication: Authentication | undefined
  /** Whom the call is for. */
  readonly url: URL
  readonly options: SendOptions & { readonly authenticator: Authenticator }
}

/** What came of the call, and the tokens that were got for it, which its output may not give away. */
export interface Authorized<Value> {
  readonly value: Value
  readonly tokens: readonly string[]
}

/** `isRefused`: whether what the attempt threw means that its authorization is not accepted. */
export async function withAuthorization<Value>(
  { authentication, url, options }: Authorizing,
  isRefused: (error: unknown) => boolean,
  attempt: (authorization: string | undefined) => Promise<Value>,
): Promise<Authorized<Value>> {
  if (authentication?.scheme === 'digest') throw noDigest(url)
  const authorizer = options.authenticator.authorizerFor(authentication, options)
  const request: HttpRequest = {
    method: 'POST',
    url,
    headers: {},
    body: undefined,
    followsRedirects: false,
    authentication,
  }
  const authorization = await authorizer.first(request)
  try {
    return { value: await attempt(authorization), tokens: authorizer.tokens }
  } catch (error) {
    if (!isRefused(error)) throw error
    const refused = { url, status: 401, statusText: '', headers: {}, body: Buffer.alloc(0) }
    const other = await authorizer.again(request, refused)
    if (other === undefined) throw error
    return { value: await attempt(other), tokens: authorizer.tokens }
  }
}

function noDigest(url: URL): TaskFault {
  return TaskFault.of(
    'configuration',
    `Authentication by digest is for HTTP requests, not for ${url.host}. Use basic, bearer, oauth2 or oidc.`,
  )
}
