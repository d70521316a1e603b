/**
 * Who may ask. Without a token the server is for this machine alone: it listens on loopback, answers only to names of
 * loopback (so that no foreign name can be made to point here), and to no page of a foreign origin. With a token it asks
 * for that. It keeps no token, only the digest of one.
 */
import { NexusError } from '@nexus/sdk'
import type { FastifyRequest } from 'fastify'
import { createHash, timingSafeEqual } from 'node:crypto'
import { isIP } from 'node:net'

/** A shorter one can be guessed. */
const tokenLengthMin = 16

export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, '$1')
  return name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'))
}

/** Throws `NexusError` `token_needed` or `token_too_short`. */
export function checkPolicy(host: string, token: string | undefined): void {
  if (token !== undefined && token.length < tokenLengthMin) {
    const message = `The token is too short: it has ${token.length} characters, and needs ${tokenLengthMin} or more. Try: openssl rand -hex 32`
    throw new NexusError('token_too_short', message)
  }
  if (token !== undefined || isLoopback(host)) return
  throw new NexusError(
    'token_needed',
    `${host} can be reached from other machines, so a token is needed. Give one with --token-file or NEXUS_TOKEN, or leave out --host.`,
  )
}

export interface Guard {
  /** Throws `NexusError` `foreign_host`, `foreign_origin` or `unauthorized`. `open`: also without a token. */
  check(request: FastifyRequest, open: boolean): void
}

export function guard(host: string, token: string | undefined): Guard {
  const expected = token === undefined ? undefined : digest(token)
  const local = isLoopback(host)
  return {
    check(request, open) {
      if (local) checkHost(request.headers.host)
      checkOrigin(request)
      if (expected && !open) checkToken(request.headers.authorization, expected)
    },
  }
}

function checkHost(host: string | undefined): void {
  if (host !== undefined && isLoopback(host.replace(/:\d+$/, ''))) return
  const message = `This server answers to localhost and 127.0.0.1, not to ${JSON.stringify(host ?? '')}.`
  throw new NexusError('foreign_host', message)
}

/** A browser says from which page a request comes. Programs say nothing. */
function checkOrigin({ headers }: FastifyRequest): void {
  const { origin, host = '' } = headers
  const site = headers['sec-fetch-site']
  const foreign = origin !== undefined && hostOf(origin) !== host.toLowerCase()
  const crossed = origin === undefined && (site === 'cross-site' || site === 'same-site')
  if (!foreign && !crossed) return
  throw new NexusError('foreign_origin', 'Pages of another origin may not ask this server.')
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).host : undefined
}

/** Digests are of one length, so the comparison takes as long whatever is given. */
function checkToken(authorization: string | undefined, expected: Buffer): void {
  const [, given = ''] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? []
  if (timingSafeEqual(digest(given), expected)) return
  throw new NexusError(
    'unauthorized',
    'A token is needed: Authorization: Bearer TOKEN. The nexus command takes it from NEXUS_TOKEN.',
  )
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
