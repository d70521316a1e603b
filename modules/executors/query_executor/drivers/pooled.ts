/**
 * The transaction of a driver whose connections are pooled: borrowed, begun, and given back clean, or ended where they
 * are not. It holds the one rule about lost connections: what was lost while idle is replaced, since nothing was asked
 * of it yet; what is lost later is an error, since nobody knows what came of it.
 */
import {
  EngineError,
  type Cursor,
  type Statement,
  type Transaction,
  type TransactionOptions,
} from '../driver.ts'
import type { Loan, Pool, Pooled } from '../pool.ts'

export interface Connection extends Pooled {
  begin(options: TransactionOptions): Promise<void>
  execute(statement: Statement): Promise<Cursor>
  commit(): Promise<void>
  /** Also makes it fit for the next call. */
  rollback(): Promise<void>
  /** Stops what it does in the engine. Its work then rejects. Never rejects itself. */
  cancel(): Promise<void>
}

export async function pooledTransaction<Item extends Connection, Result>(
  pool: Pool<Item>,
  options: TransactionOptions,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  const connection = await begun(pool, options)
  const { signal } = options
  let cancelling: Promise<void> | undefined
  const cancel = (): void => void (cancelling ??= connection.cancel())
  signal.addEventListener('abort', cancel, { once: true })
  try {
    if (signal.aborted) cancel()
    signal.throwIfAborted()
    const result = await work({ execute: (statement) => connection.execute(statement) })
    signal.throwIfAborted()
    await connection.commit()
    signal.removeEventListener('abort', cancel)
    if (cancelling === undefined) pool.release(connection)
    return result
  } catch (error) {
    signal.removeEventListener('abort', cancel)
    if (cancelling === undefined) await giveBack(pool, connection)
    throw error
  } finally {
    if (cancelling !== undefined) {
      await cancelling
      await pool.discard(connection)
    }
  }
}

/** A used connection that cannot even begin was lost while it lay idle; a new one is opened in its place. */
async function begun<Item extends Connection>(pool: Pool<Item>, options: TransactionOptions): Promise<Item> {
  for (;;) {
    const loan: Loan<Item> = await pool.lend(options.signal)
    try {
      await loan.item.begin(options)
      return loan.item
    } catch (error) {
      await pool.discard(loan.item)
      const isLost = error instanceof EngineError && error.kind === 'communication'
      if (!loan.isUsed || !isLost) throw error
    }
  }
}

async function giveBack<Item extends Connection>(pool: Pool<Item>, connection: Item): Promise<void> {
  if (!connection.isAlive()) return pool.discard(connection)
  try {
    await connection.rollback()
    pool.release(connection)
  } catch {
    // The engine rolls back what it no longer hears from.
    await pool.discard(connection)
  }
}
