/**
 * `fork`: runs branches at the same time, each with the task's input. All of them must complete, or (`compete`) the
 * first to complete wins.
 */
import { ModuleResult, type ChildOutcome, type Json, type ModuleContext } from '@nexus/sdk'
import { concurrencyMaxOf } from '../concurrency.ts'
import { stayWithin } from '../directive.ts'
import type { Entry } from '../list.ts'
import type { Settled } from '../pool.ts'
import { settleAll, throwLeft, type AllSettled } from '../settle.ts'
import { readFork, type Fork } from './read.ts'

export async function runFork(context: ModuleContext): Promise<ModuleResult> {
  const fork = readFork(context.inputData)
  const settled = await settleAll(fork.branches, {
    concurrency: concurrencyMaxOf(context),
    signal: context.signal,
    run: (branch, signal) => runBranch(context, branch, signal),
    decides: fork.compete ? decidesRace : decidesAll,
  })
  context.signal.throwIfAborted()
  return resultOf(fork, settled, context.run.input)
}

type SettledBranch = Settled<ChildOutcome>

async function runBranch(
  context: ModuleContext,
  { index, name }: Entry,
  signal: AbortSignal,
): Promise<ChildOutcome> {
  const at = ['fork', 'branches', index, name]
  const outcome = await context.run.task({ at, input: context.run.input, signal })
  return stayWithin(outcome, `Branch "${name}" of a fork`)
}

/** All must complete: a fault or an `end` decides early. */
function decidesAll(settled: SettledBranch): boolean {
  return settled.kind === 'failed' || (settled.kind === 'done' && settled.value.then === 'end')
}

/** A race: the first to complete decides; a fault or a skipped branch does not. */
function decidesRace(settled: SettledBranch): boolean {
  return settled.kind === 'done' && settled.value.status === 'completed'
}

function resultOf(fork: Fork, { decisive, all }: AllSettled<ChildOutcome>, input: Json): ModuleResult {
  if (decisive?.kind === 'failed') throw decisive.error
  if (decisive?.kind === 'done') return oneOutput(decisive.value)
  throwLeft(all)
  return ModuleResult.ok(fork.compete ? input : all.map((settled) => outputOf(settled, input)))
}

/** What the winner of a race, or the branch that said `end`, gives. */
function oneOutput({ output, then }: ChildOutcome): ModuleResult {
  return ModuleResult.ok(output, then === 'end' ? { metadata: { then: 'end' } } : {})
}

function outputOf(settled: SettledBranch, input: Json): Json {
  return settled.kind === 'done' && settled.value.status === 'completed' ? settled.value.output : input
}
