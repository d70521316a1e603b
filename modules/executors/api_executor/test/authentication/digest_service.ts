/** A service that asks for digest authentication, and works out by itself, from RFC 7616, whether an answer is right. */
import { createHash } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { echo, serve } from '../world.ts'

export interface Options {
  /** As its challenge says; undefined where it says none. */
  readonly algorithm?: string | undefined
  readonly qop?: string | undefined
  /** More of the challenge. */
  readonly extra?: string
  readonly username?: string
  /** Whether a nonce is too old for its request number `count` (from 1). */
  readonly isOld?: (count: number) => boolean
  readonly listener?: RequestListener
}

export interface Seen {
  readonly method: string
  readonly url: string
  readonly fields: Readonly<Record<string, string>>
  readonly isRight: boolean
}

const realm = 'a "quoted" realm, déjà vu'
export const password = 'open sesame'

/** The address, and what arrived. */
export async function serveDigest(options: Options = {}) {
  const seen: Seen[] = []
  let nonces = 0
  const address = await serve((request, response) => {
    const { method = '', url = '', headers } = request
    const fields = fieldsOf(headers.authorization ?? '')
    const isRight = isRightFor({ method, url, fields }, options)
    seen.push({ method, url, fields, isRight })
    const isOld = isRight && (options.isOld?.(Number.parseInt(fields['nc'] ?? '1', 16)) ?? false)
    if (isRight && !isOld) return (options.listener ?? echo)(request, response)
    const challenge = challengeOf(`nonce-${++nonces}`, options) + (isOld ? ', stale=true' : '')
    request.resume()
    response.writeHead(401, { 'www-authenticate': challenge }).end('who are you?')
  })
  return { address, seen }
}

function challengeOf(nonce: string, { algorithm, qop, extra }: Options): string {
  // As bytes in UTF-8, which is how services write what is not ASCII.
  const written = Buffer.from(realm.replaceAll('"', String.raw`\"`)).toString('latin1')
  return [
    `Digest realm="${written}", nonce="${nonce}", opaque="op=aque, \\\\"`,
    ...(algorithm === undefined ? [] : [`algorithm=${algorithm}`]),
    ...(qop === undefined ? [] : [`qop="${qop}"`]),
    ...(extra === undefined ? [] : [extra]),
  ].join(', ')
}

function fieldsOf(header: string): Readonly<Record<string, string>> {
  if (!header.startsWith('Digest ')) return {}
  const pairs = [...header.matchAll(/([a-z*]+)=(?:"((?:\\.|[^"\\])*)"|([^\s,]+))/gi)]
  return Object.fromEntries(
    pairs.map(([, name = '', quoted, plain = '']) => [name, quoted?.replaceAll(/\\(.)/g, '$1') ?? plain]),
  )
}

function isRightFor(
  { method, url, fields }: Omit<Seen, 'isRight'>,
  { algorithm = 'MD5', qop, username = 'ali' }: Options,
): boolean {
  const name = algorithm.replace(/-sess$/i, '').toUpperCase()
  const hash = (text: string): string =>
    createHash({ MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' }[name] ?? '')
      .update(text)
      .digest('hex')
  const { nonce, nc, cnonce } = fields
  const user = hash(`${username}:${realm}:${password}`)
  const secret = /-sess$/i.test(algorithm) ? hash(`${user}:${nonce}:${cnonce}`) : user
  const middle = qop === undefined ? nonce : `${nonce}:${nc}:${cnonce}:auth`
  return (
    fields['response'] === hash(`${secret}:${middle}:${hash(`${method}:${url}`)}`) &&
    fields['uri'] === url &&
    fields['opaque'] === 'op=aque, \\' &&
    (fields['qop'] === 'auth') === (qop !== undefined)
  )
}
