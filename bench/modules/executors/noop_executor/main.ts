/** Effects that do nothing, so that what is left is what the engine costs; `bench.tell` says that it is at work. */
import { ExecutorModule, ModuleResult, type ModuleContext } from '@nexus/sdk'

export class Module extends ExecutorModule {
  override canExecute(kind: string): boolean {
    return kind === 'bench.noop' || kind === 'bench.tell'
  }

  override async executeTask(context: ModuleContext): Promise<ModuleResult> {
    if (context.metadata.kind === 'bench.tell') context.stream({ channel: 'progress', text: 'at work' })
    return ModuleResult.ok(context.inputData)
  }
}
