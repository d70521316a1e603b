/**
 * Digest authentication (RFC 7616, and RFC 2617 for services without `qop`): which challenge is answered, and how.
 * Pure; who answers when is in `digest_sessions.ts`. Only the method and the address are protected (`qop=auth`):
 * a service that wants the body protected too (`auth-int` alone) is refused.
 * Texts that are hashed or sent have one character for one byte, so that a realm goes back as it came.
 */
import { createHash, getHashes } from 'node:crypto'
import { TaskFault, type JsonObject } from '@nexus/sdk'
import { readChallenges } from './challenge.ts'
import { readPassword, wrongPolicy } from './members.ts'

export interface Digest {
  readonly scheme: 'digest'
  readonly username: string
  readonly password: string
}

export interface DigestChallenge {
  readonly realm: string
  readonly nonce: string
  readonly opaque: string | undefined
  /** As the service wrote it; undefined where it wrote none, which means MD5. */
  readonly algorithm: string | undefined
  readonly hash: string
  /** Whether the password is hashed with the first nonce, once. */
  readonly isSession: boolean
  readonly hasQop: boolean
  readonly isStale: boolean
  readonly isUtf8: boolean
  readonly hidesUser: boolean
}

/** What a nonce is used for: the request, and how often before. */
export interface DigestUse {
  readonly method: string
  /** Path and query, as in the request line. */
  readonly uri: string
  /** 1 for the first request with this nonce. */
  readonly count: number
  /** Ours, the same for as long as the nonce is used. */
  readonly cnonce: string
}

/** What Node calls the algorithms of the registry "HTTP Digest Algorithm Values". */
const hashes: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-256': 'sha256',
  'SHA-512-256': 'sha512-256',
}

export function readDigest(details: JsonObject): Digest {
  const digest = readPassword('digest', details)
  // A line end would begin another header.
  if (/\p{Cc}/u.test(digest.username)) throw wrongPolicy('digest: the user name has control characters.')
  return digest
}

/** The first challenge that can be answered, since services name the one they prefer first. `asker` is for the error. */
export function chooseChallenge(header: string, asker: string): DigestChallenge {
  const offered = readChallenges(header)
  const reasons: string[] = []
  for (const { scheme, parameters } of offered) {
    if (scheme !== 'digest') continue
    const why = whyNotAnswered(parameters)
    if (why === undefined) return challengeOf(parameters)
    reasons.push(why)
  }
  const others = offered.map(({ scheme }) => scheme).join(', ') || 'nothing'
  const why = reasons.join('; ') || `it asks for ${others}, not for digest`
  throw TaskFault.of('authentication', `${asker} wants an authentication that digest cannot give: ${why}.`)
}

function whyNotAnswered(parameters: ReadonlyMap<string, string>): string | undefined {
  const algorithm = parameters.get('algorithm') ?? 'MD5'
  const hash = hashOf(algorithm)
  if (hash === undefined || !getHashes().includes(hash)) return `algorithm ${algorithm} is not known`
  if (!parameters.has('realm') || !parameters.has('nonce')) return 'its challenge has no realm or no nonce'
  const qop = parameters.get('qop')
  if (qop === undefined) return isSession(algorithm) ? `algorithm ${algorithm} needs a qop` : undefined
  return protections(qop).includes('auth') ? undefined : `of qop "${qop}" only auth is supported`
}

function challengeOf(parameters: ReadonlyMap<string, string>): DigestChallenge {
  const algorithm = parameters.get('algorithm')
  const says = (name: string, word: string): boolean => parameters.get(name)?.toLowerCase() === word
  return {
    realm: parameters.get('realm') ?? '',
    nonce: parameters.get('nonce') ?? '',
    opaque: parameters.get('opaque'),
    algorithm,
    hash: hashOf(algorithm ?? 'MD5') ?? 'md5',
    isSession: isSession(algorithm ?? ''),
    hasQop: parameters.has('qop'),
    isStale: says('stale', 'true'),
    isUtf8: says('charset', 'utf-8'),
    hidesUser: says('userhash', 'true'),
  }
}

function hashOf(algorithm: string): string | undefined {
  return hashes[algorithm.toUpperCase().replace(/-SESS$/, '')]
}

function isSession(algorithm: string): boolean {
  return /-sess$/i.test(algorithm)
}

function protections(qop: string): readonly string[] {
  return qop
    .toLowerCase()
    .split(',')
    .map((one) => one.trim())
}

/** The value of the authorization header. */
export function digestAuthorization(digest: Digest, challenge: DigestChallenge, use: DigestUse): string {
  const { realm, nonce, opaque, algorithm, hasQop, hidesUser } = challenge
  const fields = [
    userField(digest, challenge),
    `realm=${quoted(realm)}`,
    `nonce=${quoted(nonce)}`,
    `uri=${quoted(use.uri)}`,
    `response="${digestResponse(digest, challenge, use)}"`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(opaque === undefined ? [] : [`opaque=${quoted(opaque)}`]),
    ...(hasQop ? ['qop=auth', `nc=${counted(use.count)}`, `cnonce=${quoted(use.cnonce)}`] : []),
    ...(hidesUser ? ['userhash=true'] : []),
  ]
  return `Digest ${fields.join(', ')}`
}

/** RFC 7616, 3.4.1 to 3.4.3. */
export function digestResponse(digest: Digest, challenge: DigestChallenge, use: DigestUse): string {
  const { realm, nonce, hasQop } = challenge
  const hash = (...parts: readonly string[]): string => hashed(challenge.hash, parts)
  const user = hash(bytes(digest.username), realm, bytes(digest.password))
  const secret = challenge.isSession ? hash(user, nonce, use.cnonce) : user
  const request = hash(use.method, use.uri)
  if (!hasQop) return hash(secret, nonce, request)
  return hash(secret, nonce, counted(use.count), use.cnonce, 'auth', request)
}

/** RFC 7616, 3.4: hidden where the service wants that; else in a way that it can read where it is not ASCII. */
function userField({ username }: Digest, { hash, realm, hidesUser, isUtf8 }: DigestChallenge): string {
  if (hidesUser) return `username="${hashed(hash, [bytes(username), realm])}"`
  const isAscii = /^[\x20-\x7e]*$/.test(username)
  if (isUtf8 && !isAscii)
    return `username*=UTF-8''${encodeURIComponent(username).replaceAll(/['()*]/g, percent)}`
  return `username=${quoted(bytes(username))}`
}

function percent(letter: string): string {
  return `%${letter.charCodeAt(0).toString(16).toUpperCase()}`
}

function hashed(hash: string, parts: readonly string[]): string {
  return createHash(hash).update(parts.join(':'), 'latin1').digest('hex')
}

/** The bytes of a text in UTF-8, one character each. */
function bytes(text: string): string {
  return Buffer.from(text).toString('latin1')
}

function counted(count: number): string {
  return count.toString(16).padStart(8, '0')
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`
}
