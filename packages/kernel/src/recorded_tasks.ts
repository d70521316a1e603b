/**
 * What is remembered of tasks that were done: results that a module lets be given again, and samples of inputs with their
 * outputs by which a new version is tried. In a file of its own, `<data>/recorded.db`, that may be lost: a crash costs the
 * last of it, and one that cannot be read is begun anew. Nothing of a run with secrets comes here.
 */
import type { Clock, Json } from '@nexus/sdk'
import { hash } from 'node:crypto'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'

export interface RecordedTask {
  readonly input: Json
  readonly output: Json
}

/** Samples that are kept of a capability; then the oldest goes. */
const samplesMax = 50
/** Between two samples of a capability. */
const sampleEveryMs = 1_000
/** The texts of an input or an output that are longer (in UTF-16 units) are not kept. */
const textLengthMax = 64 * 1024
/** Results that are kept, of all modules. */
const resultsMax = 10_000

const schema = `
PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF;
CREATE TABLE IF NOT EXISTS samples (number INTEGER PRIMARY KEY, capability TEXT NOT NULL, input TEXT NOT NULL, output TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS samples_by_capability ON samples (capability, number);
CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, until INTEGER NOT NULL, output TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS results_by_end ON results (until);
`

export class RecordedTasks {
  readonly #clock: Clock
  readonly #database: DatabaseSync
  readonly #statements: Readonly<Record<keyof typeof sql, StatementSync>>
  /** When a capability was sampled last, by the clock's `elapsed`. */
  readonly #sampled = new Map<string, number>()

  constructor(data: string, clock: Clock) {
    this.#clock = clock
    this.#database = openDatabase(data)
    const entries = Object.entries(sql).map(([name, text]) => [name, this.#database.prepare(text)])
    this.#statements = Object.fromEntries(entries) as Record<keyof typeof sql, StatementSync>
    this.#statements.forgetResults.run(clock.now())
  }

  /** Keeps a task that was done, now and then. */
  sample(capability: string, input: Json, output: Json): void {
    const now = this.#clock.elapsed()
    if (now - (this.#sampled.get(capability) ?? -sampleEveryMs) < sampleEveryMs) return
    this.#sampled.set(capability, now)
    const texts = [JSON.stringify(input), JSON.stringify(output)] as const
    if (!this.#database.isOpen || texts.some((text) => text.length > textLengthMax)) return
    this.#statements.addSample.run(capability, ...texts)
    this.#statements.forgetSamples.run(capability, capability, samplesMax)
  }

  /** The newest samples of a capability. */
  samples(capability: string, limit: number): readonly RecordedTask[] {
    return this.#statements.samples
      .all(capability, limit)
      .map(({ input, output }) => ({ input: parse(input), output: parse(output) }))
  }

  /** What was given for a key, where that is not too old. */
  result(key: string): Json | undefined {
    const row = this.#statements.result.get(digest(key), this.#clock.now())
    return row && parse(row['output'])
  }

  keepResult(key: string, output: Json, ageMsMax: number): void {
    const text = JSON.stringify(output)
    if (!this.#database.isOpen || text.length > textLengthMax) return
    this.#statements.keepResult.run(digest(key), this.#clock.now() + ageMsMax, text)
    this.#statements.limitResults.run(resultsMax)
  }

  close(): void {
    if (this.#database.isOpen) this.#database.close()
  }
}

const sql = {
  addSample: 'INSERT INTO samples (capability, input, output) VALUES (?, ?, ?)',
  forgetSamples: `DELETE FROM samples WHERE capability = ? AND number <=
    (SELECT number FROM samples WHERE capability = ? ORDER BY number DESC LIMIT 1 OFFSET ?)`,
  samples: 'SELECT input, output FROM samples WHERE capability = ? ORDER BY number DESC LIMIT ?',
  result: 'SELECT output FROM results WHERE key = ? AND until > ?',
  keepResult: 'INSERT OR REPLACE INTO results (key, until, output) VALUES (?, ?, ?)',
  limitResults:
    'DELETE FROM results WHERE until < (SELECT until FROM results ORDER BY until DESC LIMIT 1 OFFSET ?)',
  forgetResults: 'DELETE FROM results WHERE until <= ?',
} as const

/** The text of an input may hold what is nobody's business; its digest does not. */
function digest(key: string): string {
  return hash('sha256', key)
}

function parse(text: unknown): Json {
  return JSON.parse(String(text)) as Json
}

function openDatabase(data: string): DatabaseSync {
  const file = join(data, 'recorded.db')
  mkdirSync(data, { recursive: true, mode: 0o700 })
  try {
    return opened(file)
  } catch {
    for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true })
    return opened(file)
  }
}

function opened(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: 5_000 })
  try {
    database.exec(schema)
    return database
  } catch (error) {
    database.close()
    throw error
  }
}
