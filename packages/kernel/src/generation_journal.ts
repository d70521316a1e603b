/**
 * What is remembered of modules, in one SQLite file of the data directory: which generations there were, which one is
 * current, the receipts of the changes, and what modules keep between tasks. A generation and the pointer to it are written in one transaction, so that a crash
 * at any instant comes back to the last one that was committed.
 */
import { NexusError, type Json, type JsonObject, type Manifest } from '@nexus/sdk'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite'
import type { StateStore } from './hosts/services.ts'
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
  readonly #database: DatabaseSync
  /** Told of each receipt, and again when it is complete. */
  onReceipt: (receipt: Receipt) => void = () => {}

  /** Opens `<data>/modules.db`. Throws `NexusError` `database_newer` or `database_corrupt`. */
  constructor(data: string) {
    mkdirSync(data, { recursive: true, mode: 0o700 })
    this.#database = openDatabase(join(data, 'modules.db'))
  }

  /** The last one that was committed; undefined before the first. */
  current(): StoredGeneration | undefined {
    const sql =
      'SELECT generations.* FROM current JOIN generations ON generations.number = current.generation'
    const row = this.#database.prepare(sql).get()
    return row && generationOf(row)
  }

  get(number: number): StoredGeneration | undefined {
    const row = this.#database.prepare('SELECT * FROM generations WHERE number = ?').get(number)
    return row && generationOf(row)
  }

  /** Oldest first. */
  list(): readonly StoredGeneration[] {
    return this.#database.prepare('SELECT * FROM generations ORDER BY number').all().map(generationOf)
  }

  /** A module of any generation, by its artifact. */
  find(id: string, artifact: string): StoredModule | undefined {
    const path = `$.modules."${id}"`
    const sql = `SELECT json_extract(body, ?) AS module FROM generations WHERE json_extract(body, ?) = ? ORDER BY number DESC LIMIT 1`
    const row = this.#database.prepare(sql).get(path, `${path}.artifact`, artifact)
    return row && (JSON.parse(String(row['module'])) as StoredModule)
  }

  /** Those between two numbers, oldest first. */
  between(after: number, before: number): readonly StoredGeneration[] {
    const sql = 'SELECT * FROM generations WHERE number > ? AND number < ? ORDER BY number'
    return this.#database.prepare(sql).all(after, before).map(generationOf)
  }

  /** The number of the newest, current or not; 0 where there is none. */
  last(): number {
    return Number(this.#database.prepare('SELECT max(number) AS last FROM generations').get()?.['last'] ?? 0)
  }

  /**
   * Records a generation and makes it the current one; `states` are whole lines of state that go with it, by their keys.
   * On disk when it returns.
   */
  commit(
    { number, at, ...body }: StoredGeneration,
    states: ReadonlyMap<string, JsonObject> = new Map(),
  ): void {
    this.#inTransaction(() => {
      for (const [key, state] of states) this.#writeState(key, state)
      const sql = 'INSERT INTO generations (number, at, body) VALUES (?, ?, ?)'
      this.#database.prepare(sql).run(number, at, JSON.stringify(body))
      this.#point(number)
    })
  }

  /** Makes a generation that was committed before the current one. On disk when it returns. */
  activate(number: number): void {
    this.#inTransaction(() => this.#point(number))
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
    this.#database.prepare('UPDATE generations SET body = ? WHERE number = ?').run(text, number)
  }

  receipts(): readonly Receipt[] {
    const rows = this.#database.prepare('SELECT body FROM receipts ORDER BY number').all()
    return rows.map(({ body }) => JSON.parse(String(body)) as Receipt)
  }

  /** The number of the last receipt; 0 where there is none. */
  lastReceipt(): number {
    return Number(this.#database.prepare('SELECT max(number) AS last FROM receipts').get()?.['last'] ?? 0)
  }

  /** Keeps a receipt, in place of what was said of the same change before. */
  receipt(receipt: Receipt): void {
    const sql = 'INSERT OR REPLACE INTO receipts (number, body) VALUES (?, ?)'
    this.#database.prepare(sql).run(receipt.number, JSON.stringify(receipt))
    this.onReceipt(receipt)
  }

  /** Gives how many there were. */
  forgetBefore(number: number): number {
    return Number(this.#database.prepare('DELETE FROM generations WHERE number < ?').run(number).changes)
  }

  forgetReceiptsBefore(number: number): void {
    this.#database.prepare('DELETE FROM receipts WHERE number < ?').run(number)
  }

  /** Forgets the lines of state that were begun by generations which are not there any more. First lines stay. */
  keepLines(keys: ReadonlySet<string>): void {
    const rows = this.#database.prepare("SELECT DISTINCT module FROM state WHERE module LIKE '%@%'").all()
    for (const { module } of rows) if (!keys.has(String(module))) this.dropState(String(module))
  }

  /** What a module keeps between tasks, over restarts and swaps; on disk when a call returns. */
  stateOf(line: StateLine): StateStore {
    const database = this.#database
    return {
      get(key) {
        const sql = 'SELECT value FROM state WHERE module = ? AND key = ?'
        const row = database.prepare(sql).get(line.key, key)
        return row && String(row['value'])
      },
      set(key, text) {
        const sql = 'INSERT OR REPLACE INTO state (module, key, value) VALUES (?, ?, ?)'
        database.prepare(sql).run(line.key, key, text)
      },
      delete(key) {
        database.prepare('DELETE FROM state WHERE module = ? AND key = ?').run(line.key, key)
      },
    }
  }

  /** Every value of every line of state, as JSON. */
  stateTexts(): readonly string[] {
    return this.#database
      .prepare('SELECT value FROM state')
      .all()
      .map(({ value }) => String(value))
  }

  /** A whole line of state. */
  readState(line: string): JsonObject {
    const rows = this.#database.prepare('SELECT key, value FROM state WHERE module = ?').all(line)
    return Object.fromEntries(rows.map(({ key, value }) => [String(key), JSON.parse(String(value)) as Json]))
  }

  #writeState(line: string, state: JsonObject): void {
    this.#database.prepare('DELETE FROM state WHERE module = ?').run(line)
    const insert = this.#database.prepare('INSERT INTO state (module, key, value) VALUES (?, ?, ?)')
    for (const [key, value] of Object.entries(state)) insert.run(line, key, JSON.stringify(value))
  }

  /** Begins a line with what another has. */
  copyState(from: string, to: string): void {
    this.#inTransaction(() => this.#writeState(to, this.readState(from)))
  }

  dropState(line: string): void {
    this.#database.prepare('DELETE FROM state WHERE module = ?').run(line)
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }

  #point(number: number): void {
    this.#database.prepare('INSERT OR REPLACE INTO current (id, generation) VALUES (0, ?)').run(number)
  }

  #inTransaction(write: () => void): void {
    this.#database.exec('BEGIN IMMEDIATE')
    try {
      write()
      this.#database.exec('COMMIT')
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw error
    }
  }
}

function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 5_000 })
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;')
    const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
    if (version === 0) database.exec(`BEGIN IMMEDIATE; ${schema} COMMIT`)
    if (version <= schemaVersion) return database
    const message = `${file} was written by a newer Nexus (schema ${version}, this one knows ${schemaVersion}). Update Nexus.`
    throw new NexusError('database_newer', message)
  } catch (error) {
    database.close()
    if (error instanceof NexusError) throw error
    const reason = error instanceof Error ? error.message : String(error)
    const message = `${file} cannot be used: ${reason}. Move it aside to begin anew with the modules of the folders.`
    throw new NexusError('database_corrupt', message, { cause: error })
  }
}

function generationOf(row: Record<string, SQLOutputValue>): StoredGeneration {
  const body = JSON.parse(String(row['body'])) as Pick<StoredGeneration, 'modules' | 'removed'>
  return { number: Number(row['number']), at: Number(row['at']), ...body }
}
