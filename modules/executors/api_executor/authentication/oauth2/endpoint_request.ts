/**
 * Asks an endpoint of an authority, and reads its answer as JSON. What it throws names the endpoint, its error code and
 * its description, and no secret. A redirect is not followed: the secrets in a request are for its endpoint alone.
 */
import { isJsonObject, TaskFault, type JsonObject, type StandardError } from '@nexus/sdk'
import { nameOf } from '../../address.ts'
import { send, type Answer, type SendOptions } from '../../send.ts'
import { mask } from '../mask.ts'
import type { ClientProof } from './client.ts'
import type { Parameters } from './grant.ts'
import type { Encoding } from './token_policy.ts'

/** Tokens have a few KB. */
const answerBytesMax = 1_048_576
/** Of what an authority says of an error. */
const descriptionLengthMax = 300

/** How an endpoint is reached; it has a limit of its own for what it answers. */
export type Reach = Pick<SendOptions, 'transport' | 'timeoutMs' | 'clock' | 'signal'>

export interface EndpointRequest {
  readonly url: URL
  readonly parameters: Parameters
  readonly proof: ClientProof
  readonly encoding: Encoding
  /** Texts that the fault must not repeat. */
  readonly secrets: readonly string[]
}

export async function ask(request: EndpointRequest, options: Reach): Promise<JsonObject> {
  return readAnswer(await post(request, options), request.secrets)
}

/** Where the answer says nothing but that it was done. */
export async function tell(request: EndpointRequest, options: Reach): Promise<void> {
  const answer = await post(request, options)
  if (answer.status < 200 || answer.status >= 300) readAnswer(answer, request.secrets)
}

function post(request: EndpointRequest, options: Reach): Promise<Answer> {
  const { url, proof, encoding } = request
  const parameters = [...request.parameters, ...proof.parameters]
  const headers = {
    'content-type': encoding,
    accept: 'application/json',
    ...(proof.authorization !== undefined && { authorization: proof.authorization }),
  }
  const body = encoding === 'application/json' ? jsonOf(parameters) : formOf(parameters)
  const asked = { method: 'POST', url, headers, body, followsRedirects: false, authentication: undefined }
  return send(asked, briefly(options))
}

/** Nothing in it is secret. */
export async function get(url: URL, options: Reach): Promise<JsonObject> {
  const headers = { accept: 'application/json' }
  const asked = { method: 'GET', url, headers, body: undefined, followsRedirects: false }
  return readAnswer(await send({ ...asked, authentication: undefined }, briefly(options)), [])
}

function briefly(options: Reach): SendOptions {
  const { transport, timeoutMs, clock, signal } = options
  const limits = { responseBytesMax: answerBytesMax, largerHint: 'No authority needs as much.' }
  return { transport, timeoutMs, clock, signal, ...limits }
}

function formOf(parameters: Parameters): string {
  return new URLSearchParams(parameters.map(([name, value]) => [name, value])).toString()
}

/** A name that comes several times has a list. */
function jsonOf(parameters: Parameters): string {
  const byName = Map.groupBy(parameters, ([name]) => name)
  const members = [...byName].map(([name, pairs]) => {
    const values = pairs.map(([, value]) => value)
    return [name, values.length === 1 ? values[0] : values]
  })
  return JSON.stringify(Object.fromEntries(members))
}

function readAnswer({ status, url, body }: Answer, secrets: readonly string[]): JsonObject {
  const value = parsed(body)
  const code = value?.['error']
  const isSuccess = status >= 200 && status < 300
  if (value && isSuccess && typeof code !== 'string') return value
  if (status >= 300 && status < 400) {
    const detail = `${nameOf(url)} answered ${status}. Authorities are asked without redirects: give the address itself.`
    throw TaskFault.of('communication', detail, { status })
  }
  if (isSuccess && typeof code !== 'string')
    throw TaskFault.of(
      'communication',
      `${nameOf(url)} does not answer with a JSON object, as authorities do.`,
    )
  const kind = kindOf(status, typeof code === 'string' ? code : '')
  const said = typeof code === 'string' ? ` ${described(code, value?.['error_description'], secrets)}` : ''
  const detail = `${nameOf(url)} answered ${status}${said}.`
  throw TaskFault.of(kind, detail, kind === 'communication' && !isSuccess ? { status } : {})
}

function parsed(body: Buffer): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Error codes of RFC 6749, 5.2, RFC 8693, 2.2.2 and OpenID Connect. */
const forbidden = new Set(['unauthorized_client', 'access_denied', 'invalid_scope', 'invalid_target'])
const passing = new Set(['temporarily_unavailable', 'server_error', 'slow_down'])

function kindOf(status: number, code: string): StandardError {
  if (status >= 500 || status === 429 || status === 404 || status === 405 || passing.has(code))
    return 'communication'
  return status === 403 || forbidden.has(code) ? 'authorization' : 'authentication'
}

function described(code: string, description: unknown, secrets: readonly string[]): string {
  const text = typeof description === 'string' && description !== '' ? `${code}: ${description}` : code
  const line = mask(text, secrets)
    .replaceAll(/\p{Cc}+/gu, ' ')
    .replace(/\.$/, '')
  return line.length > descriptionLengthMax ? `${line.slice(0, descriptionLengthMax)}…` : line
}
