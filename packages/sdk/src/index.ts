/**
 * @nexus/sdk: what the author of a module imports, and the vocabulary that every other package shares.
 * Nothing of ours is below it, and it runs in a browser too.
 */
export {
  blobBytesMaxUsual,
  blobDigest,
  blobMissing,
  blobPiece,
  blobTooLarge,
  isBlobReference,
  type BlobContent,
  type BlobOptions,
  type BlobReference,
  type Blobs,
} from './blobs.ts'
export { sleepUntil, systemClock, type Clock } from './clock.ts'
export type {
  ChildOutcome,
  ChildTask,
  Log,
  LogLevel,
  ModuleContext,
  ModuleState,
  ParentContext,
  Secrets,
  SetupContext,
  SourcePlace,
  StreamChunk,
  TaskMetadata,
  TaskRun,
} from './context.ts'
export {
  Cancelled,
  errorTypeBase,
  invariant,
  NexusError,
  TaskFault,
  toWorkflowError,
  workflowError,
  type StandardError,
  type WorkflowError,
} from './errors.ts'
export { goalEvents } from './goal_events.ts'
export { itemsOf } from './items.ts'
export { a2aMethods, mcpMethods } from './agent_methods.ts'
export { isJsonObject, jsonDepthMax, whyNotJson, type Json, type JsonObject } from './json.ts'
export { Manifest, Permissions, ProvidedTask, type ModuleType } from './manifest.ts'
export {
  AnalyzerModule,
  BaseModule,
  ExecutorModule,
  IntegrationModule,
  OrchestratorModule,
  type HandedOver,
} from './module.ts'
export { nearest } from './nearest.ts'
export { openPolicy, type Policy } from './policy.ts'
export { ModuleResult, type ResultOptions } from './result.ts'
