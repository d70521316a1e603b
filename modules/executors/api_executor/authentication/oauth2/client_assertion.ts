/** The JWT with which a client shows that it has its secret or its private key (RFC 7523, 3; OpenID Connect Core, 9). */
import { createHmac, createPrivateKey, randomUUID, sign, type KeyObject } from 'node:crypto'
import { isJsonObject, type Clock, type JsonObject } from '@nexus/sdk'
import { wrongPolicy } from '../members.ts'

export interface SigningClient {
  readonly authentication: 'client_secret_jwt' | 'private_key_jwt'
  readonly id: string
  /** For `private_key_jwt` a private key, in PEM or as a JWK. */
  readonly secret: string
}

/** Time enough for clocks that differ. */
const validSeconds = 300

export function signAssertion(client: SigningClient, audience: string, clock: Clock): string {
  const issuedAt = Math.floor(clock.now() / 1000)
  const claims = {
    iss: client.id,
    sub: client.id,
    aud: audience,
    jti: randomUUID(),
    iat: issuedAt,
    exp: issuedAt + validSeconds,
  }
  const { header, signatureOf } = signerOf(client)
  const signed = `${encoded({ typ: 'JWT', ...header })}.${encoded(claims)}`
  return `${signed}.${signatureOf(signed).toString('base64url')}`
}

interface Signer {
  readonly header: JsonObject
  readonly signatureOf: (signed: string) => Buffer
}

function signerOf({ authentication, secret }: SigningClient): Signer {
  if (authentication === 'client_secret_jwt') {
    const signatureOf = (signed: string): Buffer => createHmac('sha256', secret).update(signed).digest()
    return { header: { alg: 'HS256' }, signatureOf }
  }
  const { key, id } = readKey(secret)
  const alg = algorithmOf(key)
  // A signature by an elliptic curve stands in a JWT as its two numbers (RFC 7518, 3.4); RSA does not look at that.
  const signatureOf = (signed: string): Buffer =>
    sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
  return { header: { alg, ...(id !== undefined && { kid: id }) }, signatureOf }
}

/** What the reader says of a key that it cannot read may hold parts of it, and is not passed on. */
function readKey(text: string): { key: KeyObject; id: string | undefined } {
  try {
    if (!text.trimStart().startsWith('{')) return { key: createPrivateKey(text), id: undefined }
    const jwk: unknown = JSON.parse(text)
    const id = isJsonObject(jwk) ? jwk['kid'] : undefined
    if (isJsonObject(jwk))
      return {
        key: createPrivateKey({ key: jwk, format: 'jwk' }),
        id: typeof id === 'string' ? id : undefined,
      }
  } catch {
    // Said below, for every key alike.
  }
  throw wrongPolicy(
    'private_key_jwt: `client.secret` is not a private key that can be read. Give it in PEM without a passphrase, or as a JWK.',
  )
}

function algorithmOf(key: KeyObject): 'RS256' | 'ES256' {
  if (key.asymmetricKeyType === 'rsa') return 'RS256'
  if (key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256'
  throw wrongPolicy('private_key_jwt: the key must be an RSA key (RS256) or one on the curve P-256 (ES256).')
}

function encoded(part: JsonObject): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url')
}
