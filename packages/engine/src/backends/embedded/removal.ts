/**
 * Takes ended runs out of the tables, and events that everybody has had time to hear. A run goes with all that lives with
 * it: its rows in one commit, so that nobody sees a part of it, and then its events, a slice a commit, so that others
 * write in between. What a crash leaves of the events is removed the next time. It never touches a run that is under way.
 */
import { NexusError } from '@nexus/sdk'
import { unfinishedStatuses } from '../../events.ts'
import type { EndedStatus, Forgetting } from '../../backend.ts'
import type { DocumentsTable } from './documents_table.ts'
import type { Journal } from './journal.ts'
import { runNotFound } from './runs_table.ts'
import type { Row, Statements } from './statements.ts'

/** Runs looked at in one turn of the event loop. */
const lookedAtMax = 500
/** Runs that go in one commit. */
const runsMax = 50
/** Rows of events that go in one commit. */
const rowsMax = 2_000

interface Parts {
  readonly statements: Statements
  readonly journal: Journal
  readonly documents: DocumentsTable
}

export class Removal {
  readonly #parts: Parts
  /** Numbers of the runs that are on their way out: nobody may go on with them. */
  readonly #leaving = new Set<number>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  isLeaving(run: number): boolean {
    return this.#leaving.has(run)
  }

  /** The number below which no run and no event may be numbered again. */
  counted(what: 'seq' | 'run'): number {
    return Number(this.#all('SELECT last FROM counted WHERE what = ?', what)[0]?.['last'] ?? 0)
  }

  /** The numbers of runs by their ids. Throws `NexusError` where one has not ended, or lives with another. */
  named(ids: readonly string[]): readonly number[] {
    return [...new Set(ids)].map((id) => {
      const sql = `SELECT runs.number, runs.status, runs.attached, parents.id AS parent FROM runs
        LEFT JOIN runs AS parents ON parents.number = runs.parent WHERE runs.id = ?`
      const [row] = this.#all(sql, id)
      if (!row || this.isLeaving(Number(row['number']))) throw runNotFound(id)
      if (isUnfinished(row)) throw notEnded(id, String(row['status']))
      if (row['attached'] === 1 && row['parent'] !== null) throw livesWith(id, String(row['parent']))
      return Number(row['number'])
    })
  }

  /** The numbers of the runs that ended before a moment and live with no other, the oldest first, some at a time. */
  *expired(endedBefore: NonNullable<Forgetting['endedBefore']>): Generator<readonly number[]> {
    for (const [status, before] of Object.entries(endedBefore))
      yield* this.#ended(status as EndedStatus, before)
  }

  *#ended(status: EndedStatus, before: number): Generator<readonly number[]> {
    const sql = `SELECT number, created_at, ended_at, attached, parent IN (SELECT number FROM runs) AS has_parent
      FROM runs WHERE status = ? AND number > ? ORDER BY number LIMIT ${lookedAtMax}`
    for (let after = 0; ;) {
      const rows = this.#all(sql, status, after)
      yield rows.filter((row) => goesAlone(row) && Number(row['ended_at']) < before).map(numberOf)
      const last = rows.at(-1)
      if (!last || rows.length < lookedAtMax || Number(last['created_at']) >= before) return
      after = numberOf(last)
    }
  }

  /** How many runs go with these, themselves included. */
  familySize(runs: readonly number[]): number {
    return runs.reduce((sum, run) => sum + this.#family(run).length, 0)
  }

  /** Removes these runs with what lives with them, and says how many runs that were. */
  async remove(runs: readonly number[], signal?: AbortSignal): Promise<number> {
    let removed = 0
    for (let at = 0; at < runs.length; at += runsMax) {
      signal?.throwIfAborted()
      removed += await this.#removeRows(runs.slice(at, at + runsMax))
      await this.finish(signal)
    }
    return removed
  }

  async #removeRows(runs: readonly number[]): Promise<number> {
    const leaving = runs.flatMap((run) => this.#family(run).map(numberOf))
    for (const run of leaving) this.#leaving.add(run)
    try {
      return await this.#commit(() => runs.reduce((sum, run) => sum + this.#removeFamily(run), 0))
    } finally {
      for (const run of leaving) this.#leaving.delete(run)
    }
  }

  /** Within a commit. One that somebody has gone on with meanwhile stays. */
  #removeFamily(run: number): number {
    const family = this.#family(run)
    if (family.some(isUnfinished)) return 0
    this.#count()
    const numbers = JSON.stringify(family.map(numberOf))
    const among = 'IN (SELECT value FROM json_each(?))'
    const { statements } = this.#parts
    statements.run('INSERT OR IGNORE INTO forgotten SELECT value FROM json_each(?)', numbers)
    statements.run(`DELETE FROM accepted WHERE target ${among}`, numbers)
    statements.run(`DELETE FROM runs WHERE number ${among}`, numbers)
    return family.length
  }

  /** Removes what is left of the events of removed runs. */
  async finish(signal?: AbortSignal): Promise<void> {
    for (;;) {
      signal?.throwIfAborted()
      if (this.#all('SELECT 1 FROM forgotten LIMIT 1').length === 0) return
      await this.#commit(() => this.#removeSlice())
    }
  }

  #removeSlice(): void {
    const { statements } = this.#parts
    const slice = `SELECT seq FROM forgotten JOIN events ON events.run = forgotten.run LIMIT ${rowsMax}`
    const { changes } = statements.prepare(`DELETE FROM events WHERE seq IN (${slice})`).run()
    if (Number(changes) < rowsMax) statements.run('DELETE FROM forgotten')
  }

  /** Removes the events for every run that were accepted before a moment, and says how many. */
  async removeAccepted(before: number, signal?: AbortSignal): Promise<number> {
    for (let removed = 0; ;) {
      signal?.throwIfAborted()
      const seqs = this.#acceptedBefore(before, 0)
      if (seqs.length === 0) return removed
      await this.#commit(() => {
        this.#count()
        const among = 'IN (SELECT value FROM json_each(?))'
        this.#parts.statements.run(`DELETE FROM accepted WHERE seq ${among}`, JSON.stringify(seqs))
      })
      removed += seqs.length
    }
  }

  countAccepted(before: number): number {
    for (let [count, after] = [0, 0]; ;) {
      const seqs = this.#acceptedBefore(before, after)
      count += seqs.length
      if (seqs.length < rowsMax) return count
      after = seqs.at(-1) ?? after
    }
  }

  /** They are accepted in the order of time, so the first that is kept ends the search. */
  #acceptedBefore(before: number, after: number): readonly number[] {
    const sql = `SELECT seq, at FROM accepted WHERE target = 0 AND taken = 0 AND seq > ? ORDER BY seq LIMIT ${rowsMax}`
    const rows = this.#all(sql, after)
    const kept = rows.findIndex((row) => Number(row['at']) >= before)
    return (kept < 0 ? rows : rows.slice(0, kept)).map((row) => Number(row['seq']))
  }

  /** Removes the documents that nobody uses any more. */
  removeDocuments(): Promise<void> {
    return this.#commit(() => this.#parts.documents.removeUnused())
  }

  /** So that what comes after a restart is not numbered as what is gone. */
  #count(): void {
    const sql =
      'INSERT OR REPLACE INTO counted VALUES (?, max(?, coalesce((SELECT last FROM counted WHERE what = ?), 0)))'
    const { statements, journal } = this.#parts
    const run = Number(this.#all('SELECT max(number) AS last FROM runs')[0]?.['last'] ?? 0)
    statements.run(sql, 'seq', journal.lastSeq, 'seq')
    statements.run(sql, 'run', run, 'run')
  }

  /** A run and all that live with it, in whatever generation. */
  #family(run: number): readonly Row[] {
    const sql = `WITH RECURSIVE family (number) AS (
        VALUES (?) UNION
        SELECT runs.number FROM runs JOIN family ON runs.parent = family.number WHERE runs.attached = 1)
      SELECT runs.number, runs.status FROM family JOIN runs ON runs.number = family.number`
    return this.#all(sql, run)
  }

  async #commit<T>(write: () => T): Promise<T> {
    const written = Promise.withResolvers<T>()
    written.promise.catch(() => {}) // a failed commit is told by `flush`
    this.#parts.journal.append({ superseded: false, written: false, write: () => written.resolve(write()) })
    await this.#parts.journal.flush()
    return written.promise
  }

  #all(sql: string, ...values: (string | number)[]): Row[] {
    return this.#parts.statements.all(sql, ...values)
  }
}

function numberOf(row: Row): number {
  return Number(row['number'])
}

/** Nobody has it as a part of itself, or whoever had it is gone. */
function goesAlone(row: Row): boolean {
  return row['attached'] !== 1 || row['has_parent'] !== 1
}

const unfinished: ReadonlySet<string> = new Set(unfinishedStatuses)

function isUnfinished(row: Row): boolean {
  return unfinished.has(String(row['status']))
}

function notEnded(id: string, status: string): NexusError {
  const next = `Cancel it first: nexus runs cancel ${id}`
  return new NexusError(
    'run_not_ended',
    `Run ${id} is ${status}; only a run that has ended is removed. ${next}`,
  )
}

function livesWith(id: string, parent: string): NexusError {
  return new NexusError('run_attached', `Run ${id} is a part of run ${parent} and goes with that one.`)
}
