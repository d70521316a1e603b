/** MySQL's and MariaDB's types, as they come in the binary protocol, to JSON; and their names. Pure. */
import mysql from 'mysql2'
import type { Json } from '@nexus/sdk'
import type { ColumnKind } from '../../driver.ts'
import { binaryJson, decimalJson, documentJson, floatJson, integerJson } from '../../values.ts'

export interface Field {
  readonly name: string
  readonly columnType?: number
  readonly characterSet?: number
}

/** By their codes: the library has them both ways. */
const typeNames: Readonly<Record<number, string>> = mysql.Types as never

/** The character set of what is no text. */
const binary = 63

const kinds: Readonly<Record<string, ColumnKind>> = {
  TINY: 'integer',
  SHORT: 'integer',
  LONG: 'integer',
  LONGLONG: 'integer',
  INT24: 'integer',
  YEAR: 'integer',
  FLOAT: 'float',
  DOUBLE: 'float',
  DECIMAL: 'decimal',
  NEWDECIMAL: 'decimal',
  DATE: 'date',
  NEWDATE: 'date',
  DATETIME: 'timestamp',
  TIMESTAMP: 'timestamp',
  JSON: 'json',
  BIT: 'binary',
  GEOMETRY: 'json',
}

const names: Readonly<Record<string, string>> = {
  TINY: 'tinyint',
  SHORT: 'smallint',
  LONG: 'int',
  LONGLONG: 'bigint',
  INT24: 'mediumint',
  NEWDECIMAL: 'decimal',
  VAR_STRING: 'varchar',
  STRING: 'char',
}

export function columnType({ columnType: code = -1, characterSet }: Field): {
  name: string
  kind: ColumnKind
} {
  const known = typeNames[code] ?? ''
  const kind =
    kinds[known] ?? (characterSet === binary && /BLOB|STRING|VARCHAR/.test(known) ? 'binary' : 'text')
  const name = kind === 'text' && known === 'BLOB' ? 'text' : (names[known] ?? known.toLowerCase())
  return { name, kind }
}

/** What reads the values of a column. */
export function readerOf(field: Field): (value: unknown) => Json {
  const { kind } = columnType(field)
  const zone = typeNames[field.columnType ?? -1] === 'TIMESTAMP' ? 'Z' : ''
  return (value) => {
    if (value === null || value === undefined) return null
    if (value instanceof Uint8Array) return binaryJson(value)
    if (typeof value === 'number') return kind === 'float' ? floatJson(value) : integerJson(value)
    if (typeof value === 'object') return JSON.parse(JSON.stringify(value)) as Json
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    if (kind === 'integer') return integerJson(text)
    if (kind === 'decimal') return decimalJson(text)
    if (kind === 'json') return documentJson(text)
    return kind === 'timestamp' ? text.replace(' ', 'T') + zone : text
  }
}
