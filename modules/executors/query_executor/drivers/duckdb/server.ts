/**
 * What runs in the process of a DuckDB connection. Each call has an instance of its own, so that nothing of a session, a
 * setting or a lock of the file is left for the next. What a query may reach is closed before it comes: no file but those
 * that are named, no extension from elsewhere, no network, so much memory and disk, and settings that cannot be changed
 * any more. This class is sent to the process as text: it uses nothing from outside of itself but what Node gives.
 */

// Types alone, which leave nothing behind.
import type * as DuckdbLibrary from '@duckdb/node-api'
import type { ColumnKind } from '../../driver.ts'
import type { EngineAnswer, EngineColumn, EngineRequest } from '../process/protocol.ts'

type Duckdb = typeof DuckdbLibrary
type Value = DuckdbLibrary.DuckDBValue

export interface DuckdbOpening {
  readonly do: 'open'
  /** The file of a database, or `:memory:`. */
  readonly file: string
  readonly settings: Readonly<Record<string, string>>
  /** How long it waits for others that have the file open. */
  readonly busyMs: number
  /** What is run before everything is closed: views over files. */
  readonly preparations: readonly string[]
}

/** What crosses for a value that the library has a class of its own for. */
export type DuckdbBound = null | boolean | number | bigint | string | Uint8Array | readonly DuckdbBound[]

export class DuckdbServer {
  #duckdb: Duckdb | undefined
  #opening: DuckdbOpening | undefined
  #instance: DuckdbLibrary.DuckDBInstance | undefined
  #connection: DuckdbLibrary.DuckDBConnection | undefined
  /** In memory, with nothing in it yet: made while nobody waits, since that takes longer than most queries. */
  #spare: Promise<DuckdbLibrary.DuckDBInstance> | undefined
  #write = false
  /** Which of the preparations is run, from 1; 0 where none is. */
  #preparing = 0
  #result: DuckdbLibrary.DuckDBResult | undefined
  /** The readers of the result's columns, and rows that were read and not yet asked for. */
  #readers: ((value: Value) => unknown)[] = []
  #pending: unknown[][] = []
  #changedRows: number | undefined

  constructor(load: () => Duckdb) {
    process.on('disconnect', () => process.exit(0))
    process.on('message', (request: EngineRequest | DuckdbOpening) => {
      void this.#answer(request, load).then((answer) => process.send?.(answer))
    })
  }

  async #answer(request: EngineRequest | DuckdbOpening, load: () => Duckdb): Promise<EngineAnswer> {
    this.#preparing = 0
    try {
      return await this.#do(request, load)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      return { ok: false, message, code: this.#preparing }
    }
  }

  async #do(request: EngineRequest | DuckdbOpening, load: () => Duckdb): Promise<EngineAnswer> {
    switch (request.do) {
      case 'open':
        this.#duckdb = load()
        this.#opening = request
        return { ok: true }
      case 'begin':
        return this.#begin(request.write)
      case 'commit':
      case 'rollback':
        return this.#end(request.do)
      case 'execute':
        return this.#execute(request.text, request.values as readonly DuckdbBound[])
      case 'next':
        return this.#next()
    }
  }

  async #begin(write: boolean): Promise<EngineAnswer> {
    this.#write = write
    this.#instance = await this.#unlocked(write)
    this.#connection = await this.#instance.connect()
    const { preparations } = this.#opened
    await this.#connection.run("SET TimeZone = 'UTC'").catch(() => undefined)
    for (const statement of preparations) {
      this.#preparing += 1
      await this.#connection.run(statement)
    }
    this.#preparing = 0
    await this.#connection.run('SET enable_external_access = false')
    await this.#connection.run('SET lock_configuration = true')
    await this.#connection.run(write ? 'BEGIN TRANSACTION' : 'BEGIN TRANSACTION READ ONLY')
    return { ok: true }
  }

  /** DuckDB locks its file: for all others while it writes, for those that write while it reads. */
  async #unlocked(write: boolean): Promise<DuckdbLibrary.DuckDBInstance> {
    const { file, settings, busyMs } = this.#opened
    const spare = this.#spare
    this.#spare = undefined
    if (file === ':memory:' && spare !== undefined) return spare
    const mode = write || file === ':memory:' ? {} : { access_mode: 'READ_ONLY' }
    const startedMs = performance.now()
    for (;;) {
      try {
        return await this.#api.DuckDBInstance.create(file, { ...settings, ...mode })
      } catch (error) {
        const isLocked = error instanceof Error && /Could not set lock/.test(error.message)
        if (!isLocked || performance.now() - startedMs > busyMs) throw error
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
      }
    }
  }

  async #end(word: 'commit' | 'rollback'): Promise<EngineAnswer> {
    const [connection, instance] = [this.#connection, this.#instance]
    this.#connection = this.#instance = this.#result = undefined
    this.#pending = []
    try {
      await connection?.run(word)
    } catch (error) {
      if (word === 'commit') throw error
    } finally {
      connection?.closeSync()
      // A file is locked until it is closed; one in memory can wait until the answer is sent.
      if (this.#opened.file === ':memory:') setImmediate(() => this.#prepareNext(instance))
      else instance?.closeSync()
    }
    return { ok: true }
  }

  /** The settings are those of the process, whatever it opens. */
  #prepareNext(last: DuckdbLibrary.DuckDBInstance | undefined): void {
    last?.closeSync()
    const { file, settings } = this.#opened
    this.#spare ??= this.#api.DuckDBInstance.create(file, { ...settings })
    this.#spare.catch(() => (this.#spare = undefined))
  }

  async #execute(text: string, values: readonly DuckdbBound[]): Promise<EngineAnswer> {
    const { StatementType, ResultReturnType } = this.#api
    this.#result = this.#changedRows = undefined
    if (this.#connection === undefined) throw new Error('No transaction has begun.')
    const prepared = await this.#connection.prepare(text)
    const { statementType } = prepared
    if (!this.#write && statementType !== StatementType.SELECT && statementType !== StatementType.EXPLAIN)
      throw new Error('Permission Error: this statement is no query, in a transaction that is read-only')
    prepared.bind(values.map((value) => this.#bound(value)))
    const result = await prepared.stream()
    if (result.returnType === ResultReturnType.CHANGED_ROWS) {
      const [row] = (await result.fetchChunk())?.getRows() ?? []
      this.#changedRows = Number(row?.[0] ?? 0)
    }
    if (result.returnType !== ResultReturnType.QUERY_RESULT) return { ok: true, columns: [] }
    this.#result = result
    this.#readers = result.columnTypes().map((type) => this.#readerOf(type))
    return { ok: true, columns: this.#columnsOf(result) }
  }

  /** As many rows as one message should carry; of a chunk of large ones the rest stays for the next. */
  async #next(): Promise<EngineAnswer> {
    if (this.#pending.length === 0) {
      const chunk = await this.#result?.fetchChunk()
      this.#pending = (chunk?.getRows() ?? []).map((row) =>
        this.#readers.map((read, index) => read(row[index] ?? null)),
      )
      if (this.#pending.length === 0) this.#refuseHalf()
    }
    let sizeBytes = 0
    const count = this.#pending.findIndex((row) => (sizeBytes += this.#sizeOf(row)) > 1_000_000)
    const rows = this.#pending.splice(0, count === -1 ? this.#pending.length : count + 1)
    return { ok: true, rows, isEnd: rows.length === 0, changedRows: this.#changedRows }
  }

  /** An error in the middle of the rows looks like their end; only the kind of the result is another then. */
  #refuseHalf(): void {
    if (this.#result?.returnType !== this.#api.ResultReturnType.INVALID) return
    throw new Error(
      'Stream Error: the engine stopped in the middle of the rows, and does not say why: a value that cannot be converted, or out of memory (duckdb_memory_mb) or disk (duckdb_disk_mb)',
    )
  }

  #sizeOf(value: unknown): number {
    if (typeof value === 'string') return value.length
    if (typeof value !== 'object' || value === null) return 8
    return Object.values(value).reduce((sum: number, member) => sum + this.#sizeOf(member), 16)
  }

  get #api(): Duckdb {
    if (this.#duckdb === undefined) throw new Error('DuckDB was not opened.')
    return this.#duckdb
  }

  get #opened(): DuckdbOpening {
    if (this.#opening === undefined) throw new Error('DuckDB was not opened.')
    return this.#opening
  }

  #bound(value: DuckdbBound): Value {
    if (value instanceof Uint8Array) return this.#api.blobValue(value)
    if (Array.isArray(value)) return this.#api.listValue(value.map((item: DuckdbBound) => this.#bound(item)))
    return value as Value
  }

  #columnsOf(result: DuckdbLibrary.DuckDBResult): EngineColumn[] {
    const names = result.columnNames()
    return result.columnTypes().map((type, index) => {
      const isJson = type.alias === 'JSON'
      return {
        name: names[index] ?? '',
        type: isJson ? 'json' : String(type).toLowerCase(),
        kind: isJson ? 'json' : this.#kindOf(type.typeId),
      }
    })
  }

  #kindOf(id: number): ColumnKind {
    const name = this.#api.DuckDBTypeId[id] ?? ''
    if (name === 'BOOLEAN' || name === 'DATE') return name === 'DATE' ? 'date' : 'boolean'
    if (/^(?:UBIGINT|U?HUGEINT|DECIMAL)$/.test(name)) return 'decimal'
    if (/^U?(?:TINY|SMALL|BIG)?INT(?:EGER)?$/.test(name)) return 'integer'
    if (/^(?:FLOAT|DOUBLE)$/.test(name)) return 'float'
    if (name === 'BLOB') return 'binary'
    if (/^TIMESTAMP(?:_S|_MS|_NS|_TZ)?$/.test(name)) return 'timestamp'
    return /^(?:LIST|ARRAY|STRUCT|MAP|UNION|VARIANT)$/.test(name) ? 'json' : 'text'
  }

  /** What is not JSON crosses as one of the `raw` kinds, which the other side reads. */
  #readerOf(type: DuckdbLibrary.DuckDBType): (value: Value) => unknown {
    if (type.alias === 'JSON')
      return (value) => (typeof value === 'string' ? { raw: 'json', text: value } : this.#raw(value))
    return (value) => this.#raw(value)
  }

  #raw(value: Value): unknown {
    const api = this.#api
    if (value === null || typeof value !== 'object') return value
    if (value instanceof api.DuckDBDecimalValue) return { raw: 'decimal', text: value.toString() }
    if (value instanceof api.DuckDBBlobValue) return value.bytes
    if (value instanceof api.DuckDBListValue || value instanceof api.DuckDBArrayValue)
      return value.items.map((item) => this.#raw(item))
    if (value instanceof api.DuckDBUnionValue || value instanceof api.DuckDBVariantValue)
      return this.#raw(value.value)
    if (value instanceof api.DuckDBStructValue) {
      const entries = Object.entries(value.entries)
      return { raw: 'struct', entries: entries.map(([name, entry]) => [name, this.#raw(entry)]) }
    }
    if (value instanceof api.DuckDBMapValue)
      return {
        raw: 'map',
        entries: value.entries.map(({ key, value: entry }) => [this.#raw(key), this.#raw(entry)]),
      }
    return this.#isMoment(value) ? { raw: 'moment', text: String(value) } : String(value)
  }

  #isMoment(value: object): boolean {
    const api = this.#api
    const moments = [
      api.DuckDBTimestampValue,
      api.DuckDBTimestampTZValue,
      api.DuckDBTimestampSecondsValue,
      api.DuckDBTimestampMillisecondsValue,
      api.DuckDBTimestampNanosecondsValue,
    ]
    return moments.some((moment) => value instanceof moment)
  }
}
