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
  for (;;) {
    const done = await onLoan(pool, await pool.lend(options.signal), { options, work })
    if (done !== undefined) return done.result
  }
}

interface Asked<Result> {
  readonly options: TransactionOptions
  readonly work: (transaction: Transaction) => Promise<Result>
}

/** Undefined where the connection was lost while it lay idle. The signal ends whatever is waited for, from begin to rollback. */
async function onLoan<Item extends Connection, Result>(
  pool: Pool<Item>,
  { item: connection, isUsed }: Loan<Item>,
  { options, work }: Asked<Result>,
): Promise<{ readonly result: Result } | undefined> {
  const { signal } = options
  let state: 'new' | 'begun' | 'clean' = 'new'
  let cancelling: Promise<void> | undefined
  const cancel = (): void => void (cancelling ??= connection.cancel())
  signal.addEventListener('abort', cancel, { once: true })
  try {
    if (signal.aborted) cancel()
    signal.throwIfAborted()
    await connection.begin(options)
    state = 'begun'
    const result = await work({ execute: (statement) => connection.execute(statement) })
    signal.throwIfAborted()
    await connection.commit()
    state = 'clean'
    return { result }
  } catch (error) {
    if (state === 'new' && isUsed && isLost(error) && !signal.aborted) return undefined
    if (state === 'begun' && cancelling === undefined) state = await rolledBack(connection)
    throw error
  } finally {
    signal.removeEventListener('abort', cancel)
    await cancelling
    if (state === 'clean' && cancelling === undefined && connection.isAlive()) pool.release(connection)
    else await pool.discard(connection)
  }
}

function isLost(error: unknown): boolean {
  return error instanceof EngineError && error.kind === 'communication'
}

/** What cannot be rolled back is ended: the engine rolls back what it no longer hears from. */
async function rolledBack(connection: Connection): Promise<'clean' | 'begun'> {
  if (!connection.isAlive()) return 'begun'
  return connection.rollback().then(
    () => 'clean',
    () => 'begun',
  )
}
