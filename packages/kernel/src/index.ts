/**
 * @nexus/kernel: discovers, builds, stages and serves modules. It names no particular module.
 */
export { defaultDeadlines, type Deadlines } from './deadline.ts'
export type { Generation, GenerationEntry, Route } from './generation.ts'
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
export type { ChangedModule, Receipt } from './receipt.ts'
export { inProcessHost } from './hosts/in_process.ts'
export { processHost, type ProcessHostOptions } from './hosts/process.ts'
export { readPolicySettings, type PolicySettings } from './policy.ts'
export { violations, type JsonSchema, type Violation } from './schema.ts'
export { readManifest, type ManifestReading } from './manifest.ts'
export type { ModuleInfo, ProvidedInfo } from './module_info.ts'
export { formatProblem, formatProblems, type Problem } from './problem.ts'
