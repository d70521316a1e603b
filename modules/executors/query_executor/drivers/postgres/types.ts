/** PostgreSQL's types, as they come in text, to JSON; and their names. What is not here is its text. Pure. */
import { types as pgTypes } from 'pg'
import type { Json } from '@nexus/sdk'
import type { ColumnKind } from '../../driver.ts'
import { binaryJson, decimalJson, documentJson, floatJson, integerJson } from '../../values.ts'

interface Type {
  readonly name: string
  readonly kind: ColumnKind
  readonly array: number
  readonly read: (text: string) => Json
}

/** Its types say otherwise than it is. */
const { arrayParser } = pgTypes as unknown as {
  arrayParser: { create(text: string, read: (item: string | null) => Json): { parse(): Json } }
}

const same = (text: string): Json => text
const moment = (text: string): Json => text.replace(' ', 'T').replace(/\+00$/, 'Z')
const bytes = (text: string): Json => binaryJson(Buffer.from(text.slice(2), 'hex'))
const float = (text: string): Json => floatJson(Number(text))

const types: ReadonlyMap<number, Type> = new Map<number, Type>([
  [16, { name: 'boolean', kind: 'boolean', array: 1000, read: (text) => text === 't' }],
  [17, { name: 'bytea', kind: 'binary', array: 1001, read: bytes }],
  [20, { name: 'bigint', kind: 'integer', array: 1016, read: integerJson }],
  [21, { name: 'smallint', kind: 'integer', array: 1005, read: integerJson }],
  [23, { name: 'integer', kind: 'integer', array: 1007, read: integerJson }],
  [26, { name: 'oid', kind: 'integer', array: 1028, read: integerJson }],
  [25, { name: 'text', kind: 'text', array: 1009, read: same }],
  [114, { name: 'json', kind: 'json', array: 199, read: documentJson }],
  [3802, { name: 'jsonb', kind: 'json', array: 3807, read: documentJson }],
  [700, { name: 'real', kind: 'float', array: 1021, read: float }],
  [701, { name: 'double precision', kind: 'float', array: 1022, read: float }],
  [1700, { name: 'numeric', kind: 'decimal', array: 1231, read: decimalJson }],
  [1042, { name: 'character', kind: 'text', array: 1014, read: same }],
  [1043, { name: 'character varying', kind: 'text', array: 1015, read: same }],
  [19, { name: 'name', kind: 'text', array: 1003, read: same }],
  [1082, { name: 'date', kind: 'date', array: 1182, read: same }],
  [1083, { name: 'time', kind: 'text', array: 1183, read: same }],
  [1114, { name: 'timestamp', kind: 'timestamp', array: 1115, read: moment }],
  [1184, { name: 'timestamp with time zone', kind: 'timestamp', array: 1185, read: moment }],
  [1186, { name: 'interval', kind: 'text', array: 1187, read: same }],
  [2950, { name: 'uuid', kind: 'text', array: 2951, read: same }],
  [869, { name: 'inet', kind: 'text', array: 1041, read: same }],
])

const arrays = new Map([...types.values()].map((type) => [type.array, type]))

export function columnType(oid: number): { name: string; kind: ColumnKind } {
  const element = arrays.get(oid)
  if (element !== undefined) return { name: `${element.name}[]`, kind: 'json' }
  return types.get(oid) ?? { name: `oid ${oid}`, kind: 'text' }
}

/** As node-postgres asks for them. */
export const typeParsers = {
  getTypeParser(oid: number): (text: string) => Json {
    const element = arrays.get(oid)
    if (element === undefined) return types.get(oid)?.read ?? same
    return (text) => arrayParser.create(text, (item) => (item === null ? null : element.read(item))).parse()
  },
}
