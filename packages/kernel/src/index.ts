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
export { openKernel, type Kernel, type KernelOptions } from './kernel.ts'
export { readManifest, type ManifestReading } from './manifest.ts'
export type { ModuleInfo, ProvidedInfo } from './module_info.ts'
export { formatProblem, formatProblems, type Problem } from './problem.ts'
