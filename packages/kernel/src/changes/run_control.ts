/**
 * What a change may do to runs in flight, by whoever runs them. The kernel knows runs by their ids alone.
 */
export interface RunControl {
  /** Stops a run where it is, and goes on with it at once, as after a restart. Resolves when it goes on or has ended. */
  move(run: string): Promise<void>
  /** The generations that unfinished runs began under, in progress or not. */
  began(): Promise<readonly number[]>
  /** Resolves when its end is on disk. */
  cancel(run: string): Promise<void>
}
