/** Messages as they are on the wire, and as a workflow sees them. Pure. */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { readJson } from '../json_text.ts'
import type { Outbound } from './arguments.ts'

export interface Received {
  readonly bytes: Uint8Array
  readonly headers: Readonly<Record<string, string>>
  /** Where the protocol itself has one. */
  readonly correlationId?: string | undefined
}

/** A text as it is, anything else as JSON. */
export function encodePayload({ payload }: Outbound): { readonly body: string; readonly mediaType: string } {
  if (typeof payload === 'string') return { body: payload, mediaType: 'text/plain; charset=utf-8' }
  return { body: JSON.stringify(payload), mediaType: 'application/json' }
}

/** What is JSON is that, what is text is that, and other bytes are in base64. `location`: of the correlation id. */
export function inbound(
  { bytes, headers, correlationId }: Received,
  location: string | undefined,
): JsonObject {
  const payload = payloadOf(bytes)
  const id =
    correlationId ??
    found(location, payload, headers) ??
    headers['correlationId'] ??
    headers['correlation-id']
  return { payload, headers: { ...headers }, ...(id !== undefined && { correlationId: id }) }
}

function payloadOf(bytes: Uint8Array): Json {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(buffer)
  } catch {
    return buffer.toString('base64')
  }
  try {
    return text === '' ? null : readJson(text)
  } catch {
    return text
  }
}

/** `$message.header#/id` or `$message.payload#/a/b`. */
function found(location: string | undefined, payload: Json, headers: JsonObject): string | undefined {
  const [, place, pointer = ''] = /^\$message\.(header|payload)#(\/.*)?$/.exec(location ?? '') ?? []
  if (place === undefined) return undefined
  let here: Json | undefined = place === 'header' ? headers : payload
  for (const key of pointer.split('/').slice(1)) {
    const name = key.replaceAll('~1', '/').replaceAll('~0', '~')
    here = isJsonObject(here) && Object.hasOwn(here, name) ? here[name] : undefined
  }
  return typeof here === 'string' || typeof here === 'number' ? String(here) : undefined
}
