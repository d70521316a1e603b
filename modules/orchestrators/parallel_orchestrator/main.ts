/**
 * `fork`: runs branches at the same time, each with the task's input. All of them must complete, or (`compete`) the
 * first to complete wins. It never leaves a branch running: whatever ends the fork, the others are aborted and waited
 * for before it gives its result.
 */
import {
  ModuleResult,
  OrchestratorModule,
  TaskFault,
  type ChildOutcome,
  type Json,
  type ModuleContext,
} from '@nexus/sdk'
import { readFork, type Branch, type Fork } from './fork.ts'
import { settleAll, type Settled } from './settle.ts'

/** How many branches of one fork run at once, where the configuration says nothing. */
const concurrencyMaxDefault = 1000

export class Module extends OrchestratorModule {
  override async execute(context: ModuleContext): Promise<ModuleResult> {
    const fork = readFork(context.inputData)
    const settled = await settleAll(fork.branches, {
      concurrency: Number(context.config['max_concurrency'] ?? concurrencyMaxDefault),
      signal: context.signal,
      run: (branch, signal) => runBranch(context, branch, signal),
      decides: fork.compete ? decidesRace : decidesAll,
    })
    context.signal.throwIfAborted()
    return resultOf(fork, settled, context.run.input)
  }
}

type SettledBranch = Settled<ChildOutcome>

async function runBranch(
  context: ModuleContext,
  { index, name }: Branch,
  signal: AbortSignal,
): Promise<ChildOutcome> {
  const at = ['fork', 'branches', index, name]
  const outcome = await context.run.task({ at, input: context.run.input, signal })
  if (outcome.then === 'continue' || outcome.then === 'exit' || outcome.then === 'end') return outcome
  throw TaskFault.of(
    'configuration',
    `Branch "${name}" of a fork goes on to "${outcome.then}". Branches run side by side, so that \`then\` of one can ` +
      'only be continue, exit or end. Put the tasks in a `do` inside the branch.',
  )
}

/** All must complete: a fault or an `end` decides early. */
function decidesAll(settled: SettledBranch): boolean {
  return settled.kind === 'failed' || (settled.kind === 'done' && settled.value.then === 'end')
}

/** A race: the first to complete decides; a fault or a skipped branch does not. */
function decidesRace(settled: SettledBranch): boolean {
  return settled.kind === 'done' && settled.value.status === 'completed'
}

function resultOf(
  fork: Fork,
  { decisive, all }: { decisive: SettledBranch | undefined; all: readonly SettledBranch[] },
  input: Json,
): ModuleResult {
  if (decisive?.kind === 'failed') throw decisive.error
  if (decisive?.kind === 'done') return oneOutput(decisive.value)
  if (!fork.compete) return ModuleResult.ok(all.map((settled) => outputOf(settled, input)))
  const failed = all.find(({ kind }) => kind === 'failed')
  if (failed?.kind === 'failed') throw failed.error
  return ModuleResult.ok(input)
}

/** What the winner of a race, or the branch that said `end`, gives. */
function oneOutput({ output, then }: ChildOutcome): ModuleResult {
  return ModuleResult.ok(output, then === 'end' ? { metadata: { then: 'end' } } : {})
}

function outputOf(settled: SettledBranch, input: Json): Json {
  return settled.kind === 'done' && settled.value.status === 'completed' ? settled.value.output : input
}
