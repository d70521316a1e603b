/**
 * Whatever was thrown, as what is answered: problem details with the specification's types. What nobody foresaw is told
 * to the operator, and to whoever asked only that it happened.
 */
import { problemMediaType, type DocumentProblem, type Problem } from '@nexus/api'
import type { CheckedWorkflow } from '@nexus/nexus'
import { NexusError, workflowError, type Log, type StandardError } from '@nexus/sdk'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'

interface Kind {
  readonly kind: StandardError
  readonly status: number
}

const notFound: Kind = { kind: 'validation', status: 404 }
const conflict: Kind = { kind: 'validation', status: 409 }
const failure: Kind = { kind: 'runtime', status: 500 }
const unavailable: Kind = { kind: 'communication', status: 503 }

/** By the codes of errors; any other one is the fault of who asked. */
const kinds: Readonly<Record<string, Kind>> = {
  not_found: notFound,
  run_not_found: notFound,
  workflow_not_found: notFound,
  module_not_found: notFound,
  blob_not_found: notFound,
  generation_not_found: notFound,
  method_not_allowed: { kind: 'validation', status: 405 },
  module_failed: conflict,
  run_ended: conflict,
  run_not_ended: conflict,
  run_attached: conflict,
  not_retriable: conflict,
  task_not_completed: conflict,
  key_reused: { kind: 'validation', status: 422 },
  unauthorized: { kind: 'authentication', status: 401 },
  foreign_host: { kind: 'authorization', status: 403 },
  foreign_origin: { kind: 'authorization', status: 403 },
  body_too_large: { kind: 'validation', status: 413 },
  unknown_media_type: { kind: 'validation', status: 415 },
  internal: failure,
  request_timeout: { kind: 'timeout', status: 408 },
  closed: unavailable,
  too_many_streams: unavailable,
  too_many_pending: unavailable,
  storage_failed: failure,
  disk_full: failure,
  database_corrupt: failure,
  data_unwritable: failure,
  payload_unreadable: failure,
}
const refused: Kind = { kind: 'validation', status: 400 }

/** A document that is not valid; the answer says where. */
export class InvalidDocument extends NexusError {
  override readonly name = 'InvalidDocument'
  readonly problems: readonly DocumentProblem[]

  constructor({ problems }: CheckedWorkflow) {
    const count = problems.filter(({ severity }) => severity === 'error').length
    const what = count === 1 ? 'One thing is' : `${count} things are`
    super('invalid_workflow', `The document is not valid. ${what} wrong with it: see problems.`)
    this.problems = problems.map(({ severity, code, message, hint, pointer, start, end }) => ({
      severity,
      code,
      message,
      ...(hint !== undefined && { hint }),
      pointer,
      start: { line: start.line, column: start.column },
      end: { line: end.line, column: end.column },
    }))
  }
}

export function problemOf(error: NexusError, instance: string): Problem {
  const { kind, status } = kinds[error.code] ?? refused
  const { type, title = type } = workflowError(kind, error.message)
  const problem = { type, status, title, detail: error.message, instance, code: error.code }
  return error instanceof InvalidDocument ? { ...problem, problems: error.problems } : problem
}

export function sendProblem(reply: FastifyReply, request: FastifyRequest, error: NexusError): FastifyReply {
  const problem = problemOf(error, request.url.split('?')[0] ?? '/')
  if (problem.status === 401) void reply.header('www-authenticate', 'Bearer')
  return reply
    .code(problem.status)
    .type(problemMediaType)
    .send(Buffer.from(JSON.stringify(problem)))
}

/** What the framework refuses, by its codes. */
const frameworkCodes: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unknown_media_type',
}

/** Never throws. */
export function toNexusError(error: FastifyError | Error, request: FastifyRequest, log: Log): NexusError {
  if (error instanceof NexusError) return error
  const { statusCode = 500, code = '' } = 'code' in error ? error : { statusCode: 500 }
  if (statusCode >= 400 && statusCode < 500) {
    const known = frameworkCodes[code] ?? 'bad_request'
    return new NexusError(
      known,
      known === 'unknown_media_type' ? mediaWanted(request) : sentence(error.message),
    )
  }
  log.error(`${request.method} ${request.url}: ${error.stack ?? String(error)}`)
  return new NexusError('internal', 'This is a bug in Nexus. Its operator is told what happened.')
}

function mediaWanted({ headers }: FastifyRequest): string {
  const given = headers['content-type']
  const was = given === undefined ? 'The body says of itself no type' : `The body is ${given}`
  return `${was}. Wanted is JSON, with the header content-type: application/json.`
}

function sentence(message: string): string {
  return /[.!?]$/.test(message) ? message : `${message}.`
}
