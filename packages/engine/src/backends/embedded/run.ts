/**
 * One open run of the embedded backend: memoizes outcomes by path, appends events, waits for the disk where it must.
 * It never computes anything itself and knows nothing of workflows.
 */
import type { Clock, Json } from '@nexus/sdk'
import type { DurableRun, StoredRun, TaskStep } from '../../backend.ts'
import type { RunEvent, RunEventBody, RunOutcome, Stamp, TaskOutcome, TaskStart } from '../../events.ts'
import type { Entry, Journal } from './journal.ts'
import type { Store } from './store.ts'

export class EmbeddedRun implements DurableRun {
  readonly stored: StoredRun
  readonly context: Json | undefined
  readonly resumed: boolean
  readonly #number: number
  readonly #store: Store
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #listeners = new Set<(event: RunEvent) => void>()
  #timeRead = false

  constructor(parts: {
    stored: StoredRun
    number: number
    resumed: boolean
    context: Json | undefined
    store: Store
    journal: Journal
    clock: Clock
  }) {
    this.stored = parts.stored
    this.context = parts.context
    this.resumed = parts.resumed
    this.#number = parts.number
    this.#store = parts.store
    this.#journal = parts.journal
    this.#clock = parts.clock
  }

  async step(task: TaskStep, effect: (attempt: number) => Promise<TaskOutcome>): Promise<TaskOutcome> {
    const past = this.resumed ? this.#store.past(this.#number, task.path) : undefined
    if (past?.outcome) return past.outcome
    if (!task.pure && this.#timeRead) await this.#settle()
    const started = this.#start(task)
    const outcome = this.#record(started, task.path, await effect((past?.starts ?? 0) + 1))
    if (!task.pure) await this.#settle()
    return outcome
  }

  async sleep(path: string, until: number, signal: AbortSignal): Promise<void> {
    const recorded = this.resumed ? this.#store.first(this.#number, path, 'timer.set') : undefined
    if (!recorded) {
      this.#append({ type: 'timer.set', path, until }, path)
      await this.#journal.flush()
    }
    const end = recorded?.type === 'timer.set' ? recorded.until : until
    await this.#clock.sleep(end - this.#clock.now(), signal)
  }

  async now(path: string): Promise<number> {
    const recorded = this.resumed ? this.#store.first(this.#number, path, 'time.read') : undefined
    if (recorded) return recorded.at
    this.noteTimeRead()
    return this.#append({ type: 'time.read', path }, path).at
  }

  noteTimeRead(): void {
    this.#timeRead = true
  }

  start(): void {
    this.#append({ type: this.resumed ? 'run.resumed' : 'run.started' }, '')
  }

  async end(outcome: RunOutcome): Promise<void> {
    const { at } = this.#append({ type: 'run.ended', outcome }, '')
    this.#journal.append(plainEntry(() => this.#store.endRun(this.#number, outcome.status, at)))
    await this.#journal.flush()
  }

  listen(listener: (event: RunEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The start is encoded only if it is written before its outcome overtakes it. */
  #start(task: TaskStep): Started {
    const start = task.describe()
    const stamp = this.#stamp()
    const entry = this.#entry(stamp, { type: 'task.started', task: start }, task.path, undefined)
    return { entry, task: start, stamp }
  }

  #record({ entry, task, stamp }: Started, path: string, outcome: TaskOutcome): TaskOutcome {
    entry.superseded = !entry.written
    const started = entry.superseded ? { started: { ...stamp, task } } : {}
    const event: RunEventBody = { type: 'task.ended', path, outcome, ...started }
    const { seq } = this.#append(event, path)
    if (outcome.status === 'completed' && outcome.context !== undefined) this.#setContext(seq)
    return outcome
  }

  async #settle(): Promise<void> {
    this.#timeRead = false
    await this.#journal.flush()
  }

  #append(event: RunEventBody, path: string): Stamp {
    const stamp = this.#stamp()
    this.#entry(stamp, event, path, this.#store.encode(event))
    return stamp
  }

  #entry(stamp: Stamp, event: RunEventBody, path: string, body: string | undefined): Entry {
    const entry = new EventEntry(this.#number, this.#store, this.#listeners, { stamp, event, path, body })
    this.#journal.append(entry)
    return entry
  }

  #stamp(): Stamp {
    return { seq: this.#journal.nextSeq(), at: this.#clock.now() }
  }

  #setContext(seq: number): void {
    this.#journal.append(plainEntry(() => this.#store.setContext(this.#number, seq)))
  }
}

interface EventParts {
  readonly stamp: Stamp
  readonly event: RunEventBody
  readonly path: string
  readonly body: string | undefined
}

/** An event on its way to disk. Without a body it is encoded only when it is really written. */
class EventEntry implements Entry {
  superseded = false
  written = false
  readonly #run: number
  readonly #store: Store
  readonly #listeners: ReadonlySet<(event: RunEvent) => void>
  readonly #what: EventParts

  constructor(
    run: number,
    store: Store,
    listeners: ReadonlySet<(event: RunEvent) => void>,
    what: EventParts,
  ) {
    this.#run = run
    this.#store = store
    this.#listeners = listeners
    this.#what = what
  }

  write(): void {
    const { stamp, event, path, body } = this.#what
    this.#store.insertEvent(this.#run, stamp, event.type, path, body ?? this.#store.encode(event))
  }

  committed(): void {
    if (this.#listeners.size === 0) return
    const { stamp, event } = this.#what
    for (const listener of this.#listeners) listener({ ...stamp, ...event })
  }
}

interface Started {
  readonly entry: Entry
  readonly task: TaskStart
  readonly stamp: Stamp
}

function plainEntry(write: () => void): Entry {
  return { superseded: false, written: false, write }
}
