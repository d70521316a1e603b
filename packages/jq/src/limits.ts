/**
 * The budgets of one evaluation. A program cannot raise, catch or reset them.
 *
 * `steps` bounds time: every iteration, call and copied element counts. `sizeBytes` bounds memory: everything that
 * an evaluation builds counts once, and what the garbage collector frees is not given back.
 */
export interface Limits {
  /** Iterations, calls and elements touched. */
  readonly steps: number
  /** Bytes of arrays, objects and strings built, estimated as they are built. */
  readonly sizeBytes: number
  /** How deep calls and backtracking points may be stacked (on the heap, not on the host's stack). */
  readonly depth: number
}

/** Enough for any sensible expression; a hostile one ends within about two seconds. */
export const DEFAULT_LIMITS: Limits = { steps: 5_000_000, sizeBytes: 256 * 1024 * 1024, depth: 500_000 }

/** Something that work is counted against. */
export interface Meter {
  spend(steps: number): void
}

/** jq's own bound on nesting: of JSON texts, of paths, and of values that are compared or merged. */
export const NESTING_MAX = 10_000
/** jq's own bounds on array indices and on repeated strings. */
export const ARRAY_INDEX_MAX = 536_870_911
export const STRING_LENGTH_MAX = 2 ** 29 - 24
