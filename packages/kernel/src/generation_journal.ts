/**
 * What is remembered of modules, in one SQLite file of the data directory: which generations there were, which one is
 * current, the receipts of the changes, and what modules keep between tasks. A generation and the pointer to it are written in one transaction, so that a crash
 * at any instant comes back to the last one that was committed.
 */
import { NexusError, type Json, type JsonObject, type Manifest } from '@nexus/sdk'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { StateStore } from './hosts/services.ts'
import { JournalStatements, journalTrouble, type Row } from './journal_statements.ts'
import type { Receipt } from './receipt.ts'
import type { StateLine } from './state_line.ts'

export interface StoredGeneration {
  /** From 1. */
  readonly number: number
  /** Milliseconds since the Unix epoch. */
  readonly at: number
  /** By module id. */
  readonly modules: Readonly<Record<string, StoredModule>>
  /** Modules that were taken out, with the artifact that the sources offered: for as long as they offer the same, it stays out. */
  readonly removed: Readonly<Record<string, string>>
}

export interface StoredModule {
  readonly manifest: Manifest
  /** The sha-256 of its artifact, in hex. */
  readonly artifact: string
  readonly config: JsonObject
  readonly folder: string
  /** Which source it is from; later ones are nearer to the user. */
  readonly source: number
  /**
   * The artifact that the sources offered when this one was chosen instead, empty where they offered none. For as long as
   * they offer the same, this one stays; once they offer another, that one is taken.
   */
  readonly instead_of?: string
  /** The configuration that a change gave it: it stays over a restart, whatever the module then is. */
  readonly configured?: JsonObject
  /** The line that its state is kept in: the generation that began it; the first where there is none. */
  readonly line?: number
  /** Whether runs in flight were told to go over to this version, or to stay; without it their versions decide. */
  readonly runs?: 'follow' | 'pin'
}

const schemaVersion = 1

const schema = `
CREATE TABLE generations (number INTEGER PRIMARY KEY, at INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE current (id INTEGER PRIMARY KEY CHECK (id = 0), generation INTEGER NOT NULL REFERENCES generations (number));
CREATE TABLE state (module TEXT, key TEXT, value TEXT NOT NULL, PRIMARY KEY (module, key)) WITHOUT ROWID;
CREATE TABLE receipts (number INTEGER PRIMARY KEY, body TEXT NOT NULL);
PRAGMA user_version = ${schemaVersion};
`

export class GenerationJournal {
  readonly #statements: JournalStatements
  /** Told of each receipt, and again when it is complete. */
  onReceipt: (receipt: Receipt) => void = () => {}

  /**
   * Opens `<data>/modules.db`. Throws `NexusError` `database_newer`, `database_corrupt`, `disk_full` or `data_unwritable`; what
   * reads and writes throws them too.
   */
  constructor(data: string) {
    mkdirSync(data, { recursive: true, mode: 0o700 })
    const file = join(data, 'modules.db')
    this.#statements = new JournalStatements(openDatabase(file), file)
  }

  /** The last one that was committed; undefined before the first. */
  current(): StoredGeneration | undefined {
    const sql =
      'SELECT generations.* FROM current JOIN generations ON generations.number = current.generation'
    const row = this.#statements.get(sql)
    return row && this.#generationOf(row)
  }

  get(number: number): StoredGeneration | undefined {
    const row = this.#statements.get('SELECT * FROM generations WHERE number = ?', number)
    return row && this.#generationOf(row)
  }

  /** Oldest first. */
  list(): readonly StoredGeneration[] {
    return this.#statements
      .all('SELECT * FROM generations ORDER BY number')
      .map((row) => this.#generationOf(row))
  }

  /** A module of any generation, by its artifact. */
  find(id: string, artifact: string): StoredModule | undefined {
    const path = `$.modules."${id}"`
    const sql = `SELECT json_extract(body, ?) AS module FROM generations WHERE json_extract(body, ?) = ? ORDER BY number DESC LIMIT 1`
    const row = this.#statements.get(sql, path, `${path}.artifact`, artifact)
    return row && (this.#statements.parse(row['module']) as StoredModule)
  }

  /** Those between two numbers, oldest first. */
  between(after: number, before: number): readonly StoredGeneration[] {
    const sql = 'SELECT * FROM generations WHERE number > ? AND number < ? ORDER BY number'
    return this.#statements.all(sql, after, before).map((row) => this.#generationOf(row))
  }

  /** The number of the newest, current or not; 0 where there is none. */
  last(): number {
    return Number(this.#statements.get('SELECT max(number) AS last FROM generations')?.['last'] ?? 0)
  }

  /**
   * Records a generation and makes it the current one; `states` are whole lines of state that go with it, by their keys.
   * On disk when it returns.
   */
  commit(
    { number, at, ...body }: StoredGeneration,
    states: ReadonlyMap<string, JsonObject> = new Map(),
  ): void {
    this.#statements.inTransaction(() => {
      for (const [key, state] of states) this.#writeState(key, state)
      const sql = 'INSERT INTO generations (number, at, body) VALUES (?, ?, ?)'
      this.#statements.run(sql, number, at, JSON.stringify(body))
      this.#point(number)
    })
  }

  /** Makes a generation that was committed before the current one. On disk when it returns. */
  activate(number: number): void {
    this.#statements.inTransaction(() => this.#point(number))
  }

  /** Has runs in flight go over to these modules of a generation, whatever its versions say. On disk when it returns. */
  follow(number: number, ids: readonly string[]): void {
    const generation = this.get(number)
    if (!generation) return
    const { at: _at, number: _number, ...body } = generation
    const told = Object.entries(body.modules).map(([id, module]) =>
      ids.includes(id) ? [id, { ...module, runs: 'follow' }] : [id, module],
    )
    const text = JSON.stringify({ ...body, modules: Object.fromEntries(told) })
    this.#statements.run('UPDATE generations SET body = ? WHERE number = ?', text, number)
  }

  receipts(): readonly Receipt[] {
    const rows = this.#statements.all('SELECT body FROM receipts ORDER BY number')
    return rows.map(({ body }) => this.#statements.parse(body) as Receipt)
  }

  /** The number of the last receipt; 0 where there is none. */
  lastReceipt(): number {
    return Number(this.#statements.get('SELECT max(number) AS last FROM receipts')?.['last'] ?? 0)
  }

  /** Keeps a receipt, in place of what was said of the same change before. */
  receipt(receipt: Receipt): void {
    const sql = 'INSERT OR REPLACE INTO receipts (number, body) VALUES (?, ?)'
    this.#statements.run(sql, receipt.number, JSON.stringify(receipt))
    this.onReceipt(receipt)
  }

  /** Gives how many there were. */
  forgetBefore(number: number): number {
    return this.#statements.run('DELETE FROM generations WHERE number < ?', number)
  }

  forgetReceiptsBefore(number: number): void {
    this.#statements.run('DELETE FROM receipts WHERE number < ?', number)
  }

  /** Forgets the lines of state that were begun by generations which are not there any more. First lines stay. */
  keepLines(keys: ReadonlySet<string>): void {
    const rows = this.#statements.all("SELECT DISTINCT module FROM state WHERE module LIKE '%@%'")
    for (const { module } of rows) if (!keys.has(String(module))) this.dropState(String(module))
  }

  /** What a module keeps between tasks, over restarts and swaps; on disk when a call returns. */
  stateOf(line: StateLine): StateStore {
    const statements = this.#statements
    return {
      get(key) {
        const sql = 'SELECT value FROM state WHERE module = ? AND key = ?'
        const row = statements.get(sql, line.key, key)
        return row && String(row['value'])
      },
      set(key, text) {
        const sql = 'INSERT OR REPLACE INTO state (module, key, value) VALUES (?, ?, ?)'
        statements.run(sql, line.key, key, text)
      },
      delete(key) {
        statements.run('DELETE FROM state WHERE module = ? AND key = ?', line.key, key)
      },
    }
  }

  /** Every value of every line of state, as JSON. */
  stateTexts(): readonly string[] {
    return this.#statements.all('SELECT value FROM state').map(({ value }) => String(value))
  }

  /** A whole line of state. */
  readState(line: string): JsonObject {
    const rows = this.#statements.all('SELECT key, value FROM state WHERE module = ?', line)
    return Object.fromEntries(
      rows.map(({ key, value }) => [String(key), this.#statements.parse(value) as Json]),
    )
  }

  #writeState(line: string, state: JsonObject): void {
    this.#statements.run('DELETE FROM state WHERE module = ?', line)
    const sql = 'INSERT INTO state (module, key, value) VALUES (?, ?, ?)'
    for (const [key, value] of Object.entries(state))
      this.#statements.run(sql, line, key, JSON.stringify(value))
  }

  /** Begins a line with what another has. */
  copyState(from: string, to: string): void {
    this.#statements.inTransaction(() => this.#writeState(to, this.readState(from)))
  }

  dropState(line: string): void {
    this.#statements.run('DELETE FROM state WHERE module = ?', line)
  }

  #generationOf(row: Row): StoredGeneration {
    const body = this.#statements.parse(row['body']) as Pick<StoredGeneration, 'modules' | 'removed'>
    return { number: Number(row['number']), at: Number(row['at']), ...body }
  }

  close(): void {
    this.#statements.close()
  }

  #point(number: number): void {
    this.#statements.run('INSERT OR REPLACE INTO current (id, generation) VALUES (0, ?)', number)
  }
}

function openDatabase(file: string): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { timeout: 5_000 })
    prepare(database, file)
    return database
  } catch (error) {
    database?.close()
    throw journalTrouble(error, file)
  }
}

function prepare(database: DatabaseSync, file: string): void {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;')
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
  if (version === 0) database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`)
  if (version <= schemaVersion) return
  const message = `${file} was written by a newer Nexus (schema ${version}, this one knows ${schemaVersion}). Update Nexus.`
  throw new NexusError('database_newer', message)
}
