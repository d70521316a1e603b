/**
 * @nexus/kernel: discovers, builds, stages and serves modules. It names no particular module.
 */
export { defaultDeadlines, type Deadlines } from './deadline.ts'
export {
  qualified,
  type Generation,
  type GenerationEntry,
  type NativeModule,
  type Route,
} from './generation.ts'
export {
  ModuleFailure,
  type Host,
  type HostedModule,
  type Instance,
  type InvocationContext,
  type StopReport,
} from './host.ts'
export type { Change } from './change.ts'
export type { StoredGeneration, StoredModule } from './generation_journal.ts'
export { openKernel, type HeldModules, type Holder, type Kernel, type KernelOptions } from './kernel.ts'
export type { RunControl } from './changes/run_control.ts'
export type { ErrorBudget } from './changes/watching.ts'
export type { ChangedModule, DrainPolicy, DrainReport, Receipt } from './receipt.ts'
export { inProcessHost } from './hosts/in_process.ts'
export { confinementHere, type ConfinementHere } from './hosts/process/confinement_here.ts'
export { processHost, type ProcessHostOptions } from './hosts/process.ts'
export { policySchema } from './policy.ts'
export { violations, type JsonSchema, type Violation } from './schema.ts'
export { readManifest, type ManifestReading } from './manifest.ts'
export type { Wishes, WantedModule } from './choosing/wishes.ts'
export type { PassedOver } from './choosing/passed_over.ts'
export type { Source } from './discover.ts'
export type { LiveVersion } from './live_versions.ts'
export type { ModuleEvent, ModuleEventKind } from './module_events.ts'
export type { ModuleInfo, ProvidedInfo } from './module_info.ts'
export type { Outdated } from './outdated.ts'
export { parseWithPlaces } from './positions.ts'
export { formatLock, readLockFile, writeLock, type Lock, type LockReading } from './resolution/lock.ts'
export { escapePointer, isRecord } from './schema.ts'
export { runlessContext, type RunlessTask } from './runless_context.ts'
export { formatProblem, formatProblems, type Problem } from './problem.ts'
