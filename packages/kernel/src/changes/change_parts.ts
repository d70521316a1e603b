/** What changes are made with. */
import type { Clock, Log } from '@nexus/sdk'
import type { ReadManifest } from '../discover.ts'
import type { Fleet } from '../fleet.ts'
import type { GenerationJournal } from '../generation_journal.ts'
import type { Lineage } from '../lineage.ts'
import type { Step } from '../receipt.ts'
import type { RecordedTasks } from '../recorded_tasks.ts'
import type { StageOptions } from '../stage.ts'
import type { Together } from './checks.ts'
import type { RunControl } from './run_control.ts'

export interface ChangeParts {
  readonly journal: GenerationJournal
  readonly lineage: Lineage
  readonly fleet: Fleet
  readonly staging: StageOptions
  readonly clock: Clock
  readonly log: Log
  readonly readManifest: ReadManifest
  /** What the folders have, and what is asked for in writing. */
  readonly surroundings: () => Pick<Together, 'offered' | 'wanted'>
  /** Told after each step. */
  readonly stepped: (step: Step) => void
  /** Who moves and cancels runs; without one, a change that asks for it is refused. */
  readonly runs: RunControl | undefined
  readonly recorded: RecordedTasks
}
