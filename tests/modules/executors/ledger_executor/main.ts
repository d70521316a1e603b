/**
 * Appends a line to a file for each execution, begun and done, and can end the process in between: the worst instant.
 */
import { ExecutorModule, ModuleResult, type ModuleContext } from '@nexus/sdk'
import { appendFileSync } from 'node:fs'

interface Work {
  readonly file: string
  readonly value: number
  readonly lasts_ms: number
}

export class Module extends ExecutorModule {
  override canExecute(kind: string): boolean {
    return kind === 'test.ledger'
  }

  override async executeTask(context: ModuleContext): Promise<ModuleResult> {
    const { file, value, lasts_ms } = context.inputData as unknown as Work
    const note = (event: string): void => appendFileSync(file, `${event} ${context.idempotencyKey}\n`)
    note('begin')
    if (lasts_ms > 0) await context.clock.sleep(lasts_ms, context.signal)
    note('done')
    return ModuleResult.ok({ value: value * 2 })
  }
}
