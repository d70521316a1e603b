/**
 * Authentication policies as the specification has them, from the arguments of a task to one that is whole. What a
 * policy says and nothing here would honour is refused. Names and secrets are in place before. It sends nothing.
 */
import { createHash } from 'node:crypto'
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { basicCredentials, readBasic, type Basic } from './basic.ts'
import { readBearer, type Bearer } from './bearer.ts'
import { readDigest, type Digest } from './digest.ts'
import { located, readTokenPolicy, tokenPolicySecrets, type TokenPolicy } from './oauth2/token_policy.ts'

export type Authentication = Basic | Bearer | Digest | TokenPolicy

const readers: Readonly<Record<string, (details: JsonObject) => Authentication>> = {
  basic: readBasic,
  bearer: readBearer,
  digest: readDigest,
  oauth2: (details) => readTokenPolicy('oauth2', details),
  oidc: (details) => readTokenPolicy('oidc', details),
}
const supported = `Supported: ${Object.keys(readers).join(', ')}.`

/** Undefined where no policy is given. */
export function readAuthentication(policy: Json | undefined): Authentication | undefined {
  if (policy === undefined || policy === null) return undefined
  const entries = isJsonObject(policy) ? Object.entries(policy) : []
  const [[scheme, details] = ['', null]] = entries
  if (entries.length > 1) throw refused(`names several schemes (${entries.map(([name]) => name).join(', ')})`)
  if (scheme === 'use') throw refused(`${JSON.stringify(details)} was not resolved`)
  const read = Object.hasOwn(readers, scheme) ? readers[scheme] : undefined
  if (!read) throw refused(`by "${scheme}" is not supported by api_executor`)
  if (!isJsonObject(details)) throw refused(`by ${scheme} needs an object`)
  return read(details)
}

function refused(why: string): TaskFault {
  return TaskFault.of('configuration', `Authentication ${why}. ${supported}`)
}

/** With values in place of variables, where a policy names addresses. */
export function withAddresses(authentication: Authentication, values: JsonObject): Authentication {
  const hasAddresses = authentication.scheme === 'oauth2' || authentication.scheme === 'oidc'
  return hasAddresses ? located(authentication, values) : authentication
}

/** One text for one policy, which does not give its secrets away. */
export function fingerprint(authentication: Authentication | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify(authentication ?? null))
    .digest('base64url')
}

/** Texts of the policy that must not stand in an error. */
export function secretsOf(authentication: Authentication | undefined): readonly string[] {
  switch (authentication?.scheme) {
    case undefined:
      return []
    case 'basic':
      return [authentication.password, basicCredentials(authentication)]
    case 'bearer':
      return [authentication.token]
    case 'digest':
      return [authentication.password]
    case 'oauth2':
    case 'oidc':
      return tokenPolicySecrets(authentication)
  }
}
