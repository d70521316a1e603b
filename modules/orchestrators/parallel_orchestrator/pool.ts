/**
 * Runs things as they become ready, a bounded number at once, until nothing is left or one of them decides. Then the
 * rest is aborted, and waited for: nothing runs on when `runPool` resolves. It keeps no results and knows no order: that
 * is its source's. It makes as many promises as run at once, however many things there are.
 */
import { Cancelled } from '@nexus/sdk'

export type Settled<Value> =
  | { readonly kind: 'done'; readonly value: Value }
  | { readonly kind: 'failed'; readonly error: unknown }
  /**
   * Cancelled, but not by this pool. In a resumed run that is what is left of an item which an earlier life aborted
   * because another had decided: that one is still to be heard.
   */
  | { readonly kind: 'cancelled'; readonly error: Cancelled }
  /** Never started, or aborted because another had decided. */
  | { readonly kind: 'dropped' }

export interface Source<Item extends {}, Value> {
  /** What can begin now. Undefined where all has begun, or the rest must wait for something to settle. */
  next(): Item | undefined
  /** Hears how an item ended. What it gives says whether that decides: then nothing begins any more. */
  settled(item: Item, settled: Settled<Value>): boolean
}

export interface PoolOptions<Item, Value> {
  readonly concurrency: number
  /** Aborts everything. */
  readonly signal: AbortSignal
  readonly run: (item: Item, signal: AbortSignal) => Promise<Value>
}

export async function runPool<Item extends {}, Value>(
  source: Source<Item, Value>,
  options: PoolOptions<Item, Value>,
): Promise<void> {
  const stop = new AbortController()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let places = options.concurrency
  let running = 0
  const begin = async (item: Item): Promise<void> => {
    const settled = await settle(item, options, stop.signal)
    running--
    // One that was cancelled in an earlier life held its place until another decided. It holds it again, so that
    // nothing begins in its place that did not begin then.
    if (settled.kind !== 'cancelled') places++
    if (source.settled(item, settled)) stop.abort(new Cancelled('Another branch has decided.'))
    fill()
  }
  const fill = (): void => {
    while (places > 0 && !stop.signal.aborted) {
      const item = source.next()
      if (item === undefined) break
      places--
      running++
      begin(item).catch(reject)
    }
    if (running === 0) resolve()
  }
  await follow(options.signal, stop, () => {
    fill()
    return promise
  })
}

/** Each item has a controller of its own, so that whoever runs it can tell its abort from that of others. */
async function settle<Item, Value>(
  item: Item,
  { run }: PoolOptions<Item, Value>,
  stop: AbortSignal,
): Promise<Settled<Value>> {
  const own = new AbortController()
  return follow(stop, own, async (): Promise<Settled<Value>> => {
    try {
      return { kind: 'done', value: await run(item, own.signal) }
    } catch (error) {
      if (own.signal.aborted) return { kind: 'dropped' }
      return error instanceof Cancelled ? { kind: 'cancelled', error } : { kind: 'failed', error }
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
