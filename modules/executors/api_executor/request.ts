/** From the arguments of a call to the request that is sent. Pure. */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { shownText } from './address.ts'
import { withAddresses, type Authentication } from './authentication/policy.ts'
import { wrong, type Call } from './call.ts'
import { encodeBody, queryTexts } from './encode_body.ts'
import type { RequestBody } from './transport/body.ts'
import { expandTemplate } from './uri_template.ts'

export interface HttpRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: RequestBody | undefined
  readonly followsRedirects: boolean
  /** Put in when the request is delivered: its header may need a token, or a challenge. */
  readonly authentication: Authentication | undefined
}

/** Methods whose effect a service should not have twice. */
const effectful = new Set(['POST', 'PUT', 'PATCH', 'DELETE'])

export function requestOf(call: Call, input: Json, idempotencyKey: string): HttpRequest {
  const { url, authentication } = addressOf(call, isJsonObject(input) ? input : {})
  const { body, contentType, isForced = false } = encodeBody(call)
  if (authentication && call.headers['authorization'] !== undefined)
    throw wrong('headers.authorization', 'left out where there is an authentication')
  refuseOtherLength(call.headers['content-length'], body)
  return {
    method: call.method,
    url,
    headers: {
      ...(contentType !== undefined && { 'content-type': contentType }),
      ...(effectful.has(call.method) && { 'idempotency-key': idempotencyKey }),
      ...call.headers,
      ...(isForced && contentType !== undefined && { 'content-type': contentType }),
    },
    body,
    followsRedirects: call.redirect,
    authentication,
  }
}

/** Where a service believes another length than that of the body, the rest of it would be its next request. */
function refuseOtherLength(given: string | undefined, body: RequestBody | undefined): void {
  if (given === undefined) return
  const sizeBytes = typeof body === 'string' ? Buffer.byteLength(body) : (body?.sizeBytes ?? 0)
  if (given !== String(sizeBytes))
    throw wrong('headers.Content-Length', `left out, or ${sizeBytes}, which is the length of the body`)
}

/** A user and password in the address become a policy: they must not be in what is recorded and shown. */
function addressOf(call: Call, values: JsonObject): Pick<HttpRequest, 'url' | 'authentication'> {
  const uri = expandTemplate(call.uri, values)
  const url = URL.parse(uri)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw TaskFault.of('configuration', `"${shownText(uri)}" is not an http or https URL.`)
  }
  for (const [name, value] of Object.entries(call.query)) {
    for (const text of queryTexts(value)) url.searchParams.append(name, text)
  }
  const { username, password } = url
  url.username = ''
  url.password = ''
  const policy = call.authentication && withAddresses(call.authentication, values)
  return { url, authentication: policy ?? userIn(username, password) }
}

function userIn(username: string, password: string): Authentication | undefined {
  if (username === '') return undefined
  try {
    const [name, word] = [decodeURIComponent(username), decodeURIComponent(password)]
    return { scheme: 'basic', username: name, password: word }
  } catch (error) {
    const detail =
      'The user or the password in the address is not encoded as URIs are: a "%" is written "%25".'
    throw TaskFault.of('configuration', detail, { cause: error })
  }
}
