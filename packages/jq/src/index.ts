/**
 * The jq language, compiled once to closures and evaluated many times.
 *
 * Depends on nothing, runs in Node and in browsers, and under a policy that forbids `eval`. It never reads a file, a
 * clock or the environment by itself, and an expression reaches nothing of the host.
 */
export { compile, type Program, type Variables } from './program.ts'
export type { CompileOptions } from './compile/compile.ts'
export type { RunOptions } from './run/run.ts'
export type { Json } from './values/value.ts'
export { DEFAULT_LIMITS, type Limits } from './limits.ts'
export type { ModuleRequest, ModuleResolver, ResolvedModule } from './modules.ts'
export { JqHaltError, JqLimitError, JqRuntimeError, JqSyntaxError } from './errors.ts'
