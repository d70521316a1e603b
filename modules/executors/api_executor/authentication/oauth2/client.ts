/**
 * The client that asks for a token, and how it shows that it is the one (RFC 6749, 2.3; RFC 7523; OpenID Connect Core, 9).
 * The private key of `private_key_jwt` is in `client.secret`, or a JWT that somebody else signed is in `client.assertion`.
 */
import type { Clock, JsonObject } from '@nexus/sdk'
import { basicCredentials } from '../basic.ts'
import { choiceIn, refuseUnknown, textIn, wrongPolicy } from '../members.ts'
import { signAssertion, type SigningClient } from './client_assertion.ts'
import type { Parameters } from './grant.ts'

export type Client =
  | { readonly authentication: 'none'; readonly id: string | undefined }
  | {
      readonly authentication: 'client_secret_post' | 'client_secret_basic'
      readonly id: string
      readonly secret: string
    }
  | SigningClient
  | { readonly authentication: 'assertion'; readonly id: string; readonly assertion: string }

type WithSecret = Exclude<(typeof authentications)[number], 'none'>

const authentications = [
  'client_secret_post',
  'client_secret_basic',
  'client_secret_jwt',
  'private_key_jwt',
  'none',
] as const

/** What a request says of its client. */
export interface ClientProof {
  readonly parameters: Parameters
  /** The value of the authorization header. */
  readonly authorization: string | undefined
}

export function readClient(members: JsonObject, place: string): Client {
  refuseUnknown(members, ['id', 'secret', 'assertion', 'authentication'], place)
  const stated = choiceIn(members, 'authentication', { place, choices: authentications })
  const authentication = stated ?? 'client_secret_post'
  const by = stated ?? `${authentication} (the default)`
  const id = textIn(members, 'id', place)
  const secret = textIn(members, 'secret', place)
  const assertion = textIn(members, 'assertion', place)
  if (authentication === 'none') {
    if (secret === undefined && assertion === undefined) return { authentication, id }
    throw wrongPolicy(
      `${place}: with the authentication none there is no place for a secret or an assertion.`,
    )
  }
  if (id === undefined)
    throw wrongPolicy(`${place} needs an \`id\` for ${by}; a client that does not authenticate says none.`)
  if (assertion !== undefined) return withAssertion({ authentication, by, id, secret, assertion }, place)
  if (secret !== undefined) return { authentication, id, secret }
  throw wrongPolicy(`${place} needs ${whatItNeeds(authentication)} for ${by}.`)
}

interface Asserted {
  readonly authentication: WithSecret
  readonly by: string
  readonly id: string
  readonly secret: string | undefined
  readonly assertion: string
}

function withAssertion({ authentication, by, id, secret, assertion }: Asserted, place: string): Client {
  if (authentication !== 'private_key_jwt' && authentication !== 'client_secret_jwt')
    throw wrongPolicy(`${place}: an assertion is for private_key_jwt or client_secret_jwt, not for ${by}.`)
  if (secret !== undefined)
    throw wrongPolicy(`${place}: an assertion is signed already. Give it or the secret, not both.`)
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(assertion)) return { authentication: 'assertion', id, assertion }
  throw wrongPolicy(
    `${place}.assertion is not a signed JWT (three parts with dots between them). A private key goes into \`secret\`.`,
  )
}

function whatItNeeds(authentication: WithSecret): string {
  if (authentication !== 'private_key_jwt') return 'a `secret`'
  return 'an `assertion` (a signed JWT), or a private key (PEM or JWK) as `secret`,'
}

/** `audience` is who the proof is for: the address of the token endpoint. */
export function proofOf(client: Client, audience: string, clock: Clock): ClientProof {
  const id: Parameters = client.id === undefined ? [] : [['client_id', client.id]]
  switch (client.authentication) {
    case 'none':
      return { parameters: id, authorization: undefined }
    case 'client_secret_post':
      return { parameters: [...id, ['client_secret', client.secret]], authorization: undefined }
    case 'client_secret_basic':
      return { parameters: [], authorization: `Basic ${encodedCredentials(client)}` }
    case 'assertion':
      return asserted(id, client.assertion)
    case 'client_secret_jwt':
    case 'private_key_jwt':
      return asserted(id, signAssertion(client, audience, clock))
  }
}

function asserted(id: Parameters, assertion: string): ClientProof {
  const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
  const parameters: Parameters = [...id, ['client_assertion_type', type], ['client_assertion', assertion]]
  return { parameters, authorization: undefined }
}

/** RFC 6749, 2.3.1: both are encoded as in a form before they become credentials. */
function encodedCredentials({ id, secret }: { id: string; secret: string }): string {
  return basicCredentials({ username: formEncoded(id), password: formEncoded(secret) })
}

function formEncoded(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice(1)
}

export function clientSecrets(client: Client): readonly string[] {
  switch (client.authentication) {
    case 'none':
      return []
    case 'assertion':
      return [client.assertion]
    case 'client_secret_basic':
      return [client.secret, encodedCredentials(client)]
    case 'client_secret_post':
    case 'client_secret_jwt':
    case 'private_key_jwt':
      return [client.secret]
  }
}
