/**
 * What runs in the process of a SQLite connection: `node:sqlite` is synchronous, and a thread cannot be stopped in the
 * middle of a query, so each connection is a process that can be ended. This class is sent to it as text: it uses nothing
 * from outside of itself but what Node gives every program.
 */

// Types alone, which leave nothing behind.
import type { DatabaseSync } from 'node:sqlite'
import type { EngineAnswer, EngineRequest } from '../process/protocol.ts'

export type SqliteRequest =
  | EngineRequest
  | { readonly do: 'open'; readonly file: string; readonly readOnly: boolean; readonly busyMs: number }

type SqliteValue = null | number | bigint | string | Uint8Array

type Database = DatabaseSync
type Rows = Iterator<unknown>

export class SqliteServer {
  #database: Database | undefined
  #readOnly = true
  /** Whether what SQLite asks leave for comes from the statement of a call, not from this class. */
  #isGuarded = false
  #rows: Rows | undefined
  #changedRows: number | undefined

  constructor() {
    process.on('disconnect', () => process.exit(0))
    process.on('message', (request: SqliteRequest) => process.send?.(this.#answer(request)))
  }

  #answer(request: SqliteRequest): EngineAnswer {
    try {
      return this.#do(request)
    } catch (error) {
      const { message, errcode } = error as { message?: unknown; errcode?: unknown }
      return { ok: false, message: String(message ?? error), code: Number(errcode ?? 0) }
    }
  }

  #do(request: SqliteRequest): EngineAnswer {
    switch (request.do) {
      case 'open':
        return this.#open(request)
      case 'begin':
        return this.#control(this.#readOnly ? 'BEGIN' : 'BEGIN IMMEDIATE')
      case 'commit':
        return this.#control('COMMIT')
      case 'rollback':
        return this.#control('ROLLBACK')
      case 'execute':
        return this.#execute(request.text, request.values as readonly SqliteValue[])
      case 'next':
        return this.#next()
    }
  }

  #open({ file, readOnly, busyMs }: Extract<SqliteRequest, { do: 'open' }>): EngineAnswer {
    const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
    this.#readOnly = readOnly
    const limits = { length: 67_108_864, sqlLength: 4_194_304, attach: 0 }
    this.#database = new DatabaseSync(file, { readOnly, timeout: busyMs, limits })
    this.#database.enableDefensive(true)
    this.#database.prepare('SELECT count(*) FROM sqlite_schema').get()
    this.#database.setAuthorizer((action, first, second) => this.#authorize(action, first, second))
    return { ok: true }
  }

  #authorize(action: number, first: string | null, second: string | null): number {
    const { constants } = process.getBuiltinModule('node:sqlite')
    const { SQLITE_OK, SQLITE_DENY } = constants
    if (!this.#isGuarded) return SQLITE_OK
    if (action === constants.SQLITE_PRAGMA)
      return this.#allowsPragma(first ?? '', second) ? SQLITE_OK : SQLITE_DENY
    const { SQLITE_ATTACH, SQLITE_DETACH, SQLITE_TRANSACTION, SQLITE_SAVEPOINT } = constants
    // What is temporary lasts as long as the connection, and a trigger would see what other calls write.
    const ofConnection = [
      constants.SQLITE_CREATE_TEMP_TABLE,
      constants.SQLITE_CREATE_TEMP_VIEW,
      constants.SQLITE_CREATE_TEMP_INDEX,
      constants.SQLITE_CREATE_TEMP_TRIGGER,
    ]
    const never: readonly number[] = [
      SQLITE_ATTACH,
      SQLITE_DETACH,
      SQLITE_TRANSACTION,
      SQLITE_SAVEPOINT,
      ...ofConnection,
    ]
    if (never.includes(action)) return SQLITE_DENY
    if (action === constants.SQLITE_FUNCTION && second === 'load_extension') return SQLITE_DENY
    return SQLITE_OK
  }

  /** Those that tell of tables; none that changes how the database is written. */
  #allowsPragma(name: string, value: string | null): boolean {
    const ofTables = [
      'table_info',
      'table_xinfo',
      'table_list',
      'index_list',
      'index_info',
      'index_xinfo',
      'foreign_key_list',
    ]
    const ofDatabase = [
      'encoding',
      'page_count',
      'page_size',
      'schema_version',
      'user_version',
      'application_id',
    ]
    return ofTables.includes(name) || (ofDatabase.includes(name) && value === null)
  }

  #control(text: string): EngineAnswer {
    this.#letGo()
    if (text === 'ROLLBACK' && this.#database?.isTransaction !== true) return { ok: true }
    this.#database?.exec(text)
    return { ok: true }
  }

  #execute(text: string, values: readonly SqliteValue[]): EngineAnswer {
    this.#letGo()
    this.#changedRows = undefined
    return this.#guarded((database) => {
      const statement = database.prepare(text)
      const columns = statement.columns().map(({ name, type }) => ({
        name,
        type: (type ?? '').toLowerCase(),
        kind: 'any' as const,
      }))
      statement.setReadBigInts(true)
      statement.setReturnArrays(true)
      if (columns.length > 0) this.#rows = statement.iterate(...values)
      else this.#changedRows = Number(statement.run(...values).changes)
      return { ok: true, columns }
    })
  }

  #next(): EngineAnswer {
    const rows: unknown[][] = []
    let sizeBytes = 0
    let isEnd = this.#rows === undefined
    this.#guarded(() => {
      while (!isEnd && rows.length < 2_000 && sizeBytes < 1_000_000) {
        const { done, value } = this.#rows?.next() ?? { done: true, value: undefined }
        if (done === true) isEnd = true
        else {
          const row = (value as unknown[]).map((cell) => this.#json(cell))
          sizeBytes += row.reduce((sum: number, cell) => sum + this.#sizeOf(cell), 0)
          rows.push(row)
        }
      }
    })
    if (isEnd) this.#finish()
    return { ok: true, rows, isEnd, changedRows: this.#changedRows }
  }

  /** A statement that gives rows may have changed some too (`RETURNING`). */
  #finish(): void {
    if (this.#rows === undefined) return
    this.#rows = undefined
    if (this.#readOnly) return
    const changes = this.#database?.prepare('SELECT changes() AS changes').get() as
      | { changes: number }
      | undefined
    this.#changedRows = changes?.changes
  }

  #guarded<Result>(work: (database: Database) => Result): Result {
    if (this.#database === undefined) throw new Error('The database is not open.')
    this.#isGuarded = true
    try {
      return work(this.#database)
    } finally {
      this.#isGuarded = false
    }
  }

  #letGo(): void {
    this.#rows?.return?.()
    this.#rows = undefined
  }

  #sizeOf(cell: unknown): number {
    if (typeof cell === 'string') return cell.length
    return typeof cell === 'object' && cell !== null ? (cell as { base64: string }).base64.length : 8
  }

  #json(cell: unknown): unknown {
    if (typeof cell === 'bigint') {
      const number = Number(cell)
      return Number.isSafeInteger(number) ? number : String(cell)
    }
    if (typeof cell === 'number' && !Number.isFinite(cell)) return String(cell)
    if (cell instanceof Uint8Array) return { base64: Buffer.from(cell).toString('base64') }
    return cell
  }
}
