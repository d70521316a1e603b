/** An effect that does nothing: what is left is what the engine costs. */
import { ExecutorModule, ModuleResult, type ModuleContext } from '@nexus/sdk'

export class Module extends ExecutorModule {
  override canExecute(kind: string): boolean {
    return kind === 'bench.noop'
  }

  override async executeTask(context: ModuleContext): Promise<ModuleResult> {
    return ModuleResult.ok(context.inputData)
  }
}
