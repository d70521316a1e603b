/**
 * Rows as an Arrow IPC stream in the blob store, a record batch for each batch of rows. Columns have the types of the
 * engine; what Arrow could only carry with a loss (decimals, times, documents) is text. The library is imported when
 * the first result is asked for in this form.
 */
import type * as ArrowLibrary from 'apache-arrow'
import type { DataType } from 'apache-arrow'
import { TaskFault, type Blobs, type Json } from '@nexus/sdk'
import type { Column, ColumnKind, Cursor, Row } from './driver.ts'
import { namesOf } from './names.ts'

type Arrow = typeof ArrowLibrary

export async function writeArrow(
  cursor: Cursor,
  { blobs, blobBytesMax }: { readonly blobs: Blobs; readonly blobBytesMax: number },
): ReturnType<Blobs['write']> {
  const arrow = await import('apache-arrow')
  const mediaType = 'application/vnd.apache.arrow.stream'
  return blobs.write(streamOf(arrow, cursor), { mediaType, bytesMax: blobBytesMax })
}

async function* streamOf(arrow: Arrow, { columns, batches }: Cursor): AsyncGenerator<Uint8Array> {
  const pieces: Uint8Array[] = []
  class Pieces extends arrow.AsyncByteQueue {
    override write(value: Uint8Array): void {
      // The writer uses its buffers again.
      pieces.push(Uint8Array.from(value))
    }
  }
  const names = namesOf(columns)
  let writer: InstanceType<Arrow['RecordBatchStreamWriter']> | undefined
  let fields: readonly ArrowField[] = []
  const begin = (first: readonly Row[]): InstanceType<Arrow['RecordBatchStreamWriter']> => {
    fields = columns.map((column, index) =>
      fieldOf(arrow, { column, name: names[index] ?? '', index, first }),
    )
    const schema = new arrow.Schema(fields.map(({ name, type }) => new arrow.Field(name, type, true)))
    return new arrow.RecordBatchStreamWriter().reset(new Pieces(), schema)
  }
  for await (const rows of batches) {
    writer ??= begin(rows)
    writer.write(batchOf(arrow, fields, rows))
    yield* pieces.splice(0)
  }
  if (writer === undefined) {
    writer = begin([])
    writer.write(batchOf(arrow, fields, []))
  }
  writer.finish()
  yield* pieces.splice(0)
}

interface ArrowField {
  readonly name: string
  readonly index: number
  readonly type: DataType
  readonly kind: ColumnKind
}

interface Place {
  readonly column: Column
  readonly name: string
  readonly index: number
  readonly first: readonly Row[]
}

function fieldOf(arrow: Arrow, { column, name, index, first }: Place): ArrowField {
  const kind = column.kind === 'any' ? kindOf(first.map((row) => row[index] ?? null)) : column.kind
  return { name, index, kind, type: typeOf(arrow, kind) }
}

/** Where the engine gives no type, the first batch does. */
function kindOf(values: readonly Json[]): ColumnKind {
  const there = values.filter((value) => value !== null)
  if (there.length === 0) return 'text'
  if (there.every((value) => typeof value === 'number' && Number.isInteger(value))) return 'integer'
  if (there.every((value) => typeof value === 'number')) return 'float'
  return there.every((value) => typeof value === 'object' && 'base64' in value) ? 'binary' : 'text'
}

function typeOf(arrow: Arrow, kind: ColumnKind): DataType {
  if (kind === 'boolean') return new arrow.Bool()
  if (kind === 'integer') return new arrow.Int64()
  if (kind === 'float') return new arrow.Float64()
  return kind === 'binary' ? new arrow.Binary() : new arrow.Utf8()
}

function batchOf(
  arrow: Arrow,
  fields: readonly ArrowField[],
  rows: readonly Row[],
): InstanceType<Arrow['RecordBatch']> {
  const data = fields.map(({ index, kind, name, type }) => {
    const values = rows.map((row) => valueOf(row[index] ?? null, kind, name))
    const [first] = arrow.vectorFromArray(values, type).data
    if (first === undefined) throw new Error('Arrow makes a vector without data.')
    return first
  })
  const schema = new arrow.Schema(fields.map(({ name, type }) => new arrow.Field(name, type, true)))
  const struct = new arrow.Struct(schema.fields)
  return new arrow.RecordBatch(
    schema,
    arrow.makeData({ type: struct, length: rows.length, nullCount: 0, children: data }),
  )
}

function valueOf(value: Json, kind: ColumnKind, name: string): unknown {
  if (value === null) return null
  switch (kind) {
    case 'boolean':
      return Boolean(value)
    case 'integer':
      if (typeof value === 'number' ? Number.isInteger(value) : /^-?\d+$/.test(textOf(value)))
        return BigInt(textOf(value))
      throw mixed(name, value, 'whole numbers')
    case 'float':
      if (typeof value === 'number' || /^(?:NaN|-?Infinity)$/.test(textOf(value))) return Number(value)
      throw mixed(name, value, 'numbers')
    case 'binary':
      if (typeof value === 'object' && 'base64' in value)
        return Buffer.from(textOf(value.base64 ?? ''), 'base64')
      throw mixed(name, value, 'binary data')
    default:
      return textOf(value)
  }
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** Only an engine whose columns have no types does that. */
function mixed(name: string, value: Json, expected: string): TaskFault {
  const found = JSON.stringify(value).slice(0, 100)
  return TaskFault.of(
    'runtime',
    `The column "${name}" begins with ${expected} and goes on with ${found}, which an Arrow column cannot. CAST it in the query, or use \`return: blob\`.`,
  )
}
