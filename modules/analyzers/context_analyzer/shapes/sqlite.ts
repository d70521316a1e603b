/** Tables and columns of an SQLite database, opened for reading only. It runs nothing that the database brings. */
import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { clip, valueMax } from '../clip.ts'
import { told, type Telling } from './types.ts'

const tablesMax = 50
const columnsMax = 100
const countedMax = 1_000
const busyMsMax = 200

interface Found {
  readonly name: string
  readonly type: 'table' | 'view'
  readonly sql: string
}

export function sqliteShape(path: string, telling: Telling): JsonObject {
  try {
    using database = openReadOnly(path)
    const found = tablesIn(database)
    return {
      tables: found.slice(0, tablesMax).map((table) => describe(database, table, telling)),
      ...(found.length > tablesMax && { tables_left_off: true }),
    }
  } catch (error) {
    return { reason: clip(`It cannot be read as a database: ${messageOf(error)}`) }
  }
}

/** Without a log of changes to take in, nothing is written beside the database either. */
function openReadOnly(path: string): DatabaseSync {
  const address = pathToFileURL(path)
  if (!existsSync(`${path}-wal`)) address.search = '?immutable=1'
  return new DatabaseSync(address, { readOnly: true, timeout: busyMsMax, defensive: true })
}

function tablesIn(database: DatabaseSync): Found[] {
  const rows = database
    .prepare(
      `SELECT name, type, coalesce(sql, '') AS sql FROM sqlite_schema
       WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name LIMIT ${tablesMax + 1}`,
    )
    .all()
  return rows as unknown as Found[]
}

function describe(database: DatabaseSync, { name, type, sql }: Found, telling: Telling): JsonObject {
  const plain = type === 'table' && !/^\s*create\s+virtual/i.test(sql)
  try {
    const columns = columnsOf(database, name)
    const values = plain ? valuesOf(database, name, columns) : []
    return {
      name: clip(name),
      kind: type,
      columns: columns.map(({ name: column, type: declared }, index) => ({
        name: clip(column),
        type: clip(declared),
        ...(plain &&
          told(
            values.map((row) => row[index] ?? null),
            telling,
          )),
      })),
      ...(plain && rowsOf(database, name)),
    }
  } catch (error) {
    return { name: clip(name), kind: type, reason: clip(messageOf(error)) }
  }
}

interface DeclaredColumn {
  readonly name: string
  readonly type: string
  /** Worked out by an expression of the database. */
  readonly generated: boolean
}

function columnsOf(database: DatabaseSync, table: string): DeclaredColumn[] {
  const rows = database
    .prepare(`SELECT name, type, hidden FROM pragma_table_xinfo(?) LIMIT ${columnsMax}`)
    .all(table)
  return rows.map(({ name, type, hidden }) => ({
    name: String(name),
    type: String(type).toLowerCase(),
    generated: hidden !== 0,
  }))
}

/** Counted up to a bound, since that reads every page. */
function rowsOf(database: DatabaseSync, table: string): JsonObject {
  const row = database
    .prepare(`SELECT count(*) AS rows FROM (SELECT 1 FROM ${quoted(table)} LIMIT ${countedMax + 1})`)
    .get()
  const rows = Number(row?.['rows'] ?? 0)
  return { rows_sampled: Math.min(rows, countedMax), rows_complete: rows <= countedMax }
}

/** The first rows; of large values their beginning is read, and of binary ones nothing. */
function valuesOf(database: DatabaseSync, table: string, columns: readonly DeclaredColumn[]): Json[][] {
  const selected = columns.map(({ name, generated }) => {
    const column = quoted(name)
    if (generated) return 'NULL'
    return `CASE typeof(${column}) WHEN 'blob' THEN NULL WHEN 'text' THEN substr(${column}, 1, ${valueMax + 1}) WHEN 'integer' THEN CASE WHEN abs(${column}) < 9007199254740991 THEN ${column} END ELSE ${column} END`
  })
  if (selected.length === 0) return []
  const statement = database.prepare(
    `SELECT json_array(${selected.join(', ')}) AS row_values FROM ${quoted(table)} LIMIT ${countedMax}`,
  )
  return statement.all().map((row) => {
    const values = isJsonObject(row) ? row['row_values'] : undefined
    return typeof values === 'string' ? (JSON.parse(values) as Json[]) : []
  })
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
