/**
 * SQL statements of the one database, each prepared once. What SQLite says of a damaged file comes out as what it is.
 */
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite'
import { explain } from './database.ts'

export type Row = Record<string, SQLOutputValue>

export class Statements {
  readonly #database: DatabaseSync
  readonly #file: string
  readonly #prepared = new Map<string, StatementSync>()

  constructor(database: DatabaseSync, file: string) {
    this.#database = database
    this.#file = file
  }

  /** Every row. Throws `NexusError` `database_corrupt`. */
  all(sql: string, ...values: SQLInputValue[]): Row[] {
    try {
      return this.prepare(sql).all(...values)
    } catch (error) {
      throw explain(error, this.#file)
    }
  }

  run(sql: string, ...values: SQLInputValue[]): void {
    this.prepare(sql).run(...values)
  }

  prepare(sql: string): StatementSync {
    let statement = this.#prepared.get(sql)
    if (!statement) this.#prepared.set(sql, (statement = this.#database.prepare(sql)))
    return statement
  }
}
