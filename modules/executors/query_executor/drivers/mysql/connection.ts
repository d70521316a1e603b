/**
 * One connection to MySQL or MariaDB. A statement is prepared by the server and its rows are streamed; it is stopped by
 * KILL QUERY on another connection. What a statement changed of the session is undone before the next call.
 */
import type { Readable } from 'node:stream'
import mysql from 'mysql2'
import type { Json } from '@nexus/sdk'
import {
  JsonDocument,
  type BoundValue,
  type Cursor,
  type Row,
  type Statement,
  type TransactionOptions,
} from '../../driver.ts'
import { listText } from '../../list_text.ts'
import type { ServerTarget } from '../../server_target.ts'
import type { Connection } from '../pooled.ts'
import type { ServerOptions } from '../server.ts'
import { batchRowsMax, cancelMsMax, connectMsMax, serverGraceMs } from '../server_limits.ts'
import { GuardedSocket } from '../socket.ts'
import { within } from '../within.ts'
import { mysqlError } from './errors.ts'
import { columnType, readerOf, type Field } from './types.ts'

/** Rows that the library keeps ready; they may be large. */
const readyRows = 16
const batchBytes = 4_194_304

export async function openMysql(options: ServerOptions, signal: AbortSignal): Promise<MysqlConnection> {
  const { target, reach } = options
  const socket = new GuardedSocket(reach)
  const abort = (): void => void socket.destroy()
  signal.addEventListener('abort', abort, { once: true })
  try {
    const client = mysql.createConnection({
      ...settingsOf(target),
      stream: () => socket.connect(target.port, target.host),
    })
    const connection = new MysqlConnection(client, socket, options)
    await new Promise<void>((resolve, reject) => {
      client.once('error', reject)
      client.connect((error) => (error ? reject(error) : resolve()))
    })
    await connection.prepare()
    return connection
  } catch (error) {
    socket.destroy()
    throw mysqlError(error)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function settingsOf({ host, port, user, password, database, ssl }: ServerTarget): mysql.ConnectionOptions {
  const tls =
    ssl.mode === 'off'
      ? undefined
      : { rejectUnauthorized: ssl.mode === 'verified', verifyIdentity: ssl.mode === 'verified' }
  return {
    host,
    port,
    user,
    password,
    database,
    ...(tls && { ssl: { ...tls, ...(ssl.mode === 'verified' && ssl.ca !== undefined && { ca: ssl.ca }) } }),
    charset: 'utf8mb4',
    timezone: 'Z',
    connectTimeout: connectMsMax,
    supportBigNumbers: true,
    bigNumberStrings: true,
    dateStrings: true,
    jsonStrings: true,
    rowsAsArray: true,
    multipleStatements: false,
    maxPreparedStatements: 1,
    flags: ['-LOCAL_FILES'],
  }
}

export class MysqlConnection implements Connection {
  readonly #client: mysql.Connection
  readonly #socket: GuardedSocket
  readonly #options: ServerOptions
  #isAlive = true
  #rows: Readable | undefined
  /** What each call sets first, with the limit of time in it. */
  #settings: (timeoutMs: number) => string = () => ''

  constructor(client: mysql.Connection, socket: GuardedSocket, options: ServerOptions) {
    this.#client = client
    this.#socket = socket
    this.#options = options
    client.on('error', () => (this.#isAlive = false))
    void socket.gone.then(() => (this.#isAlive = false))
  }

  isAlive(): boolean {
    return this.#isAlive
  }

  /** Asks what server it is. Modes in which a backslash or a double quote means something else are left out: statements are read before they are sent. */
  async prepare(): Promise<void> {
    const [row] = await this.#ask('SELECT @@version AS version, @@session.sql_mode AS mode')
    const [version, modes] = [String(row?.[0]), String(row?.[1])]
    const mode = modes.split(',').filter((each) => standardMode.test(each))
    const limit = /mariadb/i.test(version)
      ? (timeoutMs: number) => `, max_statement_time = ${timeoutMs / 1_000}`
      : (timeoutMs: number) => `, max_execution_time = ${timeoutMs}`
    this.#settings = (timeoutMs) =>
      `SET time_zone = '+00:00', sql_mode = '${mode.join(',')}'${limit(timeoutMs + serverGraceMs)}`
  }

  async begin({ write, timeoutMs }: TransactionOptions): Promise<void> {
    await this.run(this.#settings(timeoutMs))
    await this.run(`START TRANSACTION ${write ? 'READ WRITE' : 'READ ONLY'}`)
  }

  async execute({ text, values }: Statement): Promise<Cursor> {
    const rows = this.#client
      .execute({ sql: text, values: values.map(mysqlValue), rowsAsArray: true })
      .stream({ highWaterMark: readyRows })
    this.#rows = rows
    // The library does not tell of a connection that is ended from this side.
    rows.once(
      'close',
      this.#socket.whenGone(() => rows.destroy(closed())),
    )
    const { fields, changed } = await this.#answer(begun(rows))
    return {
      columns: fields.map((field) => {
        const { name: type, kind } = columnType(field)
        return { name: field.name, type, kind }
      }),
      batches:
        changed === undefined
          ? this.#batches(rows, fields.map(readerOf))
          : (async function* (): AsyncGenerator<never> {})(),
      changedRows: () => changed,
    }
  }

  async commit(): Promise<void> {
    await this.#letGo()
    await this.run('COMMIT')
    await this.#reset()
  }

  async rollback(): Promise<void> {
    await this.#letGo()
    if (!this.#isAlive) return
    await this.run('ROLLBACK')
    await this.#reset()
  }

  async cancel(): Promise<void> {
    this.#isAlive = false
    const giveUp = new AbortController()
    await within(this.#options.clock, cancelMsMax, this.#kill(giveUp.signal))
    giveUp.abort()
    this.#socket.destroy()
    await this.#socket.gone
  }

  async close(): Promise<void> {
    if (this.#isAlive) {
      const ended = new Promise<void>((resolve) => this.#client.end(() => resolve()))
      await within(this.#options.clock, cancelMsMax, ended)
    }
    this.#socket.destroy()
    await this.#socket.gone
  }

  async run(text: string): Promise<void> {
    await this.#ask(text)
  }

  async #ask(text: string): Promise<readonly (readonly unknown[])[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly (readonly unknown[])[]>()
    const stopListening = this.#socket.whenGone(() => reject(mysqlError(closed())))
    this.#client.query<mysql.RowDataPacket[][]>(text, (error, rows) =>
      error === null ? resolve(Array.isArray(rows) ? rows : []) : reject(mysqlError(error)),
    )
    return promise.finally(stopListening)
  }

  #answer<Value>(work: Promise<Value>): Promise<Value> {
    return this.#socket.answer(this.#options.clock, work)
  }

  async *#batches(
    rows: Readable,
    readers: readonly ((value: unknown) => Json)[],
  ): AsyncGenerator<readonly Row[]> {
    const all = rows[Symbol.asyncIterator]() as AsyncIterator<readonly unknown[]>
    try {
      for (let isEnd = false; !isEnd;) {
        const batch: Row[] = []
        const bytesBefore = this.#socket.bytesRead
        while (batch.length < batchRowsMax && this.#socket.bytesRead - bytesBefore < batchBytes) {
          const { done, value } = await this.#answer(all.next())
          if (done === true) {
            isEnd = true
            break
          }
          batch.push(readers.map((read, index) => read(value[index])))
        }
        if (batch.length > 0) yield batch
      }
    } catch (error) {
      throw mysqlError(error)
    } finally {
      rows.destroy()
    }
  }

  /** What has been committed stays so, whatever becomes of the connection. */
  #reset(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const stopListening = this.#socket.whenGone(resolve)
    this.#client.reset((error) => {
      if (error) this.#socket.destroy()
      resolve()
    })
    return promise.finally(stopListening)
  }

  /** MySQL sends all rows that were asked for: a result that nobody reads to its end is stopped with its connection. */
  async #letGo(): Promise<void> {
    const rows = this.#rows
    this.#rows = undefined
    if (rows === undefined || rows.readableEnded || rows.errored !== null) return
    rows.destroy()
    await this.cancel()
  }

  async #kill(signal: AbortSignal): Promise<void> {
    const { threadId } = this.#client
    if (typeof threadId !== 'number') return
    const other = await openMysql(this.#options, signal)
    try {
      await other.run(`KILL QUERY ${threadId}`)
    } finally {
      await other.close()
    }
  }
}

/** One that makes no other language of it. */
const standardMode =
  /^(?!ANSI_QUOTES$|NO_BACKSLASH_ESCAPES$|ANSI$|DB2$|MAXDB$|MSSQL$|ORACLE$|POSTGRESQL$)\w+$/

function closed(): Error {
  return new Error('the connection was closed')
}

interface Begun {
  readonly fields: readonly Field[]
  /** Where the statement gives no rows. */
  readonly changed: number | undefined
}

/** What comes first: the columns, the count of a statement without any, or an error. */
function begun(rows: Readable): Promise<Begun> {
  return new Promise((resolve, reject) => {
    rows.once('error', (error) => reject(mysqlError(error) as Error))
    rows.once('fields', (fields?: readonly Field[]) => fields && resolve({ fields, changed: undefined }))
    rows.once('result', (result: unknown) => {
      const isHeader = typeof result === 'object' && result !== null && 'affectedRows' in result
      if (!isHeader) return
      rows.resume()
      rows.once('end', () => resolve({ fields: [], changed: Number(result.affectedRows) }))
    })
  })
}

function mysqlValue(value: BoundValue): mysql.ExecuteValues {
  if (typeof value === 'bigint') return wholeNumber(value)
  if (value instanceof JsonDocument) return value.text
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (Array.isArray(value)) return listText(value)
  return value as null | boolean | number | string
}

const [integerMin, integerMax] = [-(2n ** 63n), 2n ** 63n - 1n]

/** As a number where MySQL has such, so that it is not compared as a text, or as a float that has lost digits. */
function wholeNumber(value: bigint): mysql.ExecuteValues {
  const isInteger = value >= integerMin && value <= integerMax
  return isInteger ? mysql.TypedParameter.LONGLONG(value) : mysql.TypedParameter.NEWDECIMAL(String(value))
}
