/**
 * What a command refuses, for people and for programs: with `--json` one document with the problems, in the shape that
 * `nexus validate --json` has them, and for people the same in words on standard error.
 */
import { formatProblems, type CheckedWorkflow } from '@nexus/nexus'
import { NexusError } from '@nexus/sdk'
import { CommanderError } from 'commander'

/** One thing that is wrong. Those of documents have a place too. */
export interface RefusalProblem {
  readonly severity: string
  readonly code: string
  readonly message: string
}

/** A document that is not valid, here or where the server is. Its message shows each problem. */
export class DocumentRefused extends NexusError {
  override readonly name = 'DocumentRefused'
  /** Undefined where it is not known. */
  readonly file: string | undefined
  readonly problems: readonly RefusalProblem[]

  constructor(
    message: string,
    { file, problems, ...options }: Pick<DocumentRefused, 'file' | 'problems'> & ErrorOptions,
  ) {
    super('invalid_workflow', message, options)
    this.file = file
    this.problems = problems
  }
}

/** Throws `DocumentRefused` where a checked workflow is not valid. */
export function refuseInvalid(workflow: CheckedWorkflow): void {
  if (workflow.document) return
  const { file, problems } = workflow
  throw new DocumentRefused(formatProblems(problems, workflow), { file, problems })
}

/** All that is wrong with a document, or may be, for people; empty where there is nothing. */
export function problemsText(workflow: CheckedWorkflow): string {
  return workflow.problems.length === 0 ? '' : `${formatProblems(workflow.problems, workflow)}\n`
}

/** What went wrong, as the one document that `--json` prints. */
export function refusalDocument(error: unknown): object {
  if (error instanceof DocumentRefused) {
    const { file, problems } = error
    return { ...(file !== undefined && { file }), valid: false, problems }
  }
  return { problems: [{ severity: 'error', ...codeAndMessage(error) }] }
}

function codeAndMessage(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof CommanderError)
    return { code: 'bad_usage', message: error.message.replace(/^error: /, '') }
  if (error instanceof NexusError) return { code: error.code, message: error.message }
  return { code: 'internal', message: error instanceof Error ? error.message : String(error) }
}
