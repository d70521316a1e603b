/** A plan as estimates see it: tasks that take time, and the way in which they stand in order, side by side, or in loops. */

export type Step =
  | TaskStep
  | { readonly kind: 'sequence'; readonly of: readonly Step[] }
  | PathStep
  | CaughtStep
  | ParallelStep
  | { readonly kind: 'repeat'; readonly of: Step; readonly times: number; readonly concurrency: number }

export interface TaskStep {
  readonly kind: 'task'
  /** Its place among all tasks of the plan. */
  readonly index: number
  readonly name: string
  /** Where it stands in the document, as runs refer to it. */
  readonly pointer: string
  readonly capability: string
  /** Whether expressions make something else of what goes in, and of what comes out. */
  readonly changesInput: boolean
  readonly changesOutput: boolean
  /** What its definition itself says it takes. */
  readonly ms: number | undefined
}

/** A list in which `switch` and `then` say what comes next: of several ways the longest counts. */
export interface PathStep {
  readonly kind: 'path'
  readonly of: readonly Step[]
  /** For each, those that may come next; `of.length` is the end. All of them come later in the list. */
  readonly next: readonly (readonly number[])[]
}

/** A `try`: what it runs, how often again after a fault, and what then handles the fault. */
export interface CaughtStep {
  readonly kind: 'caught'
  readonly of: Step
  readonly handling: Step
  readonly retries: number
  readonly delayMs: number
}

export interface ParallelStep {
  readonly kind: 'parallel'
  readonly of: readonly Step[]
  /** For each, those of `of` that end before it begins. */
  readonly after: readonly (readonly number[])[]
  readonly concurrency: number
  /** Whether the first that ends ends all. */
  readonly compete: boolean
}

export interface PlanRead {
  readonly root: Step
  readonly tasks: readonly TaskStep[]
  /** What had to be taken for granted, in sentences. */
  readonly assumptions: readonly string[]
}
