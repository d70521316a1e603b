/**
 * @nexus/nexus: Nexus as a library. The only place that wires kernel, engine and storage together.
 */
export { openNexus, resumable, type Nexus, type NexusOptions, type RunOptions, type Runs } from './nexus.ts'
export type { CheckedWorkflow } from './check.ts'
export type { DeployedWorkflow, Workflows } from './deployed_workflows.ts'
export type { Events } from './events.ts'
export type { FollowOptions } from './follow.ts'
export { goalDocument, planDocument, planIn, type GoalInput } from './goals.ts'
export { pinsOf } from './resources/folder_pins.ts'
export type { PinStore } from './resources/pins.ts'
export { readRuns, type BlobReader, type RunReader } from './run_reader.ts'
export { expiredBy, type Retention } from './retention.ts'
export { durationMs } from '@nexus/workflow'
export { version } from './version.ts'
export { workspaceSchema, type WorkspaceSettings } from './workspace/schema.ts'
export { readWorkspace, type Workspace, type WorkspaceUse } from './workspace/workspace.ts'
export type {
  CloudEvent,
  EventDraft,
  Forgetting,
  Forgotten,
  LifecycleEvent,
  LiveRun,
  RunEvent,
  RunOutcome,
  RunRecord,
  RunStatus,
  RunSummary,
  TaskRecord,
} from '@nexus/engine'
export { Stopping, Suspending, unfinishedStatuses } from '@nexus/engine'
export type {
  Change,
  Holder,
  LiveVersion,
  ModuleEvent,
  ModuleInfo,
  Outdated,
  Receipt,
  StoredGeneration,
} from '@nexus/kernel'
export type { Modules, Swap } from './modules.ts'
export { confinementHere } from '@nexus/kernel'
export type { Lock, Source, Wishes } from '@nexus/kernel'
export { Manifest as manifestSchema } from '@nexus/sdk'
export { formatProblems, workflowSchema, type Problem } from '@nexus/workflow'
