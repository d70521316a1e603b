/**
 * A write that happens once, whatever crashes: its key and its result are recorded in a table of the same database, in
 * the same transaction. A crash before the commit leaves neither, so the next attempt writes; a crash after it leaves
 * both, so the next attempt finds the result and writes nothing.
 */
import type { Json } from '@nexus/sdk'
import { EngineError, type Cursor, type Statement, type Transaction } from './driver.ts'
import type { Dialect } from './sql/dialect.ts'

export interface Record {
  readonly table: string
  readonly key: string
}

export async function once(
  transaction: Transaction,
  { table, key }: Record,
  { dialect, work }: { dialect: Dialect; work: () => Promise<Json> },
): Promise<Json> {
  const [first, second] = [dialect.placeholder(0), dialect.placeholder(1)]
  const claim = { text: dialect.insertOnce(table, first), values: [key] }
  if ((await changedBy(transaction, claim, { table, dialect })) === 0) {
    const text = `SELECT result FROM ${table} WHERE call_key = ${first}`
    return JSON.parse(await onlyText(await transaction.execute({ text, values: [key] }))) as Json
  }
  const result = await work()
  const text = `UPDATE ${table} SET result = ${first} WHERE call_key = ${second}`
  await changedBy(transaction, { text, values: [JSON.stringify(result), key] }, { table, dialect })
  return result
}

async function changedBy(
  transaction: Transaction,
  statement: Statement,
  { table, dialect }: { table: string; dialect: Dialect },
): Promise<number> {
  try {
    const cursor = await transaction.execute(statement)
    for await (const _batch of cursor.batches);
    return cursor.changedRows() ?? 0
  } catch (error) {
    if (!(error instanceof EngineError) || error.kind !== 'statement') throw error
    const ddl = `CREATE TABLE ${table} (call_key varchar(255) PRIMARY KEY, result ${dialect.longText})`
    throw new EngineError(
      'configuration',
      `The table of idempotency cannot be used: ${error.message} It is made by: ${ddl}`,
      { cause: error },
    )
  }
}

async function onlyText({ batches }: Cursor): Promise<string> {
  let value: Json = null
  for await (const rows of batches) value = rows[0]?.[0] ?? value
  return typeof value === 'string' ? value : JSON.stringify(value)
}
