/**
 * Problems that a module's author or user can mend: what is wrong, at which place of which file, and what to do next.
 * This file owns their shape and how they are printed; finding them belongs to whoever reads the file.
 */

export interface Problem {
  readonly file: string
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number
  /** What was expected and what was found, in a sentence. */
  readonly message: string
  /** What to do next, where it can be said. */
  readonly hint?: string
}

/** `file:line:column: message hint`, the form that editors and terminals make a link of. */
export function formatProblem(problem: Problem): string {
  const { file, line, column, message, hint } = problem
  return `${file}:${line}:${column}: ${message}${hint === undefined ? '' : ` ${hint}`}`
}

export function formatProblems(problems: readonly Problem[]): string {
  return problems.map(formatProblem).join('\n')
}

/** A problem with a file as a whole. */
export function problemOfFile(file: string, message: string, hint?: string): Problem {
  return { file, line: 1, column: 1, message, ...(hint === undefined ? {} : { hint }) }
}
