/** What is known of a task before anything is said of its neighbours. */
import type { Json, JsonObject } from '@nexus/sdk'
import type { ContextWrite } from './context.ts'

/** How the tasks of a list stand to each other. */
export type Order =
  /** One after another, each with the output of the one before it as its input. */
  | 'list'
  /** By what they need alone; all have the same input. */
  | 'graph'
  /** At the same time. */
  | 'branches'

/** A list of tasks inside a task. */
export interface InnerList {
  /** Where it stands below the task, such as `/catch/do`. */
  readonly at: string
  readonly order: Order
  readonly tasks: readonly Json[]
  readonly after: JsonObject
  /** Whether the first task, or all in a graph, get the input of the task around it. */
  readonly getsInput: boolean
}

export interface Facts {
  readonly name: string
  readonly pointer: string
  readonly kind: string
  /** Whether it looks at its input, itself or in the lists inside it. */
  readonly readsInput: boolean
  /** Whether what it gives may be its input. */
  readonly passesInput: boolean
  /** Tasks beside it that it mentions as `$tasks.NAME`. */
  readonly mentions: ReadonlySet<string>
  readonly variables: ReadonlySet<string>
  /** Members of `$context` that it reads; `*` is all of them. */
  readonly contextReads: ReadonlySet<string>
  readonly contextWrites: readonly ContextWrite[]
  readonly resourceReads: ReadonlySet<string>
  readonly resourceWrites: ReadonlySet<string>
  /** Names of tasks of its list to which the flow may go on from it. */
  readonly jumps: readonly string[]
  /** Whether the task behind it may follow it with its output. */
  readonly fallsThrough: boolean
  /** `later`: what comes later waits for it. `both`: it waits for all that comes before it too. */
  readonly fence: 'none' | 'later' | 'both'
}
