/** Why there is no answer, as the fault of the task: which endpoint, what it said, what to do next. Never the key. */
import { Cancelled, TaskFault, type StandardError } from '@nexus/sdk'
import type { Mask } from './mask.ts'
import { refusalIn, type Refusal } from './refusal.ts'

/** How much of what others said stands in a fault, in characters. */
const quoteLengthMax = 500

export interface Place {
  readonly baseUrl: string
  readonly keySecret: string | undefined
  readonly mask: Mask
}

export function faultOf(error: unknown, place: Place): Error {
  const own = ownIn(error)
  if (own) return own
  const refusal = refusalIn(error)
  if (refusal) return refused(refusal, error, place)
  return TaskFault.of(
    'communication',
    `${place.baseUrl} could not be asked: ${reasonOf(error, place.mask)}`,
    {
      cause: error,
    },
  )
}

/** A part of a text that came from outside, short and without the key. */
export function quoted(text: string, mask: Mask): string {
  const masked = mask.text(text)
  const shown = masked.length <= quoteLengthMax ? masked : `${masked.slice(0, quoteLengthMax)}…`
  return JSON.stringify(shown)
}

/** In words, that end with a full stop. */
export function reasonOf(error: unknown, mask: Mask): string {
  const root = rootOf(error)
  const said = root instanceof Error ? root.message : String(root)
  const code = root instanceof Error && 'code' in root && typeof root.code === 'string' ? root.code : ''
  const words = mask.text(reasons[code] ?? said).slice(0, quoteLengthMax)
  return /[.!?]$/.test(words) ? words : `${words}.`
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused). Is the service running?',
  ENOTFOUND: 'its name is not known to DNS.',
  EAI_AGAIN: 'its name could not be looked up now (DNS does not answer).',
  ECONNRESET: 'it broke the connection off.',
  UND_ERR_SOCKET: 'it closed the connection before its answer was complete.',
  UND_ERR_CONNECT_TIMEOUT: 'it did not take the connection in time.',
  UND_ERR_HEADERS_TIMEOUT: 'it took the request and did not begin to answer in time.',
  UND_ERR_BODY_TIMEOUT: 'it stopped in the middle of its answer.',
}

/** A fault of this module that was thrown inside of the client, which wraps what it does not know. */
function ownIn(error: unknown): TaskFault | Cancelled | undefined {
  let cause = error
  for (let depth = 0; cause instanceof Error && depth < 8; depth++, cause = cause.cause)
    if (cause instanceof TaskFault || cause instanceof Cancelled) return cause
  return undefined
}

function rootOf(error: unknown): unknown {
  let cause = error
  for (let depth = 0; cause instanceof Error && cause.cause instanceof Error && depth < 8; depth++)
    cause = cause.cause
  return cause instanceof AggregateError ? (cause.errors[0] ?? cause) : cause
}

function refused(refusal: Refusal, cause: unknown, { baseUrl, keySecret, mask }: Place): TaskFault {
  const { status, message, code } = refusal
  const said = `${baseUrl} refuses with status ${status}: ${quoted(message.replace(/^\d+ /, ''), mask)}.`
  const key =
    keySecret === undefined
      ? 'no key was sent: name its secret in `api_key_secret`'
      : `the key is the secret "${keySecret}"`
  if (status === 401) return TaskFault.of('authentication', `${said} (${key})`, { cause })
  if (status === 403) return TaskFault.of('authorization', `${said} (${key})`, { cause })
  if (code === 'insufficient_quota')
    return TaskFault.of('communication', `${said} Nothing is left of what this key may use.`, {
      cause,
      status,
    })
  if (status === 404)
    return TaskFault.of('configuration', `${said} Check \`base_url\` and the name of the model.`, {
      cause,
      status,
    })
  return TaskFault.of(kindOf(status), said, { cause, status })
}

function kindOf(status: number): StandardError {
  return status === 400 || status === 422 ? 'validation' : 'communication'
}
