/**
 * Runs the things of a list in its order, and keeps how each ended at its place. It never rejects for what one of them
 * does.
 */
import { runPool, type PoolOptions, type Settled } from './pool.ts'

export interface SettleOptions<Item, Value> extends PoolOptions<Item, Value> {
  /** Whether this ends it all; asked once for each, in the order in which they settle. */
  readonly decides: (settled: Settled<Value>, index: number) => boolean
}

export interface AllSettled<Value> {
  /** The one that decided, if any did. */
  readonly decisive: Settled<Value> | undefined
  readonly all: readonly Settled<Value>[]
}

export async function settleAll<Item, Value>(
  items: readonly Item[],
  { decides, run, ...options }: SettleOptions<Item, Value>,
): Promise<AllSettled<Value>> {
  const all: Settled<Value>[] = items.map(() => ({ kind: 'dropped' }))
  let decisive: Settled<Value> | undefined
  const entries = items.entries()
  const source = {
    next: () => entries.next().value,
    settled([index]: [number, Item], settled: Settled<Value>): boolean {
      all[index] = settled
      if (decisive || !decides(settled, index)) return false
      decisive = settled
      return true
    },
  }
  await runPool(source, { ...options, run: ([, item], signal) => run(item, signal) })
  return { decisive, all }
}

/** What is left where nothing decided: a cancellation from outside, or the first failure in the order of the list. */
export function throwLeft(all: Iterable<Settled<unknown>>): void {
  let failed: Settled<unknown> | undefined
  for (const settled of all) {
    if (settled.kind === 'cancelled') throw settled.error
    if (settled.kind === 'failed') failed ??= settled
  }
  if (failed?.kind === 'failed') throw failed.error
}
