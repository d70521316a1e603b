/**
 * Where a redirect leads, and what of the request goes there, as the Fetch standard has it (4.4, "HTTP-redirect fetch"); and
 * beyond that, no header that shows who asks goes to another origin, whatever its name.
 */
import { TaskFault } from '@nexus/sdk'
import { nameOf } from './address.ts'
import { isSecretName } from './names.ts'
import type { HttpRequest } from './request.ts'
import type { Answer } from './send.ts'

const statuses = new Set([301, 302, 303, 307, 308])
/** They say what the body is, and go with it. */
const bodyHeaders = new Set([
  'content-type',
  'content-encoding',
  'content-language',
  'content-location',
  'content-length',
])
/** The request that follows; undefined where the answer is not a redirect, or says no place. */
export function redirected(request: HttpRequest, answer: Answer): HttpRequest | undefined {
  const { location } = answer.headers
  if (!statuses.has(answer.status) || location === undefined) return undefined
  const url = placeOf(location, answer)
  const dropsBody = becomesGet(request.method, answer.status)
  const isElsewhere = url.origin !== request.url.origin
  const isDropped = (name: string): boolean =>
    (dropsBody && bodyHeaders.has(name)) || (isElsewhere && (name === 'host' || isSecretName(name)))
  return {
    ...request,
    url,
    method: dropsBody ? 'GET' : request.method,
    body: dropsBody ? undefined : request.body,
    headers: Object.fromEntries(Object.entries(request.headers).filter(([name]) => !isDropped(name))),
    ...(isElsewhere && { authentication: undefined }),
  }
}

function becomesGet(method: string, status: number): boolean {
  if (status === 303) return method !== 'GET' && method !== 'HEAD'
  return (status === 301 || status === 302) && method === 'POST'
}

/** A user and a password in it are the word of a stranger, and are not sent. */
function placeOf(location: string, { url, status }: Answer): URL {
  // A header has one character for one byte; services that do not encode a place write it in UTF-8.
  const place = URL.parse(Buffer.from(location, 'latin1').toString('utf8'), url)
  if (!place || (place.protocol !== 'http:' && place.protocol !== 'https:')) {
    throw TaskFault.of(
      'communication',
      `${nameOf(url)} answered ${status} and leads to no http or https address.`,
    )
  }
  place.username = ''
  place.password = ''
  return place
}
