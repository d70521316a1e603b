/**
 * Problems of a document: what is wrong, where in the file, and what to do next.
 */

export interface Position {
  /** UTF-16 offset in the text. */
  readonly offset: number
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units. */
  readonly column: number
}

export interface Problem {
  readonly severity: 'error' | 'warning'
  /** Stable and machine-readable, e.g. `unknown_task_kind`. */
  readonly code: string
  readonly message: string
  /** What to do next, where it can be said: the nearest known name, the form that is wanted. */
  readonly hint?: string
  /** JSON pointer of the value at fault. */
  readonly pointer: string
  readonly start: Position
  readonly end: Position
}
