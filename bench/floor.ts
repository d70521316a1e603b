/**
 * The floor: a bare table of step results with the engine's SQLite settings and group commit, and no engine around it.
 * It says what this machine and its disk allow at best; figures are quoted as ratios to it.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export class Floor {
  readonly #database: DatabaseSync
  readonly #insert
  #pending: (readonly [run: number, step: number, result: string])[] = []
  #batch: PromiseWithResolvers<void> | undefined

  constructor(folder: string) {
    this.#database = new DatabaseSync(join(folder, 'floor.db'))
    this.#database.exec(
      'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 8192',
    )
    this.#database.exec(
      'CREATE TABLE steps (run INTEGER, step INTEGER, result TEXT, PRIMARY KEY (run, step)) WITHOUT ROWID',
    )
    this.#insert = this.#database.prepare('INSERT INTO steps (run, step, result) VALUES (?, ?, ?)')
  }

  /** Resolves when the result is on disk. All that asks in one turn of the event loop shares a commit. */
  step(run: number, step: number, result: string): Promise<void> {
    this.#pending.push([run, step, result])
    if (!this.#batch) {
      this.#batch = Promise.withResolvers<void>()
      setImmediate(() => this.#commit())
    }
    return this.#batch.promise
  }

  close(): void {
    this.#database.close()
  }

  #commit(): void {
    const { resolve } = this.#batch ?? Promise.withResolvers<void>()
    const rows = this.#pending
    this.#batch = undefined
    this.#pending = []
    this.#database.exec('BEGIN IMMEDIATE')
    for (const row of rows) this.#insert.run(...row)
    this.#database.exec('COMMIT')
    resolve()
  }
}
