/** Headers as they go out and as they come in. Pure. */
import type { HttpRequest } from '../request.ts'
import { acceptedEncodings } from './inflate.ts'

/** As the client gives them. */
export type RawHeaders = Readonly<Record<string, string | string[] | undefined>>

/** A part of something packed cannot be unpacked. */
export function headersOf({ headers, body }: HttpRequest): Record<string, string> {
  return {
    accept: '*/*',
    'accept-encoding': headers['range'] === undefined ? acceptedEncodings : 'identity',
    'user-agent': 'nexus',
    ...(typeof body === 'object' && { 'content-length': String(body.sizeBytes) }),
    ...headers,
  }
}

/** A header that comes several times is one, as HTTP joins them. */
export function joined(headers: RawHeaders): Record<string, string> {
  const all: Record<string, string> = {}
  for (const name in headers) {
    const value = headers[name]
    if (value !== undefined) all[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return all
}

/** About what they take on the wire. */
export function sizeOf(headers: Readonly<Record<string, string>>): number {
  let bytes = 0
  for (const name in headers) bytes += name.length + (headers[name]?.length ?? 0) + 4
  return bytes
}
