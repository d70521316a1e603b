/**
 * Lifecycle events as they come: of one run, with its past from the log, and of all runs and modules from now on. What is
 * told of runs is on disk. It keeps nothing for a reader but a bounded queue; one who reads too slowly is cut off and comes back to the log.
 */
import { lifecycleTeller, type Backend, type Engine, type LifecycleEvent, type LiveRun } from '@nexus/engine'
import type { RunEvent } from '@nexus/engine'
import type { Kernel } from '@nexus/kernel'
import { NexusError } from '@nexus/sdk'
import { moduleTeller } from './module_events.ts'

export interface FollowOptions {
  /** The id of the last event that the reader has. One that the run does not have counts as none. */
  readonly after?: string
  readonly signal: AbortSignal
}

export interface FollowParts {
  readonly backend: Pick<Backend, 'get' | 'events'>
  readonly engine: Pick<Engine, 'live' | 'liveRuns'>
  readonly kernel: Pick<Kernel, 'listen'>
  readonly begun: Set<(run: LiveRun) => void>
}

/** Events that a reader may be behind. */
const behindMax = 10_000

export async function* followRun(
  { backend, engine }: Pick<FollowParts, 'backend' | 'engine'>,
  id: string,
  { after, signal }: FollowOptions,
): AsyncGenerator<LifecycleEvent> {
  const tell = lifecycleTeller(await backend.get(id))
  using heard = new Queue<RunEvent>(signal)
  const live = engine.live(id)
  using _listening = live && listening(live, heard)
  const log = await backend.events(id)
  const past = log.flatMap(tell)
  yield* past.slice(past.findIndex((event) => event.id === after) + 1)
  if (!live) return
  const last = log.at(-1)?.seq ?? 0
  for await (const event of heard) if (event.seq > last) yield* tell(event)
}

/** Hears a run until it ends or stops here. */
function listening(run: LiveRun, heard: Queue<RunEvent>): Disposable {
  const end = (): void => heard.end()
  run.ended.then(end, end)
  return { [Symbol.dispose]: run.listen((event) => heard.push(event)) }
}

export async function* followAll(parts: FollowParts, signal: AbortSignal): AsyncGenerator<LifecycleEvent> {
  using told = new Queue<LifecycleEvent>(signal)
  const listening = new Set<() => void>()
  const attach = (run: LiveRun): void => {
    tellFromNow(parts.backend, run, told, listening).catch((error: unknown) => told.fail(error))
  }
  const tellModule = moduleTeller()
  const stopModules = parts.kernel.listen((event) => told.push(tellModule(event)))
  parts.begun.add(attach)
  try {
    for (const run of parts.engine.liveRuns()) attach(run)
    yield* told
  } finally {
    stopModules()
    parts.begun.delete(attach)
    for (const stop of listening) stop()
  }
}

/** What a run's next event means depends on its log, so that is read first; nothing of it is told. */
async function tellFromNow(
  backend: FollowParts['backend'],
  run: LiveRun,
  told: Queue<LifecycleEvent>,
  listening: Set<() => void>,
): Promise<void> {
  const early: RunEvent[] = []
  let hear = (event: RunEvent): void => void early.push(event)
  const stopHearing = run.listen((event) => hear(event))
  const stop = (): void => {
    stopHearing()
    listening.delete(stop)
  }
  listening.add(stop)
  run.ended.then(stop, stop)
  const tell = lifecycleTeller(await backend.get(run.id))
  const log = await backend.events(run.id)
  const [first] = early
  const last = log.at(-1)?.seq ?? 0
  for (const event of log) {
    const events = tell(event)
    if (first && event.seq >= first.seq) told.push(...events)
  }
  hear = (event) => told.push(...tell(event))
  for (const event of early) if (event.seq > last) hear(event)
}

/** What comes between one who tells and one who reads. Ends when its signal aborts. */
class Queue<Item> implements AsyncIterable<Item>, Disposable {
  readonly #signal: AbortSignal
  readonly #abort = (): void => this.end()
  #items: Item[] = []
  #ended: { readonly error?: unknown } | undefined
  #wake = (): void => {}

  constructor(signal: AbortSignal) {
    this.#signal = signal
    if (signal.aborted) this.end()
    signal.addEventListener('abort', this.#abort, { once: true })
  }

  push(...items: Item[]): void {
    if (this.#ended) return
    this.#items.push(...items)
    if (this.#items.length > behindMax) {
      this.fail(
        new NexusError(
          'reader_too_slow',
          `The reader is more than ${behindMax} events behind: read on later.`,
        ),
      )
    }
    this.#wake()
  }

  /** What is in it is still read. */
  end(): void {
    this.#ended ??= {}
    this.#wake()
  }

  fail(error: unknown): void {
    this.#ended ??= { error }
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item> {
    for (;;) {
      const items = this.#items
      this.#items = []
      yield* items
      if (this.#items.length > 0) continue
      if (this.#ended && 'error' in this.#ended) throw this.#ended.error
      if (this.#ended) return
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
  }

  [Symbol.dispose](): void {
    this.#signal.removeEventListener('abort', this.#abort)
  }
}
