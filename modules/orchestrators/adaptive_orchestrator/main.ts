/**
 * `try`: runs a list; an error that its `catch` is for is tried again by the retry policy, then handled. It owns which
 * errors are caught and when there is another attempt. A cancelled run is never caught. `nexus.goal` is in `goal/`.
 */
import {
  ModuleResult,
  OrchestratorModule,
  type ChildOutcome,
  type JsonObject,
  type ModuleContext,
  type TaskFault,
} from '@nexus/sdk'
import { runAttempt } from './attempt.ts'
import { allow } from './condition.ts'
import { matches } from './filter.ts'
import { pursue } from './goal/pursue.ts'
import { findPolicy } from './policy.ts'
import { Retries } from './retries.ts'
import { readCatch, type Catch } from './try.ts'

/** How often one `try` may try again, where the configuration says nothing. */
const retriesMaxDefault = 100_000

export class Module extends OrchestratorModule {
  override execute(context: ModuleContext): Promise<ModuleResult> {
    return context.metadata.kind.endsWith('nexus.goal') ? pursue(context) : this.#try(context)
  }

  async #try(context: ModuleContext): Promise<ModuleResult> {
    const clause = readCatch(context.inputData)
    const policy = await findPolicy(context, clause.retry)
    const retriesMax = Number(context.config['max_retries'] ?? retriesMaxDefault)
    const retries = policy && new Retries(context, policy, retriesMax)
    const attemptMsMax = await retries?.attemptMsMax()
    for (let attempt = 1; ; attempt++) {
      const tried = await runAttempt(context, attempt, attemptMsMax)
      if (tried.kind === 'completed') return resultOf(tried.outcome)
      const variables = { [clause.as]: { ...tried.fault.error } }
      if (!(await catches(context, clause, tried.fault, variables))) throw tried.fault
      if (!(await retries?.again(attempt, variables))) return recover(context, clause, tried.fault, variables)
    }
  }
}

async function catches(
  context: ModuleContext,
  clause: Catch,
  { error }: TaskFault,
  variables: JsonObject,
): Promise<boolean> {
  return matches(error, clause.filter) && allow(context, clause, variables)
}

/**
 * What becomes of an error that was caught and is not tried again. A `catch` that asked for retries and for nothing
 * else has not handled an error that all of them left standing: that would hide what its author wanted mended.
 */
async function recover(
  context: ModuleContext,
  clause: Catch,
  fault: TaskFault,
  variables: JsonObject,
): Promise<ModuleResult> {
  const { handles, then, retry } = clause
  const { input } = context.run
  if (handles) return resultOf(await context.run.list({ at: ['catch', 'do'], input, variables }), then)
  if (retry !== undefined && then === undefined) throw fault
  return ModuleResult.ok(input, then === undefined ? {} : { metadata: { then } })
}

/** `end` ends the workflow, whatever the clause says; else its `then` counts, if it has one. */
function resultOf({ output, then }: ChildOutcome, catchThen?: string): ModuleResult {
  const directive = then === 'end' ? then : catchThen
  return ModuleResult.ok(output, directive === undefined ? {} : { metadata: { then: directive } })
}
