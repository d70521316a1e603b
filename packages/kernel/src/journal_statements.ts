/**
 * The SQL of the journal of generations, each statement prepared once. What SQLite says of a damaged file, or of one that
 * may not be written, comes out as what it is and what to do.
 */
import { NexusError } from '@nexus/sdk'
import { storageTrouble } from '@nexus/sdk/storage'
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'

export type Row = Record<string, SQLOutputValue>

export class JournalStatements {
  readonly #database: DatabaseSync
  readonly #file: string
  readonly #prepared = new Map<string, StatementSync>()

  constructor(database: DatabaseSync, file: string) {
    this.#database = database
    this.#file = file
  }

  get(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#telling(() => this.#prepare(sql).get(...values))
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#telling(() => this.#prepare(sql).all(...values))
  }

  /** Gives how many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#telling(() => Number(this.#prepare(sql).run(...values).changes))
  }

  /** All that `write` does, or nothing of it. On disk when it returns. */
  inTransaction(write: () => void): void {
    this.#telling(() => {
      this.#database.exec('BEGIN IMMEDIATE')
      try {
        write()
        this.#database.exec('COMMIT')
      } catch (error) {
        if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
        throw error
      }
    })
  }

  /** What a row has as JSON. Throws `NexusError` `database_corrupt`. */
  parse(value: SQLOutputValue | undefined): unknown {
    try {
      return JSON.parse(String(value))
    } catch (error) {
      const message = `${this.#file} is damaged (a row of it is no JSON). It was left as it is. ${mend}`
      throw new NexusError('database_corrupt', message, { cause: error })
    }
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #prepare(sql: string): StatementSync {
    let statement = this.#prepared.get(sql)
    if (!statement) this.#prepared.set(sql, (statement = this.#database.prepare(sql)))
    return statement
  }

  #telling<Result>(work: () => Result): Result {
    try {
      return work()
    } catch (error) {
      throw journalTrouble(error, this.#file)
    }
  }
}

const mend =
  'Restore it from a backup, or move it aside: then Nexus begins anew with the modules of the folders. Runs and their results are in nexus.db, and stay.'

/** `NexusError` `database_corrupt`, `disk_full` or `data_unwritable`, or the error as it is. */
export function journalTrouble(error: unknown, file: string): unknown {
  return storageTrouble(error, file, mend)
}
