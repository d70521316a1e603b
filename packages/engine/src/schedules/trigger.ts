/**
 * What begins the runs of a schedule. One trigger for each of `every`, `cron`, `after` and `on`; each keeps where it
 * stands under its own name, and goes on from there after a restart.
 */
import type { Clock, Json } from '@nexus/sdk'
import type { EventFeed, StoredDeployment } from '../backend.ts'

/** What happens to times that passed while nobody was up. `once`: one run makes up for all of them. `skip`: none does. */
export type MissedFirings = 'once' | 'skip'

export interface TriggerContext {
  readonly deployment: StoredDeployment
  readonly clock: Clock
  readonly missed: MissedFirings
  /** Where this trigger stood; undefined at first. */
  readonly state: Json | undefined
  readonly signal: AbortSignal
  /** Records where it stands. On disk when it resolves. */
  readonly advance: (state: Json) => Promise<void>
  /** The same, and begins a run of the workflow with that input, in one commit; gives the run's id. */
  readonly fire: (input: Json, stateOf: (run: string) => Json) => Promise<string>
  /** When a run ended, in milliseconds since the Unix epoch; waits until it has. */
  readonly ended: (run: string) => Promise<number>
  readonly feed: (after: number) => EventFeed
  readonly warn: (message: string) => void
}

/** Runs until the signal aborts, or until its schedule has no further time. Rejects when the signal aborts. */
export type Trigger = (context: TriggerContext) => Promise<void>
