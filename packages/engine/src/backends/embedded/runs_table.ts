/**
 * The table of runs: one row a run, with all that lists show and all that a run began with. What happened to it is in
 * the log; whoever writes there keeps the row in step, in the same transaction.
 */
import { NexusError, type Json } from '@nexus/sdk'
import type { NewRun, RunQuery, RunScope, RunSummary, Sources, StoredRun } from '../../backend.ts'
import { unfinishedStatuses, type RunStatus } from '../../events.ts'
import type { Blobs } from './blobs.ts'
import type { DocumentsTable } from './documents_table.ts'
import type { Row, Statements } from './statements.ts'

/** A run as its row has it. */
export interface RunRow extends StoredRun {
  readonly number: number
  /** The event that set the context last. */
  readonly contextSeq: number | undefined
}

export interface Parent {
  readonly number: number
  readonly attached: boolean
}

/** Runs shown by a list that asks for no number. */
const listedMax = 1_000
/** An input whose text is longer (in UTF-16 units) lies in a blob. */
const inlineSizeMax = 64 * 1024

const columns = `runs.number, runs.id, runs.status, runs.namespace, runs.name, runs.version, runs.created_at,
  runs.started_at, runs.ended_at, runs.attached, runs.priority, parents.id AS parent_id`
const tables = 'runs LEFT JOIN runs AS parents ON parents.number = runs.parent'

export class RunsTable {
  readonly #statements: Statements
  readonly #blobs: Blobs
  readonly #documents: DocumentsTable

  constructor(statements: Statements, blobs: Blobs, documents: DocumentsTable) {
    this.#statements = statements
    this.#blobs = blobs
    this.#documents = documents
  }

  insert(number: number, run: NewRun, createdAt: number, parent: Parent | undefined): void {
    const { namespace, name, version } = run.workflow
    const { text, blob } = this.#inputOf(run.input)
    const sql = `INSERT INTO runs (number, id, status, namespace, name, version, document, input, input_blob, created_at,
      started_at, parent, attached, workflows, scope, key, generation, priority, sources)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
    const status = run.pending === true ? 'pending' : 'running'
    const named = [number, run.id, status, namespace, name, version, this.#documents.store(run.document)]
    const startedAt = run.pending === true ? null : createdAt
    const placed = [createdAt, startedAt, parent?.number ?? null, parent?.attached ? 1 : 0]
    const around = [this.#documents.storeAll(run.workflows), run.scope ? JSON.stringify(run.scope) : null]
    this.#statements.run(
      sql,
      ...named,
      text,
      blob,
      ...placed,
      ...around,
      run.key ?? null,
      run.generation ?? null,
      run.priority ?? 0,
      run.sources ? JSON.stringify(run.sources) : null,
    )
  }

  #inputOf(input: Json): { text: string; blob: string | null } {
    const text = JSON.stringify(input)
    return text.length <= inlineSizeMax ? { text, blob: null } : { text: '', blob: this.#blobs.put(text) }
  }

  setStatus(number: number, status: RunStatus, endedAt: number | null = null): void {
    this.#statements.run('UPDATE runs SET status = ?, ended_at = ? WHERE number = ?', status, endedAt, number)
  }

  begin(number: number, startedAt: number): void {
    this.#statements.run(
      "UPDATE runs SET status = 'running', started_at = ? WHERE number = ?",
      startedAt,
      number,
    )
  }

  setContext(number: number, seq: number): void {
    this.#statements.run('UPDATE runs SET context_seq = ? WHERE number = ?', seq, number)
  }

  find(id: string): RunRow | undefined {
    const sql = `SELECT ${columns}, runs.context_seq, runs.input, runs.input_blob, runs.workflows, runs.scope,
      runs.sources, runs.generation, documents.text
      FROM ${tables} JOIN documents ON documents.digest = runs.document WHERE runs.id = ?`
    const [row] = this.#statements.all(sql, id)
    return row && this.#wholeRun(row)
  }

  #wholeRun(row: Row): RunRow {
    const { input, input_blob: blob, workflows, scope, sources } = row
    return {
      ...summary(row),
      number: Number(row['number']),
      contextSeq: optionalNumber(row['context_seq']),
      document: String(row['text']),
      input: JSON.parse(typeof blob === 'string' ? this.#blobs.get(blob) : String(input)) as Json,
      workflows: this.#documents.readAll(workflows),
      sources: typeof sources === 'string' ? (JSON.parse(sources) as Sources) : undefined,
      generation: optionalNumber(row['generation']),
      scope: typeof scope === 'string' ? (JSON.parse(scope) as RunScope) : undefined,
    }
  }

  list({ statuses, parent, attached, limit = listedMax }: RunQuery): readonly RunSummary[] {
    const conditions = [
      ...(statuses ? [`runs.status IN (${statuses.map(() => '?').join(', ')})`] : []),
      ...(parent === undefined ? [] : ['parents.id = ?']),
      ...(attached === undefined ? [] : ['runs.attached = ?']),
    ]
    const values = [
      ...(statuses ?? []),
      ...(parent === undefined ? [] : [parent]),
      ...(attached === undefined ? [] : [attached ? 1 : 0]),
    ]
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : ''
    const sql = `SELECT ${columns} FROM ${tables} ${where} ORDER BY runs.number DESC LIMIT ?`
    return this.#statements.all(sql, ...values, limit).map(summary)
  }

  /** What unfinished runs began with. */
  generations(): readonly number[] {
    const places = unfinishedStatuses.map(() => '?').join(', ')
    const sql = `SELECT DISTINCT generation FROM runs WHERE status IN (${places}) AND generation IS NOT NULL`
    return this.#statements.all(sql, ...unfinishedStatuses).map((row) => Number(row['generation']))
  }

  /** When the oldest one was accepted that has not ended; undefined where there is none. */
  oldestUnfinished(): number | undefined {
    const places = unfinishedStatuses.map(() => '?').join(', ')
    const sql = `SELECT min(created_at) AS oldest FROM runs WHERE status IN (${places})`
    return optionalNumber(this.#statements.all(sql, ...unfinishedStatuses)[0]?.['oldest'])
  }

  /** The highest number in use, so that whoever writes can count on from there. */
  last(): number {
    return Number(this.#statements.all('SELECT max(number) AS last FROM runs')[0]?.['last'] ?? 0)
  }

  has(id: string): boolean {
    return this.#statements.all('SELECT 1 FROM runs WHERE id = ?', id).length > 0
  }

  /** The id of the run with this key. */
  keyed(key: string): string | undefined {
    const id = this.#statements.all('SELECT id FROM runs WHERE key = ?', key)[0]?.['id']
    return typeof id === 'string' ? id : undefined
  }
}

function summary(row: Row): RunSummary {
  const parent = row['parent_id']
  return {
    id: String(row['id']),
    status: String(row['status']) as RunStatus,
    workflow: {
      namespace: String(row['namespace']),
      name: String(row['name']),
      version: String(row['version']),
    },
    parent: typeof parent === 'string' ? { run: parent, attached: row['attached'] === 1 } : undefined,
    priority: Number(row['priority']),
    createdAt: Number(row['created_at']),
    startedAt: optionalNumber(row['started_at']),
    endedAt: optionalNumber(row['ended_at']),
  }
}

function optionalNumber(value: Row[string] | undefined): number | undefined {
  return value === null || value === undefined ? undefined : Number(value)
}

export function runNotFound(id: string): NexusError {
  return new NexusError(
    'run_not_found',
    `There is no run "${id}" in this data directory. Try: nexus runs list`,
  )
}
