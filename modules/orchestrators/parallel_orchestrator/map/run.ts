/**
 * `nexus.map`: runs a list for each item, several at once, until enough have completed or that can no longer be. Items
 * that are no longer needed are aborted and waited for.
 */
import {
  itemsOf,
  ModuleResult,
  TaskFault,
  type ChildOutcome,
  type Json,
  type ModuleContext,
} from '@nexus/sdk'
import { concurrencyOf } from '../concurrency.ts'
import type { Settled } from '../pool.ts'
import { settleAll, throwLeft } from '../settle.ts'
import { readMap, type Mapping } from './read.ts'

export async function runMap(context: ModuleContext): Promise<ModuleResult> {
  const mapping = readMap(context.inputData)
  const items = await itemsOf(context, mapping.in, 'A `nexus.map`')
  const count = countOf(mapping, items.length)
  const tally = new Tally(items.length, count)
  const { decisive, all } = await settleAll([...items.entries()], {
    concurrency: await concurrencyOf(context, mapping.concurrency),
    signal: context.signal,
    run: ([index, item], signal) => runItem(context, mapping, { index, item, signal }),
    decides: (settled, index) => tally.decides(settled, index),
  })
  context.signal.throwIfAborted()
  if (decisive?.kind === 'done' && decisive.value.then === 'end') {
    return ModuleResult.ok(decisive.value.output, { metadata: { then: 'end' } })
  }
  if (tally.completed.length < count) throwLeft(all)
  return ModuleResult.ok(tally.completed.toSorted((a, b) => a - b).map((index) => outputOf(all[index])))
}

function runItem(
  context: ModuleContext,
  { each, at }: Mapping,
  { index, item, signal }: { index: number; item: Json; signal: AbortSignal },
): Promise<ChildOutcome> {
  const variables = { [each]: item, [at]: index }
  const { input } = context.run
  return context.run.list({ at: ['with', 'do'], path: ['item', index], input, variables, signal })
}

function countOf({ join }: Mapping, length: number): number {
  if (join === 'all') return length
  if (join <= length) return join
  throw TaskFault.of(
    'validation',
    `A \`nexus.map\` waits for ${join} to complete, but there are ${length} items. ` +
      'Ask for fewer, or skip the task by an `if` where there are not enough.',
  )
}

/** Counts until enough items have completed, or too many have failed. */
class Tally {
  /** The indexes of those that completed, in the order in which they did. Never more than are wanted. */
  readonly completed: number[] = []
  readonly #length: number
  readonly #count: number
  #failed = 0

  constructor(length: number, count: number) {
    this.#length = length
    this.#count = count
  }

  decides(settled: Settled<ChildOutcome>, index: number): boolean {
    if (settled.kind === 'failed') return ++this.#failed > this.#length - this.#count
    if (settled.kind !== 'done') return false
    this.completed.push(index)
    return settled.value.then === 'end' || this.completed.length === this.#count
  }
}

function outputOf(settled: Settled<ChildOutcome> | undefined): Json {
  return settled?.kind === 'done' ? settled.value.output : null
}
