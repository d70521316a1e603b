/**
 * From a cursor to the output of the task, as `return` asks: rows as objects, a whole result, or a reference to rows in
 * the blob store. Rows beyond a cap are never dropped unsaid: they go to the blob store, or the task faults. It holds no
 * more rows than the cap.
 */
import { TaskFault, type Blobs, type Json, type JsonObject } from '@nexus/sdk'
import type { ReturnMode } from './arguments.ts'
import { writeArrow } from './arrow.ts'
import { namesOf } from './names.ts'
import type { Cursor, Row } from './driver.ts'

export interface ResultOptions {
  readonly returns: ReturnMode
  readonly rowsMax: number
  readonly bytesMax: number
  readonly blobBytesMax: number
  readonly blobs: Blobs
}

/** More than any table has; an object of each row is made with all their names. */
const columnsMax = 4_096

export async function resultOf(cursor: Cursor, options: ResultOptions): Promise<Json> {
  if (cursor.columns.length > columnsMax)
    throw TaskFault.of(
      'runtime',
      `The result has ${cursor.columns.length} columns, and may have ${columnsMax}. Ask for fewer.`,
    )
  switch (options.returns) {
    case 'rows':
      return rowsOf(cursor, options)
    case 'result':
      return wholeResult(cursor, options)
    case 'blob':
      return await writeLines(linesOf(cursor), options)
    case 'arrow':
      return await writeArrow(cursor, options)
  }
}

async function rowsOf(cursor: Cursor, options: ResultOptions): Promise<Json> {
  const collected = await collect(cursor, options)
  if (collected.rest === undefined) return collected.rows
  throw TaskFault.of(
    'runtime',
    `The result is larger than ${capOf(collected, options)}. Ask for less (LIMIT), or use \`return: blob\` or \`return: result\`, which put any number of rows into the blob store.`,
  )
}

function capOf({ rows }: Collected, { rowsMax, bytesMax }: ResultOptions): string {
  return rows.length >= rowsMax
    ? `${rowsMax} rows (rows_max)`
    : `${Math.floor(bytesMax / 1_048_576)} MB (result_mb)`
}

/** Where there are more rows than the cap, `rows` are the first of them, and `blob` has all. */
async function wholeResult(cursor: Cursor, options: ResultOptions): Promise<Json> {
  const { rows, rest } = await collect(cursor, options)
  const count = { rows: rows.length }
  const blob = rest === undefined ? undefined : await writeLines(allLines(rows, rest, count), options)
  const changed = cursor.changedRows()
  const names = namesOf(cursor.columns)
  return {
    columns: cursor.columns.map(({ type }, index) => ({ name: names[index] ?? '', type })),
    rows,
    row_count: count.rows,
    ...(changed !== undefined && { changed_rows: changed }),
    ...(blob !== undefined && { blob: blob }),
  }
}

interface Collected {
  readonly rows: readonly JsonObject[]
  /** What comes after those, where the cap was reached. */
  readonly rest: AsyncIterable<readonly JsonObject[]> | undefined
}

async function collect(cursor: Cursor, { rowsMax, bytesMax }: ResultOptions): Promise<Collected> {
  const rows: JsonObject[] = []
  let sizeBytes = 0
  const batches = objectBatches(cursor)
  for (let next = await batches.next(); next.done !== true; next = await batches.next()) {
    for (const [index, row] of next.value.entries()) {
      sizeBytes += sizeOf(row)
      if (rows.length < rowsMax && sizeBytes <= bytesMax) rows.push(row)
      else return { rows, rest: following(next.value.slice(index), batches) }
    }
  }
  return { rows, rest: undefined }
}

async function* following<Item>(first: Item, rest: AsyncGenerator<Item>): AsyncGenerator<Item> {
  yield first
  yield* rest
}

/** About as many bytes as it has in JSON. */
function sizeOf(row: JsonObject): number {
  let sizeBytes = 2
  for (const name in row) {
    const value = row[name] ?? null
    const length =
      typeof value === 'string' ? value.length : typeof value === 'object' ? JSON.stringify(value).length : 8
    sizeBytes += name.length + 4 + length
  }
  return sizeBytes
}

async function* objectBatches({ columns, batches }: Cursor): AsyncGenerator<readonly JsonObject[]> {
  const names = namesOf(columns)
  for await (const batch of batches) yield batch.map((row) => objectOf(names, row))
}

function objectOf(names: readonly string[], row: Row): JsonObject {
  const entries = names.map((name, index): [string, Json] => [name, row[index] ?? null])
  return Object.fromEntries(entries)
}

async function* linesOf(cursor: Cursor): AsyncGenerator<string> {
  for await (const batch of objectBatches(cursor)) yield textOf(batch)
}

async function* allLines(
  first: readonly JsonObject[],
  rest: AsyncIterable<readonly JsonObject[]>,
  count: { rows: number },
): AsyncGenerator<string> {
  if (first.length > 0) yield textOf(first)
  for await (const batch of rest) {
    count.rows += batch.length
    yield textOf(batch)
  }
}

function textOf(rows: readonly JsonObject[]): string {
  return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
}

function writeLines(
  lines: AsyncIterable<string>,
  { blobs, blobBytesMax }: ResultOptions,
): ReturnType<Blobs['write']> {
  return blobs.write(lines, { mediaType: 'application/x-ndjson', bytesMax: blobBytesMax })
}
