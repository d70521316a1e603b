/**
 * What a module gave back, checked: a `ModuleResult` or its shape, with nothing in it that is not JSON.
 */
import {
  isJsonObject,
  ModuleResult,
  TaskFault,
  whyNotJson,
  workflowError,
  type Json,
  type Manifest,
} from '@nexus/sdk'

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

function checkJson(value: unknown, part: string, manifest: Manifest): void {
  const why = value === undefined ? undefined : whyNotJson(value)
  if (why === undefined) return
  throw TaskFault.of('runtime', `${label(manifest)} gave back ${part} that is not JSON, at ${why}.`)
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
  return TaskFault.of('runtime', `${label(manifest)} gave back ${found}. Expected ${wanted}.`)
}

export function label(manifest: Manifest): string {
  return `Module "${manifest.id}" ${manifest.version}`
}
