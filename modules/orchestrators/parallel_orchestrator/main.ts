/**
 * What runs side by side: `fork` (branches), `nexus.dag` (tasks that need each other) and `nexus.map` (a list for each of
 * many items). It never leaves anything running: whatever ends the task, the rest is aborted and waited for before it
 * gives its result.
 */
import { isJsonObject, OrchestratorModule, type ModuleContext, type ModuleResult } from '@nexus/sdk'
import { runDag } from './dag/run.ts'
import { runFork } from './fork/run.ts'
import { runMap } from './map/run.ts'

export class Module extends OrchestratorModule {
  override execute(context: ModuleContext): Promise<ModuleResult> {
    const { call } = isJsonObject(context.inputData) ? context.inputData : {}
    if (call === 'nexus.dag') return runDag(context)
    if (call === 'nexus.map') return runMap(context)
    return runFork(context)
  }
}
