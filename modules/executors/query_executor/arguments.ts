/** The arguments of `query.sql`, read once, before anything is opened. What they say about connections is for `target.ts`. */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import type { Parameters } from './sql/statement.ts'

export const returnModes = ['rows', 'result', 'blob', 'arrow'] as const
export type ReturnMode = (typeof returnModes)[number]

export interface SqlCall {
  readonly connection: Json | undefined
  readonly files: JsonObject | undefined
  readonly query: string
  readonly parameters: Parameters
  readonly write: boolean
  readonly timeoutMs: number
  readonly rowsMax: number
  readonly returns: ReturnMode
  /** The table in which a write is recorded, so that it happens once. */
  readonly idempotencyTable: string | undefined
}

const known: readonly string[] = [
  'connection',
  'files',
  'query',
  'parameters',
  'write',
  'timeout_ms',
  'rows_max',
  'return',
  'idempotency',
]

/** A statement longer than this was made by a program that should have bound its values. */
const queryLengthMax = 1_000_000

export function readSqlCall(input: Json, bounds: { timeoutMs: number; rowsMax: number }): SqlCall {
  if (!isJsonObject(input)) throw wrong('with', 'an object')
  const { query, parameters = [], write = false, connection, files } = input
  const stray = Object.keys(input).find((name) => !known.includes(name))
  if (stray !== undefined) throw wrong(stray, `one of ${known.join(', ')}`)
  if (typeof query !== 'string' || query.trim() === '') throw wrong('query', 'a statement in SQL')
  if (query.length > queryLengthMax)
    throw wrong('query', `at most ${queryLengthMax} characters long; bind the values`)
  if (query.includes('\0')) throw wrong('query', 'a text without NUL characters')
  if (!isJsonObject(parameters) && !Array.isArray(parameters))
    throw wrong('parameters', 'an object or a list')
  if (typeof write !== 'boolean') throw wrong('write', 'true or false')
  if (files !== undefined && !isJsonObject(files)) throw wrong('files', 'an object of names and files')
  if ((connection === undefined) === (files === undefined))
    throw wrong('connection', 'given, or files in place of it')
  return {
    connection,
    files,
    query,
    parameters: parameters as Parameters,
    write,
    timeoutMs: readBounded(input['timeout_ms'], 'timeout_ms', bounds.timeoutMs),
    rowsMax: readBounded(input['rows_max'], 'rows_max', bounds.rowsMax),
    returns: readReturns(input['return']),
    idempotencyTable: readIdempotency(input['idempotency'], write),
  }
}

export function readBounded(value: Json | undefined, place: string, max: number): number {
  if (value === undefined) return max
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1 || value > max)
    throw wrong(place, `a whole number from 1 to ${max}, which the configuration of query_executor allows`)
  return value
}

function readReturns(value: Json = 'rows'): ReturnMode {
  const mode = returnModes.find((known) => known === value)
  if (mode === undefined) throw wrong('return', `one of ${returnModes.join(', ')}`)
  return mode
}

/** The name goes into SQL as it is, so that it can be no more than a name. */
function readIdempotency(value: Json | undefined, write: boolean): string | undefined {
  if (value === undefined) return undefined
  if (!write) throw wrong('idempotency', 'used with `write: true`')
  const table = isJsonObject(value) ? value['table'] : undefined
  if (typeof table !== 'string' || !/^[A-Za-z_]\w{0,62}(?:\.[A-Za-z_]\w{0,62})?$/.test(table))
    throw wrong('idempotency.table', 'the name of a table, in letters, digits and underscores')
  return table
}

export function wrong(place: string, expected: string): TaskFault {
  return TaskFault.of('validation', `The argument ${place} must be ${expected}.`)
}
