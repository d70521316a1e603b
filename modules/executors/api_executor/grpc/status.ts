/** What a gRPC status means for a task. Source: google.rpc.Code, whose comments name an HTTP status for each. */
import { TaskFault, type StandardError } from '@nexus/sdk'

interface Meaning {
  readonly name: string
  readonly status: number
  readonly type?: StandardError
}

const meanings: readonly Meaning[] = [
  { name: 'OK', status: 500 },
  { name: 'CANCELLED', status: 499 },
  { name: 'UNKNOWN', status: 500 },
  { name: 'INVALID_ARGUMENT', status: 400 },
  { name: 'DEADLINE_EXCEEDED', status: 504 },
  { name: 'NOT_FOUND', status: 404 },
  { name: 'ALREADY_EXISTS', status: 409 },
  { name: 'PERMISSION_DENIED', status: 403, type: 'authorization' },
  { name: 'RESOURCE_EXHAUSTED', status: 429 },
  { name: 'FAILED_PRECONDITION', status: 400 },
  { name: 'ABORTED', status: 409 },
  { name: 'OUT_OF_RANGE', status: 400 },
  { name: 'UNIMPLEMENTED', status: 501 },
  { name: 'INTERNAL', status: 500 },
  { name: 'UNAVAILABLE', status: 503 },
  { name: 'DATA_LOSS', status: 500 },
  { name: 'UNAUTHENTICATED', status: 401, type: 'authentication' },
]

const unauthenticated = 16
/** What of the service's words stands in the fault. */
const detailLengthMax = 2048

/** Anything thrown by a call, as a fault that names the call by `place`. */
export function faultOf(error: unknown, place: string): unknown {
  if (error instanceof TaskFault) return error
  const code = codeOf(error)
  if (code === undefined || !(error instanceof Error)) return error
  const { name, status, type = 'communication' } = meanings[code] ?? { name: `status ${code}`, status: 500 }
  const words = wordsOf(error).slice(0, detailLengthMax).trim()
  const detail = `${place} answered ${name} (${code})${words === '' ? '' : `: ${words}`}`
  return TaskFault.of(type, detail, { status, cause: error })
}

export function isUnauthenticated(error: unknown): boolean {
  return error instanceof TaskFault && codeOf(error.cause) === unauthenticated
}

function codeOf(error: unknown): number | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'number' ? code : undefined
}

function wordsOf(error: Error): string {
  return 'details' in error && typeof error.details === 'string' ? error.details : error.message
}
