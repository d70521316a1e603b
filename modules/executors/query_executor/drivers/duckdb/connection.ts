/** One connection to a DuckDB instance. Its rows are streamed chunk by chunk; it is stopped by an interrupt, said until it is heard. */
import { ResultReturnType, type DuckDBConnection, type DuckDBResult } from '@duckdb/node-api'
import type { Clock } from '@nexus/sdk'
import type { Cursor, Row, Statement, TransactionOptions } from '../../driver.ts'
import type { Connection } from '../pooled.ts'
import { duckdbError } from './errors.ts'
import { columnType, duckdbValue, readerOf } from './values.ts'

const interruptEveryMs = 50

export interface DuckdbConnectionOptions {
  readonly clock: Clock
  /** Whether it serves one call alone. */
  readonly once: boolean
  release(): void
}

export class DuckdbConnection implements Connection {
  readonly #connection: DuckDBConnection
  readonly #options: DuckdbConnectionOptions
  #isAlive = true
  #isClosed = false
  /** What the engine does now; it never rejects. */
  #running: Promise<unknown> = Promise.resolve()

  constructor(connection: DuckDBConnection, options: DuckdbConnectionOptions) {
    this.#connection = connection
    this.#options = options
  }

  isAlive(): boolean {
    return this.#isAlive
  }

  async begin({ write }: TransactionOptions): Promise<void> {
    await this.#run(() => this.#connection.run(write ? 'BEGIN TRANSACTION' : 'BEGIN TRANSACTION READ ONLY'))
  }

  async execute({ text, values }: Statement): Promise<Cursor> {
    const result = await this.#run(async () => {
      const prepared = await this.#connection.prepare(text)
      prepared.bind(values.map(duckdbValue))
      return prepared.stream()
    }, text)
    const changes = result.returnType === ResultReturnType.CHANGED_ROWS
    let changed: number | undefined
    const count = async (): Promise<void> => {
      const [row] = (await this.#run(() => result.fetchChunk(), text))?.getRows() ?? []
      changed = Number(row?.[0] ?? 0)
    }
    if (changes) await count()
    const hasRows = result.returnType === ResultReturnType.QUERY_RESULT
    return {
      columns: hasRows ? columnsOf(result) : [],
      batches: hasRows ? this.#batches(result, text) : (async function* (): AsyncGenerator<never> {})(),
      changedRows: () => changed,
    }
  }

  async *#batches(result: DuckDBResult, text: string): AsyncGenerator<readonly Row[]> {
    const readers = result.columnTypes().map(readerOf)
    for (;;) {
      const chunk = await this.#run(() => result.fetchChunk(), text)
      if (chunk === null || chunk.rowCount === 0) return
      yield chunk.getRows().map((row) => readers.map((read, index) => read(row[index] ?? null)))
    }
  }

  async commit(): Promise<void> {
    await this.#run(() => this.#connection.run('COMMIT'))
    if (this.#options.once) this.#isAlive = false
  }

  async rollback(): Promise<void> {
    await this.#run(() => this.#connection.run('ROLLBACK'))
    if (this.#options.once) this.#isAlive = false
  }

  async cancel(): Promise<void> {
    this.#isAlive = false
    const over = this.#running.then(() => true)
    const { clock } = this.#options
    do this.#connection.interrupt()
    while ((await Promise.race([over, clock.sleep(interruptEveryMs)])) !== true)
  }

  async close(): Promise<void> {
    await this.cancel()
    if (this.#isClosed) return
    this.#isClosed = true
    this.#connection.disconnectSync()
    this.#options.release()
  }

  async #run<Result>(work: () => Promise<Result>, text?: string): Promise<Result> {
    const running = work()
    this.#running = running.catch(() => undefined)
    try {
      return await running
    } catch (error) {
      throw duckdbError(error, text)
    }
  }
}

function columnsOf(result: DuckDBResult): Cursor['columns'] {
  const names = result.columnNames()
  return result.columnTypes().map((type, index) => {
    const { name, kind } = columnType(type)
    return { name: names[index] ?? '', type: name, kind }
  })
}
