/**
 * @nexus/engine: runs workflow documents durably. See `backend.ts` for what a crash leaves behind.
 */
export type {
  Backend,
  BlobStore,
  ChildRun,
  Deployment,
  Consumed,
  DurableRun,
  EndedStatus,
  Forgetting,
  Forgotten,
  NewRun,
  RunQuery,
  RunSummary,
  StoredBlob,
  StoredDeployment,
  StoredRun,
  Subscription,
  TaskSample,
  TaskStep,
} from './backend.ts'
export { openEmbedded, readEmbedded, type BackendReader, type EmbeddedOptions } from './backends/embedded.ts'
export type {
  Capabilities,
  Capability,
  FindCapability,
  HeldCapabilities,
  InvocationContext,
} from './capability.ts'
export { completeEvent, type CloudEvent, type EventDraft } from './cloud_event.ts'
export { lifecycleTeller, type LifecycleEvent } from './lifecycle_events.ts'
export { Engine, type EngineOptions, type LiveRun, type StartOptions } from './engine.ts'
export {
  unfinishedStatuses,
  type RunEvent,
  type RunOutcome,
  type RunStatus,
  type TaskOutcome,
  type TaskStart,
} from './events.ts'
export { Stopping, Suspending } from './interpreter.ts'
export { primitives } from './primitives.ts'
export { projectRun, projectTasks, type RunRecord, type TaskRecord } from './projection.ts'
export { Schedules, type SchedulesOptions } from './schedules.ts'
export type { MissedFirings } from './schedules/trigger.ts'
export { defaultSecrets, environmentSecrets, fileSecrets, firstOf } from './secret_providers.ts'
export type { PreparedDocument } from './run_state.ts'
export type { SecretProvider } from './secrets.ts'
export { uuidv7 } from './uuid.ts'
