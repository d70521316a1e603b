/** From an answer to the task's output, or its fault. Pure. */
import { TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { nameOf, shownAddress } from './address.ts'
import { secretsOf } from './authentication/policy.ts'
import { mask } from './authentication/mask.ts'
import type { OutputMode } from './call.ts'
import { readJson } from './json_text.ts'
import { isSecretName } from './names.ts'
import type { HttpRequest } from './request.ts'
import type { Answer } from './send.ts'

/** What of the body stands in the fault of a refused answer. */
const detailLengthMax = 2048
/** Read for it, so that a secret is not cut in two before it is found. */
const detailBytesMax = 65_536

/** 2xx is success, and 3xx where the task allows redirects; anything else faults the task with that status. */
export function refuseStatus(request: HttpRequest, answer: Answer): void {
  const { method, followsRedirects } = request
  const { status, statusText, url } = answer
  if (status >= 200 && status < (followsRedirects ? 400 : 300)) return
  const location = answer.headers['location']
  const hint =
    status >= 300 && status < 400 ? ` (to ${location ?? 'nowhere'}); \`redirect: true\` would follow it` : ''
  const text = detailOf(answer, secretsIn(request))
  throw TaskFault.of(
    'communication',
    `${method} ${nameOf(url)} answered ${`${status} ${statusText}`.trim()}${hint}.${text && ` ${text}`}`,
    { status },
  )
}

/** Texts of the request that no fault may repeat. */
function secretsIn({ url, headers, authentication }: HttpRequest): readonly string[] {
  const given = [...Object.entries(headers), ...url.searchParams].filter(([name]) => isSecretName(name))
  // Of `Bearer TOKEN` the token is the secret.
  const values = given.flatMap(([, value]) => [value, value.replace(/^\S+ +/, '')])
  return [...secretsOf(authentication), ...values]
}

function detailOf({ body, headers }: Answer, secrets: readonly string[]): string {
  const text = textOf(body.subarray(0, detailBytesMax), headers)
  return mask(text, secrets).slice(0, detailLengthMax).trim()
}

/** An answer that is in a blob is given as its reference, whatever the mode. */
export function outputOf(mode: OutputMode, request: HttpRequest, answer: Answer): Json {
  const content = answer.blob ?? (mode === 'raw' ? answer.body.toString('base64') : contentOf(answer))
  if (mode !== 'response') return content
  return {
    request: recorded(request),
    statusCode: answer.status,
    headers: answer.headers,
    content,
  }
}

/** JSON where the answer says that it is; else text; null where there is nothing. */
export function contentOf({ url, headers, body }: Answer): Json {
  if (body.length === 0) return null
  const text = textOf(body, headers)
  if (!/^[^;]*[/+]json\s*(?:;|$)/i.test(headers['content-type'] ?? '')) return text
  try {
    return readJson(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw TaskFault.of('communication', `${nameOf(url)} says that it answers in JSON, and does not: ${why}`)
  }
}

const utf8 = new TextDecoder()

export function textOf(body: Buffer, headers: Answer['headers']): string {
  const charset = /charset="?([^\s;"]+)/i.exec(headers['content-type'] ?? '')?.[1] ?? 'utf-8'
  if (charset === 'utf-8') return utf8.decode(body)
  try {
    return new TextDecoder(charset).decode(body)
  } catch {
    // A character set that nobody knows: UTF-8 is the best guess, and what is not is replaced.
    return body.toString('utf8')
  }
}

/** A recorded request must not give its secrets away. */
function recorded({ method, url, headers, authentication }: HttpRequest): JsonObject {
  const entries = Object.entries({ ...headers, ...(authentication && { authorization: '' }) })
  return {
    method,
    uri: shownAddress(url),
    headers: Object.fromEntries(entries.map(([name, value]) => [name, isSecretName(name) ? '***' : value])),
  }
}
