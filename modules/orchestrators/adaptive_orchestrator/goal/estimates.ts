/**
 * What a plan is estimated to take, and how that compares with what it took, by the modules that do so where they are
 * installed. A goal does not fail for want of an estimate, unless it was given limits that only an estimate can keep.
 */
import { isJsonObject, TaskFault, type Json, type JsonObject, type ModuleContext } from '@nexus/sdk'

/** Undefined where there is none. Rejects with a `TaskFault` for a plan that cannot fit into the limits. */
export async function estimateOf(
  context: ModuleContext,
  workflow: JsonObject,
  { capabilities, limits }: { readonly capabilities: Json; readonly limits: Json | undefined },
): Promise<JsonObject | undefined> {
  const limited = limits !== undefined && limits !== null
  if (!isThere('resources.estimate', capabilities)) {
    if (!limited) return undefined
    throw TaskFault.of(
      'configuration',
      'The goal has limits, and no module that provides resources.estimate is here to keep them. Install one, or leave `constraints.limits` out.',
    )
  }
  try {
    const estimate = await context.call('resources.estimate', { workflow, ...(limited && { limits }) })
    if (!isJsonObject(estimate)) return undefined
    if (estimate['fits'] === false) throw unfit(estimate['reasons'] ?? [])
    return estimate
  } catch (error) {
    if (limited || !(error instanceof TaskFault)) throw error
    context.log.warn(`The plan could not be estimated: ${error.message}`)
    return undefined
  }
}

/** Has the estimate compared with a run that completed. */
export async function observeRun(
  context: ModuleContext,
  { estimate, run, capabilities }: { estimate: JsonObject; run: string; capabilities: Json },
): Promise<void> {
  if (!isThere('resources.observe', capabilities)) return
  try {
    await context.call('resources.observe', { estimate, run })
  } catch (error) {
    if (!(error instanceof TaskFault)) throw error
    context.log.warn(`The estimate could not be compared with the run: ${error.message}`)
  }
}

function isThere(task: string, capabilities: Json): boolean {
  const list = Array.isArray(capabilities) ? (capabilities as Json[]) : []
  return list.some((each) => isJsonObject(each) && each['task'] === task)
}

function unfit(reasons: Json): TaskFault {
  const list = Array.isArray(reasons) ? (reasons as Json[]).filter((each) => typeof each === 'string') : []
  return TaskFault.of('runtime', `The plan does not fit into the limits of its goal. ${list.join(' ')}`)
}
