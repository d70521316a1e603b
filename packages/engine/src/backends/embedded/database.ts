/**
 * The one SQLite file of a data directory: its settings, its schema, and what opening it can say.
 *
 *   documents  workflow documents by their digest, once each
 *   runs       one row a run; what lists show, kept in step with the log in the same transaction
 *   events     the append-only log of all runs, in the order of writing, so that a commit touches few pages
 *   deployments  the workflows that are deployed, and where their schedules stand
 *   accepted   the CloudEvents that the event bus accepted, numbered in one line with the log
 *   forgotten  runs that were removed and whose events are still being removed, a slice a commit
 *   counted    the highest numbers that were ever in use, where what had them may be gone
 */
import { NexusError } from '@nexus/sdk'
import { storageTrouble } from '@nexus/sdk/storage'
import { DatabaseSync, type DatabaseSyncOptions } from 'node:sqlite'

/** Raised with every change of the schema; a file of a newer one is refused. */
const schemaVersion = 7

/** Pages in the write-ahead log before they go to the database: more of them, and a page that changes often goes once. */
const checkpointPages = 8_192

const settings = `
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA wal_autocheckpoint = ${checkpointPages};
`

/** `target`: the number of the run that an event is kept for, 0 for every run. `taken`: that run has consumed it. */
const acceptedTable = `
CREATE TABLE accepted (
  seq INTEGER PRIMARY KEY,
  target INTEGER NOT NULL,
  source TEXT NOT NULL,
  id TEXT NOT NULL,
  at INTEGER NOT NULL,
  taken INTEGER NOT NULL DEFAULT 0,
  body TEXT NOT NULL,
  UNIQUE (target, source, id)
);
CREATE INDEX accepted_by_target ON accepted (target, taken, seq);
`

/**
 * `parent`: the number of the run that began it. An input too large for its row is in the blob `input_blob`.
 * `accepted`: the number of the last event accepted before the deployment. `state`: where its schedule stands.
 */
const families = `
ALTER TABLE runs ADD COLUMN parent INTEGER;
ALTER TABLE runs ADD COLUMN attached INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN input_blob TEXT;
ALTER TABLE runs ADD COLUMN workflows TEXT;
ALTER TABLE runs ADD COLUMN scope TEXT;
CREATE INDEX runs_by_parent ON runs (parent) WHERE parent IS NOT NULL;
CREATE TABLE deployments (
  key TEXT PRIMARY KEY,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  document TEXT NOT NULL REFERENCES documents (digest),
  workflows TEXT,
  deployed_at INTEGER NOT NULL,
  accepted INTEGER NOT NULL,
  state TEXT NOT NULL
) WITHOUT ROWID;
`

/**
 * `key`: what whoever asked for the run calls it, so that asking twice begins it once. `generation`: which modules it
 * began with.
 */
const keys = `
ALTER TABLE runs ADD COLUMN key TEXT;
ALTER TABLE runs ADD COLUMN generation INTEGER;
CREATE UNIQUE INDEX runs_by_key ON runs (key) WHERE key IS NOT NULL;
`

/** `priority`: the higher one begins first, where runs have to wait. One that waits has not started. */
const priorities = `
ALTER TABLE runs ADD COLUMN priority INTEGER NOT NULL DEFAULT 0;
`

/** `what`: `seq` of the log and of accepted events, or `run`. */
const retention = `
CREATE TABLE forgotten (run INTEGER PRIMARY KEY);
CREATE TABLE counted (what TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
`

/** `sources`: where the code of its script tasks stands, as JSON. */
const sources = `
ALTER TABLE runs ADD COLUMN sources TEXT;
`

/** From each version of the schema to the next; the first stands at 1. */
const migrations: readonly string[] = [acceptedTable, families, keys, priorities, retention, sources]

const schema = `
CREATE TABLE documents (
  digest TEXT PRIMARY KEY,
  text TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE runs (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  version TEXT NOT NULL,
  document TEXT NOT NULL REFERENCES documents (digest),
  input TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  started_at INTEGER,
  ended_at INTEGER,
  context_seq INTEGER
);
CREATE INDEX runs_by_status ON runs (status, number);
CREATE TABLE events (
  seq INTEGER PRIMARY KEY,
  run INTEGER NOT NULL,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  path TEXT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX events_by_path ON events (run, path);
${acceptedTable}
${families}
${keys}
${priorities}
${retention}
${sources}
PRAGMA user_version = ${schemaVersion};
`

/**
 * Opens or creates the database. Throws `NexusError` `database_corrupt`, `database_newer`, `disk_full` or `data_unwritable`;
 * the file stays as it is.
 */
export function openDatabase(file: string, bytesMax?: number): DatabaseSync {
  const database = opened(file, { timeout: 5_000 })
  try {
    database.exec(settings)
    migrate(database, file)
    if (bytesMax !== undefined) limitSize(database, bytesMax)
    return database
  } catch (error) {
    database.close()
    throw explain(error, file)
  }
}

/**
 * Opens a database to read it beside the process that holds it; one of an earlier schema is brought up to date first.
 * Undefined while that process is still making it.
 */
export function openDatabaseReadOnly(file: string): DatabaseSync | undefined {
  const database = opened(file, { readOnly: true, timeout: 5_000 })
  try {
    const version = readVersion(database)
    if (version >= schemaVersion) return database
    database.close()
    if (version === 0) return undefined
    openDatabase(file).close()
    return openDatabaseReadOnly(file)
  } catch (error) {
    if (database.isOpen) database.close()
    throw explain(error, file)
  }
}

function opened(file: string, options: DatabaseSyncOptions): DatabaseSync {
  try {
    return new DatabaseSync(file, options)
  } catch (error) {
    throw explain(error, file)
  }
}

function migrate(database: DatabaseSync, file: string): void {
  const version = readVersion(database)
  if (version === 0) return inTransaction(database, schema)
  if (version > schemaVersion) {
    throw new NexusError(
      'database_newer',
      `${file} was written by a newer Nexus (schema ${version}, this one knows ${schemaVersion}). Update Nexus, or choose another folder with --data.`,
    )
  }
  if (version === schemaVersion) return
  const steps = migrations.slice(version - 1).join('\n')
  inTransaction(database, `${steps} PRAGMA user_version = ${schemaVersion};`)
}

/** All of it or none: a crash on the way leaves the file as it was. */
function inTransaction(database: DatabaseSync, sql: string): void {
  database.exec('BEGIN IMMEDIATE')
  try {
    database.exec(`${sql} COMMIT`)
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}

function limitSize(database: DatabaseSync, bytesMax: number): void {
  const pageBytes = Number(database.prepare('PRAGMA page_size').get()?.['page_size'])
  database.exec(`PRAGMA max_page_count = ${Math.floor(bytesMax / pageBytes)}`)
}

function readVersion(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0)
}

/** Says of SQLite's trouble with a file what it is and what to do; gives any other error back. */
export function explain(error: unknown, file: string): unknown {
  const mend = `Restore it from a backup, or move it aside to begin anew; "sqlite3 ${file} .recover" saves what can be read.`
  return storageTrouble(error, file, mend)
}
