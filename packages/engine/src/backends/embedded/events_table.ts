/**
 * The table of events: the append-only log of all runs, by run and path. It writes inside the journal's transactions only.
 */
import { NexusError } from '@nexus/sdk'
import type { StatementSync } from 'node:sqlite'
import type { RunEvent, RunEventBody, Stamp, TaskOutcome, TaskStart } from '../../events.ts'
import type { Blobs } from './blobs.ts'
import { decode, encode, type EventRow } from './event_codec.ts'
import type { Row, Statements } from './statements.ts'

/** What is recorded of one path. */
export interface Past {
  readonly outcome: TaskOutcome | undefined
  /** How often it started without an outcome. */
  readonly starts: number
  /** Its first start since the run was last retried. */
  readonly first: (Stamp & { readonly task: TaskStart }) | undefined
}

export class EventsTable {
  readonly #blobs: Blobs
  readonly #statements: Statements
  readonly #insertEvent: StatementSync

  constructor(statements: Statements, blobs: Blobs) {
    this.#statements = statements
    this.#blobs = blobs
    const sql = 'INSERT INTO events (seq, run, at, type, path, body) VALUES (?, ?, ?, ?, ?, ?)'
    this.#insertEvent = statements.prepare(sql)
  }

  encode(event: RunEventBody): string {
    return encode(event, this.#blobs)
  }

  insertEvent(run: number, { seq, at }: Stamp, type: string, path: string, body: string): void {
    this.#insertEvent.run(seq, run, at, type, path, body)
  }

  /**
   * The events that a run shares which begins with the past of another: results, and what they depended on, up to the
   * result of the task at `path`. Throws `NexusError` `task_not_completed` where there is none.
   */
  shared(run: number, path: string): readonly SharedEvent[] {
    const end = this.#at(run, path).findLast(
      (row) => row['type'] === 'task.ended' && isResult(this.#decode(row)),
    )
    if (!end) throw notCompleted(path)
    const sql = 'SELECT * FROM events WHERE run = ? AND seq <= ? ORDER BY seq'
    const rows = this.#all(sql, run, Number(end['seq'])).map((row) => ({ row, event: this.#decode(row) }))
    const results = new Set(rows.filter(({ event }) => isResult(event)).map(({ row }) => row['path']))
    return rows
      .filter(
        ({ row, event }) =>
          isGround(event) || (event.type.startsWith('task.') && results.has(row['path'] ?? '')),
      )
      .filter(({ event }) => event.type !== 'task.ended' || isResult(event))
      .map(({ row, event }) => sharedEvent(row, event))
  }

  /** `retriedSeq`: faults and cancellations up to there count no more. */
  past(run: number, path: string, retriedSeq: number): Past {
    let starts = 0
    let first: Past['first']
    for (const event of this.eventsAt(run, path)) {
      if (event.type === 'task.started') {
        starts++
        first ??= event
      }
      if (event.type !== 'task.ended') continue
      const { outcome, started } = event
      if (stands(outcome) || event.seq > retriedSeq) return { outcome, starts, first }
      starts += started ? 1 : 0
      first = undefined
    }
    return { outcome: undefined, starts, first }
  }

  /** The first event of a type at a path, after a sequence number. */
  first(run: number, path: string, type: RunEvent['type'], afterSeq: number): RunEvent | undefined {
    const isIt = (row: Row): boolean => row['type'] === type && Number(row['seq']) > afterSeq
    const row = this.#at(run, path).find(isIt)
    return row && this.#decode(row)
  }

  /** The sequence number of the last retry of a run; 0 where it was never retried. */
  retriedSeq(run: number): number {
    const sql = "SELECT max(seq) AS seq FROM events WHERE run = ? AND path = '' AND type = 'run.retried'"
    return Number(this.#all(sql, run)[0]?.['seq'] ?? 0)
  }

  /** Where the log of a run itself begins: what is before that it shares of another. */
  beginning(run: number): number {
    const sql = "SELECT min(seq) AS seq FROM events WHERE run = ? AND path = '' AND type LIKE 'run.%'"
    return Number(this.#all(sql, run)[0]?.['seq'] ?? Infinity)
  }

  /** All that is recorded at a path, in order. */
  eventsAt(run: number, path: string): readonly RunEvent[] {
    return this.#at(run, path).map((row) => this.#decode(row))
  }

  /** Ends of tasks, and the run of each, read as they are asked for: the newest first, or the oldest after a number. */
  *ends(
    after?: number,
  ): Generator<{ readonly run: number; readonly event: RunEvent & { type: 'task.ended' } }> {
    const [order, from] = after === undefined ? ['DESC', 0] : ['ASC', after]
    const sql = `SELECT * FROM events WHERE type = 'task.ended' AND seq > ? ORDER BY seq ${order}`
    for (const row of this.#statements.prepare(sql).iterate(from)) {
      const event = this.#decode(row)
      if (event.type === 'task.ended') yield { run: Number(row['run']), event }
    }
  }

  event(seq: number): RunEvent | undefined {
    const rows = this.#all('SELECT * FROM events WHERE seq = ?', seq)
    return rows[0] && this.#decode(rows[0])
  }

  events(run: number): readonly RunEvent[] {
    return this.#all('SELECT * FROM events WHERE run = ? ORDER BY seq', run).map((row) => this.#decode(row))
  }

  /** The highest sequence number in use, so that whoever writes can count on from there. */
  lastSeq(): number {
    return Number(this.#all('SELECT max(seq) AS last FROM events')[0]?.['last'] ?? 0)
  }

  /** The last event of a type at a path, after a sequence number. */
  last(run: number, path: string, type: RunEvent['type'], afterSeq = 0): RunEvent | undefined {
    const sql = `SELECT * FROM events WHERE run = ? AND path = ? AND type = ? AND seq > ? ORDER BY seq DESC LIMIT 1`
    const [row] = this.#all(sql, run, path, type, afterSeq)
    return row && this.#decode(row)
  }

  hasEvents(run: number): boolean {
    return this.#all('SELECT 1 FROM events WHERE run = ? LIMIT 1', run).length > 0
  }

  #at(run: number, path: string): Row[] {
    return this.#all('SELECT * FROM events WHERE run = ? AND path = ? ORDER BY seq', run, path)
  }

  #decode(row: Row): RunEvent {
    return decode(row as unknown as EventRow, this.#blobs)
  }

  #all(sql: string, ...values: (string | number)[]): Row[] {
    return this.#statements.all(sql, ...values)
  }
}

/** An event as another run takes it over. */
export interface SharedEvent {
  readonly at: number
  readonly type: string
  readonly path: string
  readonly body: string
  /** Whether it set the context. */
  readonly exports: boolean
}

function sharedEvent(row: Row, event: RunEvent): SharedEvent {
  const exports = event.type === 'task.ended' && 'context' in event.outcome
  return { at: event.at, type: event.type, path: String(row['path']), body: String(row['body']), exports }
}

function isResult(event: RunEvent): boolean {
  return event.type === 'task.ended' && stands(event.outcome)
}

const grounds: ReadonlySet<string> = new Set([
  'timer.set',
  'time.read',
  'value.computed',
  'state.kept',
  'listen.begun',
  'event.consumed',
  'event.handled',
])

/** What results depended on. */
function isGround({ type }: RunEvent): boolean {
  return grounds.has(type)
}

function notCompleted(path: string): NexusError {
  return new NexusError(
    'task_not_completed',
    `No task completed at "${path}" in that run. Its tasks: nexus runs show ID`,
  )
}

function stands({ status }: TaskOutcome): boolean {
  return status === 'completed' || status === 'skipped'
}
