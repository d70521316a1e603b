/**
 * What a module gave back or threw, checked: a `ModuleResult` or its shape, with nothing in it that is not JSON; a
 * `TaskFault` or a `Cancelled`, whatever was thrown.
 */
import {
  Cancelled,
  isJsonObject,
  ModuleResult,
  NexusError,
  TaskFault,
  whyNotJson,
  workflowError,
  type HandedOver,
  type Json,
  type Manifest,
} from '@nexus/sdk'
import { ModuleFailure } from '../host.ts'
import { withCauses } from './causes.ts'
import type { FrameMapper } from './source_frames.ts'

/** The faults that are the module's own doing, and no answer of it. */
const errorsOfModules = new WeakSet<TaskFault>()

/** A fault that says that the module itself went wrong: it threw, gave no result, or its process ended. */
export function errorOfModule(detail: string, options?: ErrorOptions): TaskFault {
  const fault = TaskFault.of('runtime', detail, options)
  errorsOfModules.add(fault)
  return fault
}

/** What went wrong, where a fault is the module's own doing. */
export function moduleError(error: unknown): string | undefined {
  return error instanceof TaskFault && errorsOfModules.has(error) ? error.message : undefined
}

export function checkResult(result: unknown, manifest: Manifest): ModuleResult {
  if (typeof result !== 'object' || result === null || !('success' in result))
    throw notAResult(result, manifest)
  if (typeof result.success !== 'boolean') throw notAResult(result, manifest)
  const outputData = 'outputData' in result ? result.outputData : undefined
  const metadata = 'metadata' in result ? result.metadata : undefined
  checkJson(outputData, 'outputData', manifest)
  checkJson(metadata, 'metadata', manifest)
  if (!result.success) return failed(result, manifest)
  return result instanceof ModuleResult ? result : rebuilt(result, outputData as Json)
}

/** What `migrate` or `snapshot` gave. Throws `ModuleFailure`. */
export function checkHanded(given: unknown, manifest: Manifest): HandedOver {
  const why = given === undefined ? 'at the top: undefined is not JSON' : whyNotJson(given)
  if (why !== undefined) throw new ModuleFailure(`${label(manifest)} hands over what is not JSON, ${why}.`)
  if (!isJsonObject(given) || !isJsonObject(given['state']))
    throw new ModuleFailure(`${label(manifest)} gave back from migrate no object with a map \`state\`.`)
  return { state: given['state'], memory: given['memory'] ?? null }
}

function checkJson(value: unknown, part: string, manifest: Manifest): void {
  const why = value === undefined ? undefined : whyNotJson(value)
  if (why === undefined) return
  throw errorOfModule(`${label(manifest)} gave back ${part} that is not JSON, at ${why}.`)
}

function failed(result: object, manifest: Manifest): ModuleResult {
  const error = 'error' in result ? result.error : undefined
  const isError =
    isJsonObject(error) && typeof error['type'] === 'string' && typeof error['status'] === 'number'
  if (isError) checkJson(error, 'error', manifest)
  if (isError && result instanceof ModuleResult) return result
  const said = typeof error === 'string' ? error : 'it said no reason'
  return ModuleResult.fail(
    isError
      ? new TaskFault(error as never)
      : new TaskFault(workflowError('runtime', `${label(manifest)} failed: ${said}.`)),
  )
}

function rebuilt(result: object, outputData: Json): ModuleResult {
  const metadata = 'metadata' in result && isJsonObject(result.metadata) ? { metadata: result.metadata } : {}
  const next =
    'nextModule' in result && typeof result.nextModule === 'string' ? { nextModule: result.nextModule } : {}
  return ModuleResult.ok(outputData ?? null, { ...metadata, ...next })
}

function notAResult(result: unknown, manifest: Manifest): TaskFault {
  const found =
    result === null ? 'null' : Array.isArray(result) ? 'a list' : `a value of type ${typeof result}`
  const wanted = 'a ModuleResult: return ModuleResult.ok(output) or ModuleResult.fail(error)'
  return errorOfModule(`${label(manifest)} gave back ${found}. Expected ${wanted}.`)
}

/** What the host itself threw into the module (its storage failed, it is stopping) goes through as it is. */
export function asFault(
  error: unknown,
  { manifest, signal, mapFrames }: { manifest: Manifest; signal: AbortSignal; mapFrames: FrameMapper },
): unknown {
  if (error instanceof TaskFault || error instanceof Cancelled || error instanceof NexusError) return error
  if (signal.aborted && error === signal.reason) return error
  if (signal.aborted && signal.reason instanceof Cancelled) return signal.reason
  mapFrames(error)
  return errorOfModule(`${label(manifest)} failed: ${describeThrown(error)}`, { cause: error })
}

/** `step`: what the host was doing with the module. */
export function asFailure(
  error: unknown,
  { manifest, step, mapFrames }: { manifest: Manifest; step: string; mapFrames: FrameMapper },
): ModuleFailure {
  if (error instanceof ModuleFailure) return error
  mapFrames(error)
  return new ModuleFailure(`${label(manifest)} failed in ${step}: ${describeThrown(error)}`, { cause: error })
}

export function describeThrown(error: unknown): string {
  const said = error instanceof Error ? withCauses(error) : ''
  const text = error instanceof Error ? error.name + (said && `: ${said}`) : String(error)
  return /[.!?]$/.test(text) ? text : `${text}.`
}

export function refusal(manifest: Manifest, complaints: readonly string[]): ModuleFailure {
  return new ModuleFailure(`${label(manifest)} refuses its configuration: ${complaints.join(' ')}`)
}

export function unfit(manifest: Manifest, task: string): ModuleFailure {
  const what = `${label(manifest)} provides "${task}", but its canExecute("${task}") is not true`
  return new ModuleFailure(`${what}. Correct one of them.`)
}

export function label(manifest: Manifest): string {
  return `Module "${manifest.id}" ${manifest.version}`
}
