/**
 * One open run of the embedded backend: memoizes outcomes by path, appends events, waits for the disk where it must.
 * It never computes anything itself and knows nothing of workflows.
 */
import { sleepUntil, type Clock, type Json } from '@nexus/sdk'
import type { ChildRun, DurableRun, NewRun, StoredRun, Subscription, TaskStep } from '../../backend.ts'
import type { CloudEvent } from '../../cloud_event.ts'
import type {
  RunEvent,
  RunEventBody,
  RunOutcome,
  RunStatus,
  Stamp,
  TaskOutcome,
  TaskStart,
} from '../../events.ts'
import type { Inbox } from './inbox.ts'
import type { Entry, Journal } from './journal.ts'
import type { EventsTable } from './events_table.ts'
import { runNotFound, type Parent, type RunsTable } from './runs_table.ts'
import { EmbeddedSubscription, type Listener } from './subscription.ts'

/** What all runs of a data directory share. */
export interface Storage {
  readonly log: EventsTable
  readonly runs: RunsTable
  readonly journal: Journal
  readonly inbox: Inbox
  readonly clock: Clock
  /** Begins a run that is on disk with the next commit, with what it shares with another. */
  begin(run: NewRun, parent: Parent): EmbeddedRun
  open(id: string): Promise<EmbeddedRun>
  /** Whether a run is being removed for good. */
  isLeaving(run: number): boolean
}

export class EmbeddedRun implements DurableRun {
  readonly stored: StoredRun
  readonly context: Json | undefined
  readonly resumed: boolean
  readonly #number: number
  readonly #storage: Storage
  readonly #log: EventsTable
  readonly #journal: Journal
  readonly #clock: Clock
  readonly #taken = new Set<number>()
  readonly #listeners = new Set<(event: RunEvent) => void>()
  #retriedSeq: number
  #timeRead = false
  /** The commit of the last effect's outcome, until it is known to be on disk. */
  #unsettled: Promise<void> | undefined

  constructor(
    storage: Storage,
    number: number,
    { stored, ...past }: { stored: StoredRun; resumed: boolean; context: Json | undefined },
  ) {
    this.stored = stored
    this.context = past.context
    this.resumed = past.resumed
    this.#number = number
    this.#storage = storage
    this.#log = storage.log
    this.#journal = storage.journal
    this.#clock = storage.clock
    this.#retriedSeq = past.resumed ? storage.log.retriedSeq(number) : 0
  }

  async step(task: TaskStep, effect: (attempt: number) => Promise<TaskOutcome>): Promise<TaskOutcome> {
    const past = this.resumed ? this.#log.past(this.#number, task.path, this.#retriedSeq) : undefined
    if (past?.outcome) return past.outcome
    if (!task.pure) await this.settle()
    const now = this.#clock.now()
    const about = task.describe(past?.first?.at ?? now, past?.first?.task)
    const start = this.#start(about, now)
    const outcome = this.#record(start, about, await effect((past?.starts ?? 0) + 1))
    if (!task.pure) this.#commitSoon()
    return outcome
  }

  async sleep(path: string, until: number, signal: AbortSignal): Promise<void> {
    await sleepUntil(this.#clock, await this.deadline(path, until), signal)
  }

  async deadline(path: string, until: number): Promise<number> {
    const recorded = this.resumed
      ? this.#log.first(this.#number, path, 'timer.set', this.#retriedSeq)
      : undefined
    if (recorded?.type === 'timer.set') return recorded.until
    this.#append({ type: 'timer.set', path, until }, path)
    await this.#journal.flush()
    return until
  }

  async subscribe(path: string, { correlates }: { correlates: boolean }): Promise<Subscription> {
    const log = this.resumed ? this.#log.eventsAt(this.#number, path) : []
    const begun = log[0] ?? this.#append({ type: 'listen.begun', path, correlates }, path)
    return new EmbeddedSubscription(this.#listenerAt(path), begun.seq, log)
  }

  publish(event: CloudEvent): Promise<void> {
    return this.#storage.inbox.publish(event)
  }

  async now(path: string): Promise<number> {
    const recorded = this.resumed ? this.#log.first(this.#number, path, 'time.read', 0) : undefined
    if (recorded) return recorded.at
    this.noteTimeRead()
    return this.#append({ type: 'time.read', path }, path).at
  }

  value(path: string, compute: () => Json, mayRecord = (_value: Json): boolean => true): Json {
    const recorded = this.resumed ? this.#log.first(this.#number, path, 'value.computed', 0) : undefined
    if (recorded?.type === 'value.computed') return recorded.value
    const value = compute()
    if (mayRecord(value)) this.#append({ type: 'value.computed', path, value }, path)
    return value
  }

  keep(path: string, value: Json): void {
    this.#append({ type: 'state.kept', path, value }, path)
  }

  recall(path: string): Json | undefined {
    const recorded = this.resumed ? this.#log.last(this.#number, path, 'state.kept') : undefined
    return recorded?.type === 'state.kept' ? recorded.value : undefined
  }

  noteTimeRead(): void {
    this.#timeRead = true
  }

  async settle(): Promise<void> {
    if (this.#timeRead) this.#commitSoon()
    this.#timeRead = false
    const awaited = this.#unsettled
    if (awaited) await awaited
    if (this.#unsettled === awaited) this.#unsettled = undefined
  }

  async child(path: string, begin: () => ChildRun | Promise<ChildRun>): Promise<EmbeddedRun> {
    const recorded = this.resumed ? this.#log.first(this.#number, path, 'child.begun', 0) : undefined
    if (recorded?.type === 'child.begun') return this.#goOnWith(recorded.run)
    const { attached, ...run } = await begin()
    const child = this.#storage.begin(run, { number: this.#number, attached })
    this.#append({ type: 'child.begun', path, run: run.id }, path)
    await this.#journal.flush()
    // One with a past finds it where it is opened.
    return run.past ? this.#storage.open(run.id) : child
  }

  async #goOnWith(id: string): Promise<EmbeddedRun> {
    const child = await this.#storage.open(id)
    const ended = child.#end()
    if (!ended || ended.seq > this.#retriedSeq || ended.outcome.status === 'completed') return child
    await child.retry()
    return child
  }

  outcome(): RunOutcome | undefined {
    return this.#end()?.outcome
  }

  #end(): (RunEvent & { type: 'run.ended' }) | undefined {
    const ended = this.#log.last(this.#number, '', 'run.ended', this.#retriedSeq)
    return ended?.type === 'run.ended' ? ended : undefined
  }

  start(): void {
    const { status, startedAt } = this.stored
    const begun = startedAt !== undefined
    const { at } = this.#append({ type: begun && this.resumed ? 'run.resumed' : 'run.started' }, '')
    if (!begun) this.#journal.append(plainEntry(() => this.#storage.runs.begin(this.#number, at)))
    else if (status === 'suspended') this.#setStatus('running')
  }

  async suspend(): Promise<void> {
    this.#append({ type: 'run.suspended' }, '')
    this.#setStatus('suspended')
    await this.#journal.flush()
  }

  async retry(): Promise<void> {
    if (this.#storage.isLeaving(this.#number)) throw runNotFound(this.stored.id)
    this.#retriedSeq = this.#append({ type: 'run.retried' }, '').seq
    this.#setStatus('running')
    await this.#journal.flush()
  }

  async end(outcome: RunOutcome): Promise<void> {
    const { at } = this.#append({ type: 'run.ended', outcome }, '')
    this.#setStatus(outcome.status, at)
    await this.#journal.flush()
  }

  #setStatus(status: RunStatus, endedAt?: number): void {
    this.#journal.append(plainEntry(() => this.#storage.runs.setStatus(this.#number, status, endedAt)))
  }

  listen(listener: (event: RunEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #listenerAt(path: string): Listener {
    return {
      number: this.#number,
      inbox: this.#storage.inbox,
      clock: this.#clock,
      taken: this.#taken,
      consumed: (consumption, targeted) => {
        this.#append({ type: 'event.consumed', path, ...consumption }, path)
        if (targeted) this.#journal.append(plainEntry(() => this.#storage.inbox.take(consumption.accepted)))
        this.#commitSoon()
      },
      handled: (result) => {
        const { seq } = this.#append({ type: 'event.handled', path, ...result }, path)
        if (result.context !== undefined) this.#setContext(seq)
      },
    }
  }

  /** The start is encoded only if it is written before its outcome overtakes it. */
  #start(task: TaskStart, at: number): EventEntry {
    return this.#enter({ type: 'task.started', task }, task.path, undefined, at)
  }

  #record(start: EventEntry, task: TaskStart, outcome: TaskOutcome): TaskOutcome {
    const { path } = task
    start.superseded = !start.written
    const event: RunEventBody = start.superseded
      ? { type: 'task.ended', path, outcome, started: { seq: start.seq, at: start.at, task } }
      : { type: 'task.ended', path, outcome }
    const { seq } = this.#append(event, path)
    if (outcome.status === 'completed' && outcome.context !== undefined) this.#setContext(seq)
    return outcome
  }

  /** Whoever depends on it waits for it by `settle`; a failure is told there, or to whoever comes next. */
  #commitSoon(): void {
    this.#unsettled = this.#journal.flush()
    this.#unsettled.catch(() => {})
  }

  #append(event: RunEventBody, path: string): EventEntry {
    return this.#enter(event, path, this.#log.encode(event))
  }

  #enter(event: RunEventBody, path: string, body: string | undefined, at = this.#clock.now()): EventEntry {
    const entry = new EventEntry(this.#number, this.#log, this.#listeners, event, path, body)
    entry.seq = this.#journal.nextSeq()
    entry.at = at
    this.#journal.append(entry)
    return entry
  }

  #setContext(seq: number): void {
    this.#journal.append(plainEntry(() => this.#storage.runs.setContext(this.#number, seq)))
  }
}

/** An event on its way to disk. Without a body it is encoded only when it is really written. */
class EventEntry implements Entry, Stamp {
  superseded = false
  written = false
  seq = 0
  at = 0
  readonly #run: number
  readonly #log: EventsTable
  readonly #listeners: ReadonlySet<(event: RunEvent) => void>
  readonly #event: RunEventBody
  readonly #path: string
  readonly #body: string | undefined

  constructor(
    run: number,
    log: EventsTable,
    listeners: ReadonlySet<(event: RunEvent) => void>,
    event: RunEventBody,
    path: string,
    body: string | undefined,
  ) {
    this.#run = run
    this.#log = log
    this.#listeners = listeners
    this.#event = event
    this.#path = path
    this.#body = body
  }

  write(): void {
    const body = this.#body ?? this.#log.encode(this.#event)
    this.#log.insertEvent(this.#run, this, this.#event.type, this.#path, body)
  }

  committed(): void {
    if (this.#listeners.size === 0) return
    const event: RunEvent = { seq: this.seq, at: this.at, ...this.#event }
    for (const listener of this.#listeners) listener(event)
  }
}

function plainEntry(write: () => void): Entry {
  return { superseded: false, written: false, write }
}
