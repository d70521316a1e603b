/**
 * The receipt of a change: what it changed, how long each step took, who goes over to it, and what the modules that left
 * had not let go of. Kept for good, and shown.
 */

/** The steps of a change, in their order; `drain` goes on after it is live. */
export const steps = ['resolve', 'verify', 'stage', 'hand_over', 'commit', 'flip', 'drain'] as const
export type Step = (typeof steps)[number]

export interface Receipt {
  /** Counts the changes of this data directory, from 1. */
  readonly number: number
  /** The generation that it made current, and the one before; 0 where there was none. */
  readonly generation: number
  readonly before: number
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  readonly changed: readonly ChangedModule[]
  /** Milliseconds. A step that is still to come is not there. */
  readonly ms: Readonly<Partial<Record<Step, number>>>
  /** Runs in flight when it became live: those that go over to all of it, and those that keep an older version of something. */
  readonly runs: { readonly followed: number; readonly pinned: number }
  /** What became of the runs that still used what has left when the deadline of the drain was over. */
  readonly drain?: DrainReport
  /** How many recorded tasks what came in did again, with the same outcome, where that was asked for. */
  readonly replayed?: number
  /** Why it was made, where nobody asked for it. */
  readonly because?: string
  /** What the modules that have left did not let go of; complete once `drain` is there. */
  readonly handles_left: number
  /** What went wrong after it was live, in sentences. */
  readonly problems: readonly string[]
}

/** Ids of runs: those that went over to the new version, those that were cancelled, and those that are waited for. */
export interface DrainReport {
  readonly policy: DrainPolicy['policy']
  readonly moved: readonly string[]
  readonly cancelled: readonly string[]
  readonly waiting: readonly string[]
}

/**
 * What becomes of the runs that still use what has left after `deadline_ms`: they are waited for, which is told; or they
 * are stopped where they are and go on at once with what serves now, as after a restart; or they are cancelled.
 */
export interface DrainPolicy {
  readonly policy: 'wait' | 'move' | 'cancel'
  /** Milliseconds from the moment that the change is live. */
  readonly deadline_ms: number
}

export interface ChangedModule {
  readonly id: string
  /** Versions; null where the module came or went. */
  readonly from: string | null
  readonly to: string | null
  readonly artifact: string | null
}
