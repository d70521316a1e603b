/**
 * The SQL of the embedded backend, each statement prepared once. Writes happen only inside the journal's transactions.
 */
import { NexusError } from '@nexus/sdk'
import { hash } from 'node:crypto'
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { NewRun, RunQuery, RunSummary, StoredRun } from '../../backend.ts'
import type { RunEvent, RunEventBody, RunStatus, Stamp, TaskOutcome, TaskStart } from '../../events.ts'
import type { Blobs } from './blobs.ts'
import { explain } from './database.ts'
import { decode, encode, type EventRow } from './event_codec.ts'

type Row = Record<string, SQLOutputValue>

/** What is recorded of one path. */
export interface Past {
  readonly outcome: TaskOutcome | undefined
  /** How often it started without an outcome. */
  readonly starts: number
  /** Its first start since the run was last retried. */
  readonly first: (Stamp & { readonly task: TaskStart }) | undefined
}

/** Runs shown by a list that asks for no number. */
const listedMax = 1_000

export class Store {
  readonly #file: string
  readonly #blobs: Blobs
  readonly #database: DatabaseSync
  readonly #prepared = new Map<string, StatementSync>()
  readonly #insertEvent: StatementSync
  #lastDocument = { text: '', digest: '' }

  constructor(database: DatabaseSync, file: string, blobs: Blobs) {
    this.#database = database
    this.#file = file
    this.#blobs = blobs
    const sql = 'INSERT INTO events (seq, run, at, type, path, body) VALUES (?, ?, ?, ?, ?, ?)'
    this.#insertEvent = database.prepare(sql)
  }

  encode(event: RunEventBody): string {
    return encode(event, this.#blobs)
  }

  insertEvent(run: number, { seq, at }: Stamp, type: string, path: string, body: string): void {
    this.#insertEvent.run(seq, run, at, type, path, body)
  }

  insertRun(number: number, run: NewRun, createdAt: number): void {
    const digest = this.#storeDocument(run.document)
    const { namespace, name, version } = run.workflow
    const sql = `INSERT INTO runs (number, id, status, namespace, name, version, document, input, created_at, started_at)
                 VALUES (?, ?, 'running', ?, ?, ?, ?, ?, ?, ?)`
    const input = JSON.stringify(run.input)
    this.#statement(sql).run(number, run.id, namespace, name, version, digest, input, createdAt, createdAt)
  }

  /** Many runs share one document, one after the other. */
  #storeDocument(text: string): string {
    if (this.#lastDocument.text === text) return this.#lastDocument.digest
    const digest = hash('sha256', text)
    this.#statement('INSERT OR IGNORE INTO documents (digest, text) VALUES (?, ?)').run(digest, text)
    this.#lastDocument = { text, digest }
    return digest
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

  endRun(run: number, status: RunStatus, endedAt: number): void {
    this.#statement('UPDATE runs SET status = ?, ended_at = ? WHERE number = ?').run(status, endedAt, run)
  }

  setContext(run: number, seq: number): void {
    this.#statement('UPDATE runs SET context_seq = ? WHERE number = ?').run(seq, run)
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

  reopenRun(run: number): void {
    this.#statement("UPDATE runs SET status = 'running', ended_at = NULL WHERE number = ?").run(run)
  }

  /** The sequence number of the last retry of a run; 0 where it was never retried. */
  retriedSeq(run: number): number {
    const sql = "SELECT max(seq) AS seq FROM events WHERE run = ? AND path = '' AND type = 'run.retried'"
    return Number(this.#all(sql, run)[0]?.['seq'] ?? 0)
  }

  /** All that is recorded at a path, in order. */
  eventsAt(run: number, path: string): readonly RunEvent[] {
    return this.#at(run, path).map((row) => this.#decode(row))
  }

  event(seq: number): RunEvent | undefined {
    const rows = this.#all('SELECT * FROM events WHERE seq = ?', seq)
    return rows[0] && this.#decode(rows[0])
  }

  events(run: number): readonly RunEvent[] {
    return this.#all('SELECT * FROM events WHERE run = ? ORDER BY seq', run).map((row) => this.#decode(row))
  }

  find(
    id: string,
  ): (StoredRun & { readonly number: number; readonly contextSeq: number | undefined }) | undefined {
    const sql =
      'SELECT runs.*, documents.text FROM runs JOIN documents ON documents.digest = runs.document WHERE id = ?'
    const row = this.#all(sql, id)[0]
    if (!row) return undefined
    return {
      ...summary(row),
      number: Number(row['number']),
      contextSeq: optionalNumber(row['context_seq']),
      document: String(row['text']),
      input: JSON.parse(String(row['input'])) as StoredRun['input'],
    }
  }

  list({ statuses, limit = listedMax }: RunQuery): readonly RunSummary[] {
    const where = statuses ? `WHERE status IN (${statuses.map(() => '?').join(', ')})` : ''
    return this.#all(
      `SELECT * FROM runs ${where} ORDER BY number DESC LIMIT ?`,
      ...(statuses ?? []),
      limit,
    ).map(summary)
  }

  /** The highest numbers in use, so that whoever writes can count on from there. */
  last(): { seq: number; run: number } {
    const sql = 'SELECT (SELECT max(seq) FROM events) AS seq, (SELECT max(number) FROM runs) AS run'
    const row = this.#all(sql)[0]
    return { seq: Number(row?.['seq'] ?? 0), run: Number(row?.['run'] ?? 0) }
  }

  has(id: string): boolean {
    return this.#all('SELECT 1 FROM runs WHERE id = ?', id).length > 0
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
    return this.#read(() => this.#statement(sql).all(...values))
  }

  #statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql)
    if (!statement) this.#prepared.set(sql, (statement = this.#database.prepare(sql)))
    return statement
  }

  #read<T>(query: () => T): T {
    try {
      return query()
    } catch (error) {
      throw explain(error, this.#file)
    }
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

export function runNotFound(id: string): NexusError {
  return new NexusError(
    'run_not_found',
    `There is no run "${id}" in this data directory. Try: nexus runs list`,
  )
}

function summary(row: Row): RunSummary {
  return {
    id: String(row['id']),
    status: String(row['status']) as RunStatus,
    workflow: {
      namespace: String(row['namespace']),
      name: String(row['name']),
      version: String(row['version']),
    },
    createdAt: Number(row['created_at']),
    startedAt: optionalNumber(row['started_at']),
    endedAt: optionalNumber(row['ended_at']),
  }
}

function optionalNumber(value: SQLOutputValue | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value)
}
