/**
 * Runs many things, a bounded number at once, until all have settled or one settles in a way that decides.
 * Then the rest is aborted, and waited for: nothing runs on when `settleAll` resolves. It never rejects.
 */
import { Cancelled } from '@nexus/sdk'

export type Settled<Value> =
  | { readonly kind: 'done'; readonly value: Value }
  | { readonly kind: 'failed'; readonly error: unknown }
  /** Never started, or aborted because another had decided. */
  | { readonly kind: 'dropped' }

export interface SettleOptions<Item, Value> {
  readonly concurrency: number
  /** Aborts everything. */
  readonly signal: AbortSignal
  readonly run: (item: Item, signal: AbortSignal) => Promise<Value>
  readonly decides: (settled: Settled<Value>) => boolean
}

export async function settleAll<Item, Value>(
  items: readonly Item[],
  options: SettleOptions<Item, Value>,
): Promise<{ decisive: Settled<Value> | undefined; all: readonly Settled<Value>[] }> {
  const all: Settled<Value>[] = items.map(() => ({ kind: 'dropped' }))
  const stop = new AbortController()
  let decisive: Settled<Value> | undefined
  const queue = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (stop.signal.aborted) return
      const settled = await settle(item, options, stop.signal)
      all[index] = settled
      if (decisive || !options.decides(settled)) continue
      decisive = settled
      stop.abort(new Cancelled('Another branch has decided.'))
    }
  }
  await follow(options.signal, stop, () => Promise.all(items.slice(0, options.concurrency).map(worker)))
  return { decisive, all }
}

/** Each item has a controller of its own, so that whoever runs it can tell its abort from that of others. */
async function settle<Item, Value>(
  item: Item,
  { run }: SettleOptions<Item, Value>,
  stop: AbortSignal,
): Promise<Settled<Value>> {
  const own = new AbortController()
  return follow(stop, own, async (): Promise<Settled<Value>> => {
    try {
      return { kind: 'done', value: await run(item, own.signal) }
    } catch (error) {
      return own.signal.aborted ? { kind: 'dropped' } : { kind: 'failed', error }
    }
  })
}

/** Lets `controller` abort with `signal` for as long as `work` takes; no listener outlives it. */
async function follow<Value>(
  signal: AbortSignal,
  controller: AbortController,
  work: () => Promise<Value>,
): Promise<Value> {
  const abort = (): void => controller.abort(signal.reason)
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await work()
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
