/** Grants: by what right a token is asked for (RFC 6749, RFC 8693), and what the request says of it. Pure. */
import type { JsonObject } from '@nexus/sdk'
import { choiceIn, objectIn, refuseUnknown, textIn, wrongPolicy } from '../members.ts'

export type Grant =
  | { readonly type: 'client_credentials' }
  | { readonly type: 'password'; readonly username: string; readonly password: string }
  | { readonly type: 'refresh_token'; readonly refreshToken: string }
  | { readonly type: typeof tokenExchange; readonly subject: Security; readonly actor: Security | undefined }

interface Security {
  readonly token: string
  readonly type: string
}

/** What a request says: a name may come several times. */
export type Parameters = readonly (readonly [name: string, value: string])[]

const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange'
const grants = [
  'authorization_code',
  'client_credentials',
  'password',
  'refresh_token',
  tokenExchange,
] as const

/** What `subject` is called where it is what the `refresh_token` grant hands in; RFC 8693 has the second name. */
const refreshTokenTypes = new Set(['refresh_token', 'urn:ietf:params:oauth:token-type:refresh_token'])

export const grantMembers = ['username', 'password', 'subject', 'actor'] as const
type Member = (typeof grantMembers)[number]

export function readGrant(details: JsonObject, place: string): Grant {
  const type = choiceIn(details, 'grant', { place, choices: grants })
  const refuseBut = (...honoured: readonly Member[]): void => refuseOthers(details, { place, type, honoured })
  switch (type) {
    case undefined:
      throw wrongPolicy(`${place} needs a \`grant\`: ${grants.join(', ')}.`)
    case 'authorization_code':
      throw wrongPolicy(noPerson(place))
    case 'client_credentials':
      refuseBut()
      return { type }
    case 'password':
      refuseBut('username', 'password')
      return { type, ...readUser(details, place) }
    case 'refresh_token':
      refuseBut('subject')
      return { type, refreshToken: readRefreshToken(details, place) }
    case tokenExchange:
      refuseBut('subject', 'actor')
      return { type, ...readExchange(details, place) }
  }
}

function noPerson(place: string): string {
  return (
    `${place} cannot use the grant authorization_code: a person would have to agree in a browser, and a policy has no ` +
    'place for the code. Use client_credentials; or, on behalf of a person, refresh_token, with the refresh token of ' +
    'an earlier sign-in as `subject: {token: …, type: refresh_token}`.'
  )
}

function refuseOthers(
  details: JsonObject,
  { place, type, honoured }: { place: string; type: string | undefined; honoured: readonly Member[] },
): void {
  const idle = grantMembers.find((name) => !honoured.includes(name) && (details[name] ?? null) !== null)
  if (idle !== undefined)
    throw wrongPolicy(`${place}: the grant ${type} does not use \`${idle}\`. Leave it out.`)
}

function readUser(details: JsonObject, place: string): { username: string; password: string } {
  const username = textIn(details, 'username', place)
  const password = textIn(details, 'password', place)
  if (username !== undefined && password !== undefined) return { username, password }
  throw wrongPolicy(`${place}: the grant password needs a \`username\` and a \`password\`.`)
}

function readRefreshToken(details: JsonObject, place: string): string {
  const subject = readSecurity(details, 'subject', place)
  if (subject && refreshTokenTypes.has(subject.type)) return subject.token
  throw wrongPolicy(
    `${place}: the grant refresh_token needs the refresh token as \`subject: {token: …, type: refresh_token}\`.`,
  )
}

function readExchange(
  details: JsonObject,
  place: string,
): { subject: Security; actor: Security | undefined } {
  const subject = readSecurity(details, 'subject', place)
  if (subject) return { subject, actor: readSecurity(details, 'actor', place) }
  throw wrongPolicy(`${place}: the grant ${tokenExchange} needs a \`subject\`.`)
}

function readSecurity(details: JsonObject, name: Member, place: string): Security | undefined {
  if ((details[name] ?? null) === null) return undefined
  const members = objectIn(details, name, place)
  refuseUnknown(members, ['token', 'type'], `${place}.${name}`)
  const token = textIn(members, 'token', `${place}.${name}`)
  const type = textIn(members, 'type', `${place}.${name}`)
  if (token !== undefined && type !== undefined) return { token, type }
  throw wrongPolicy(`${place}.${name} needs a \`token\` and its \`type\`.`)
}

export function grantParameters(grant: Grant): Parameters {
  const type = ['grant_type', grant.type] as const
  switch (grant.type) {
    case 'client_credentials':
      return [type]
    case 'password':
      return [type, ['username', grant.username], ['password', grant.password]]
    case 'refresh_token':
      return [type, ['refresh_token', grant.refreshToken]]
    case tokenExchange:
      return [
        type,
        ...securityParameters('subject', grant.subject),
        ...securityParameters('actor', grant.actor),
      ]
  }
}

function securityParameters(name: 'subject' | 'actor', security: Security | undefined): Parameters {
  if (!security) return []
  return [
    [`${name}_token`, security.token],
    [`${name}_token_type`, security.type],
  ]
}

export function grantSecrets(grant: Grant): readonly string[] {
  switch (grant.type) {
    case 'client_credentials':
      return []
    case 'password':
      return [grant.password]
    case 'refresh_token':
      return [grant.refreshToken]
    case tokenExchange:
      return [grant.subject.token, ...(grant.actor ? [grant.actor.token] : [])]
  }
}
