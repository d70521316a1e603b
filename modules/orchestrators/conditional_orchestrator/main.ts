/**
 * `switch`: the first case whose condition holds says where the flow goes. It gives its input as its output and runs
 * nothing; the list around it follows the directive that comes out as `metadata.then`.
 */
import { ModuleResult, OrchestratorModule, type Json, type ModuleContext } from '@nexus/sdk'
import { readCases, type Case } from './cases.ts'

export class Module extends OrchestratorModule {
  override async execute(context: ModuleContext): Promise<ModuleResult> {
    const chosen = await choose(context, readCases(context.inputData))
    if (!chosen) return ModuleResult.ok(context.run.input)
    return ModuleResult.ok(context.run.input, { metadata: { then: chosen.then, case: chosen.name } })
  }
}

/** The first case whose condition holds, else the default, wherever it stands. Later conditions are not evaluated. */
async function choose(context: ModuleContext, cases: readonly Case[]): Promise<Case | undefined> {
  for (const candidate of cases) {
    if (candidate.when !== undefined && isTrue(await context.run.evaluate(candidate.when))) return candidate
  }
  return cases.find(({ when }) => when === undefined)
}

/** Truth as jq has it: all but `false` and `null`. */
function isTrue(value: Json): boolean {
  return value !== false && value !== null
}
