/** DuckDB's values to JSON, what is bound to DuckDB's values, and the names of its types. Pure. */
import {
  blobValue,
  DuckDBArrayValue,
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampNanosecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTypeId,
  DuckDBUnionValue,
  DuckDBVariantValue,
  listValue,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api'
import type { Json } from '@nexus/sdk'
import { JsonDocument, type BoundValue, type ColumnKind } from '../../driver.ts'
import { binaryJson, decimalJson, documentJson, floatJson, integerJson } from '../../values.ts'

export function readerOf(type: DuckDBType): (value: DuckDBValue) => Json {
  if (type.alias === 'JSON')
    return (value) => (typeof value === 'string' ? documentJson(value) : jsonOf(value))
  return jsonOf
}

function jsonOf(value: DuckDBValue): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') return floatJson(value)
  if (typeof value === 'bigint') return integerJson(value)
  if (value instanceof DuckDBDecimalValue) return decimalJson(value.toString())
  if (value instanceof DuckDBBlobValue) return binaryJson(value.bytes)
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) return value.items.map(jsonOf)
  if (value instanceof DuckDBUnionValue || value instanceof DuckDBVariantValue) return jsonOf(value.value)
  if (value instanceof DuckDBStructValue)
    return Object.fromEntries(Object.entries(value.entries).map(([name, entry]) => [name, jsonOf(entry)]))
  if (value instanceof DuckDBMapValue) return mapOf(value)
  if (value instanceof DuckDBDateValue) return String(value)
  return isMoment(value) ? momentOf(String(value)) : String(value)
}

function isMoment(value: DuckDBValue): boolean {
  const moments = [
    DuckDBTimestampValue,
    DuckDBTimestampTZValue,
    DuckDBTimestampSecondsValue,
    DuckDBTimestampMillisecondsValue,
    DuckDBTimestampNanosecondsValue,
  ]
  return moments.some((moment) => value instanceof moment)
}

/** With its zone only where the value has one: `2025-01-02T03:04:05Z`. */
function momentOf(text: string): Json {
  return text.replace(/^(\S+-\d\d) /, '$1T').replace(/\+00(?::?00)?$/, 'Z')
}

/** An object where the keys are texts, else a list of `{key, value}`. */
function mapOf({ entries }: DuckDBMapValue): Json {
  if (entries.every(({ key }) => typeof key === 'string'))
    return Object.fromEntries(entries.map(({ key, value }) => [String(key), jsonOf(value)]))
  return entries.map(({ key, value }) => ({ key: jsonOf(key), value: jsonOf(value) }))
}

const kinds: Readonly<Partial<Record<DuckDBTypeId, ColumnKind>>> = {
  [DuckDBTypeId.BOOLEAN]: 'boolean',
  [DuckDBTypeId.TINYINT]: 'integer',
  [DuckDBTypeId.SMALLINT]: 'integer',
  [DuckDBTypeId.INTEGER]: 'integer',
  [DuckDBTypeId.BIGINT]: 'integer',
  [DuckDBTypeId.UTINYINT]: 'integer',
  [DuckDBTypeId.USMALLINT]: 'integer',
  [DuckDBTypeId.UINTEGER]: 'integer',
  [DuckDBTypeId.UBIGINT]: 'decimal',
  [DuckDBTypeId.HUGEINT]: 'decimal',
  [DuckDBTypeId.UHUGEINT]: 'decimal',
  [DuckDBTypeId.DECIMAL]: 'decimal',
  [DuckDBTypeId.FLOAT]: 'float',
  [DuckDBTypeId.DOUBLE]: 'float',
  [DuckDBTypeId.BLOB]: 'binary',
  [DuckDBTypeId.DATE]: 'date',
  [DuckDBTypeId.TIMESTAMP]: 'timestamp',
  [DuckDBTypeId.TIMESTAMP_S]: 'timestamp',
  [DuckDBTypeId.TIMESTAMP_MS]: 'timestamp',
  [DuckDBTypeId.TIMESTAMP_NS]: 'timestamp',
  [DuckDBTypeId.TIMESTAMP_TZ]: 'timestamp',
  [DuckDBTypeId.LIST]: 'json',
  [DuckDBTypeId.ARRAY]: 'json',
  [DuckDBTypeId.STRUCT]: 'json',
  [DuckDBTypeId.MAP]: 'json',
  [DuckDBTypeId.UNION]: 'json',
  [DuckDBTypeId.VARIANT]: 'json',
}

export function columnType(type: DuckDBType): { name: string; kind: ColumnKind } {
  if (type.alias === 'JSON') return { name: 'json', kind: 'json' }
  return { name: String(type).toLowerCase(), kind: kinds[type.typeId] ?? 'text' }
}

export function duckdbValue(value: BoundValue): DuckDBValue {
  if (value instanceof JsonDocument) return value.text
  if (value instanceof Uint8Array) return blobValue(value)
  if (Array.isArray(value)) return listValue(value.map((item: BoundValue) => duckdbValue(item)))
  return value as null | boolean | number | bigint | string
}
