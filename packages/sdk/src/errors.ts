/**
 * Errors as the Open Workflow Specification has them: problem details (RFC 7807) with a type, a status and the JSON
 * pointer of the task that failed. A module throws or returns one; every surface shows the same object.
 * The class decides whether a retry makes sense: a `TaskFault` says so by its type, any other exception is a bug.
 */

/** The specification's error object. `instance` is the JSON pointer of the task, filled in by the engine. */
export type WorkflowError = {
  readonly type: string
  readonly status: number
  readonly title?: string
  readonly detail?: string
  readonly instance?: string
}

export const errorTypeBase = 'https://open-workflow-specification.org/spec/1.0.0/errors/'

/** The specification's standard error types with their default status and title. */
const standardErrors = {
  configuration: { status: 400, title: 'Configuration Error' },
  validation: { status: 400, title: 'Validation Error' },
  expression: { status: 400, title: 'Expression Error' },
  authentication: { status: 401, title: 'Authentication Error' },
  authorization: { status: 403, title: 'Authorization Error' },
  timeout: { status: 408, title: 'Timeout Error' },
  communication: { status: 500, title: 'Communication Error' },
  runtime: { status: 500, title: 'Runtime Error' },
} as const

export type StandardError = keyof typeof standardErrors

/** A standard error object; `detail` says what happened, which thing, and what to do next. */
export function workflowError(kind: StandardError, detail: string, status?: number): WorkflowError {
  const { title, status: usual } = standardErrors[kind]
  return { type: errorTypeBase + kind, status: status ?? usual, title, detail }
}

/** A task failed in a way that a workflow may catch. Carries the specification's error object. */
export class TaskFault extends Error {
  override readonly name = 'TaskFault'
  readonly error: WorkflowError

  constructor(error: WorkflowError, options?: ErrorOptions) {
    super(error.detail ?? error.title ?? error.type, options)
    this.error = error
  }

  static of(
    kind: StandardError,
    detail: string,
    options: ErrorOptions & { status?: number } = {},
  ): TaskFault {
    return new TaskFault(workflowError(kind, detail, options.status), options)
  }
}

/** A run was cancelled, or a branch that is no longer needed: not an error, never caught by a workflow. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled'
  constructor(message = 'Cancelled.') {
    super(message)
  }
}

/** Anything thrown, as the specification's error object. */
export function toWorkflowError(thrown: unknown): WorkflowError {
  if (thrown instanceof TaskFault) return thrown.error
  const detail = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown)
  return workflowError('runtime', detail)
}

/** A problem that the user of Nexus can mend: bad usage, a bad document, a missing module, a held data directory. */
export class NexusError extends Error {
  override readonly name: string = 'NexusError'
  readonly code: string

  /** `code` is stable and machine-readable; `message` says what, which, and what to do next. */
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** A broken invariant is a bug of ours: it says so, and where to look. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Broken invariant (a bug in Nexus): ${message}`)
}
