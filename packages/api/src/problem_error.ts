/**
 * An error that a server answered, as the error that the library itself would have thrown.
 */
import { NexusError } from '@nexus/sdk'
import type { Problem } from './schema/problem.ts'

export class ProblemError extends NexusError {
  override readonly name = 'ProblemError'
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.code, problem.detail)
    this.problem = problem
  }
}
