/**
 * One connection to PostgreSQL. A statement is prepared and read through a portal, so that rows come as they are asked
 * for; it is stopped by a cancel request, as `psql` does on Ctrl-C. What a statement changed of the session is undone
 * before the next call.
 */
import type { ConnectionOptions } from 'node:tls'
import { Client, type FieldDef } from 'pg'
import PgCursor from 'pg-cursor'
import {
  JsonDocument,
  type BoundValue,
  type Cursor,
  type Row,
  type Statement,
  type TransactionOptions,
} from '../../driver.ts'
import { lookupFor } from '../../network.ts'
import type { ServerTarget } from '../../server_target.ts'
import type { Connection } from '../pooled.ts'
import type { ServerOptions } from '../server.ts'
import { batchRowsMax, cancelMsMax, connectMsMax, serverGraceMs } from '../server_limits.ts'
import { GuardedSocket } from '../socket.ts'
import { within } from '../within.ts'
import { requestCancel } from './cancel.ts'
import { postgresError } from './errors.ts'
import { columnType, typeParsers } from './types.ts'

/** Rows are asked for in batches that grow, as far as the rows so far say that memory has room for them. */
const firstRows = 8
const growth = 8
const batchBytes = 8_388_608
const session = '-c TimeZone=UTC -c DateStyle=ISO -c IntervalStyle=iso_8601 -c bytea_output=hex'

export async function openPostgres(options: ServerOptions, signal: AbortSignal): Promise<PostgresConnection> {
  const { target, reach } = options
  const socket = new GuardedSocket(reach)
  const { host, port, database, user, password } = target
  const client = new Client({
    host,
    port,
    database,
    user,
    password: () => password,
    ssl: tlsOf(target),
    connectionTimeoutMillis: connectMsMax,
    application_name: 'nexus',
    options: session,
    stream: () => socket,
  })
  const connection = new PostgresConnection(client, socket, options)
  const abort = (): void => void socket.destroy()
  signal.addEventListener('abort', abort, { once: true })
  try {
    await client.connect()
    return connection
  } catch (error) {
    socket.destroy()
    throw postgresError(error)
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** With the host, against which the certificate is checked: without one it would be `localhost` for every address. */
function tlsOf({ ssl, host }: ServerTarget): ConnectionOptions | false {
  if (ssl.mode === 'off') return false
  if (ssl.mode === 'encrypted') return { rejectUnauthorized: false }
  const { ca } = ssl
  return { rejectUnauthorized: true, host, ...(ca !== undefined && { ca }) }
}

export class PostgresConnection implements Connection {
  readonly #client: Client
  readonly #socket: GuardedSocket
  readonly #options: ServerOptions
  #isAlive = true
  #cursor: PgCursor<Row> | undefined

  constructor(client: Client, socket: GuardedSocket, options: ServerOptions) {
    this.#client = client
    this.#socket = socket
    this.#options = options
    client.on('error', () => (this.#isAlive = false))
    client.on('end', () => (this.#isAlive = false))
    void socket.gone.then(() => (this.#isAlive = false))
  }

  isAlive(): boolean {
    return this.#isAlive
  }

  async begin({ write, timeoutMs }: TransactionOptions): Promise<void> {
    const mode = write ? 'READ WRITE' : 'READ ONLY'
    // The first SELECT settles the mode: after it the server refuses to make the transaction writable.
    await this.#run(`BEGIN ${mode}; SET LOCAL statement_timeout = ${timeoutMs + serverGraceMs}; SELECT 1`)
  }

  async execute({ text, values }: Statement): Promise<Cursor> {
    await this.#letGo()
    const cursor = this.#client.query(
      new PgCursor<Row>(text, values.map(postgresValue), { rowMode: 'array', types: typeParsers }),
    )
    this.#cursor = cursor
    const next = this.#reader(cursor, text)
    const first = await next()
    let last = first
    const batches = async function* (): AsyncGenerator<readonly Row[]> {
      while (last.rows.length > 0) {
        yield last.rows
        last = last.isEnd ? { ...last, rows: [] } : await next()
      }
    }
    return {
      columns: first.fields.map(({ name, dataTypeID }) => {
        const { name: type, kind } = columnType(dataTypeID)
        return { name, type, kind }
      }),
      batches: batches(),
      changedRows: () => last.changedRows,
    }
  }

  #reader(cursor: PgCursor<Row>, text: string): () => Promise<Read> {
    let rowsMax = firstRows
    return async () => {
      const bytesBefore = this.#socket.bytesRead
      const batch = await this.#socket.answer(this.#options.clock, read(cursor, text, rowsMax))
      const rowBytes = (this.#socket.bytesRead - bytesBefore) / Math.max(1, batch.rows.length)
      const room = Math.max(1, Math.floor(batchBytes / Math.max(1, rowBytes)))
      rowsMax = Math.min(rowsMax * growth, batchRowsMax, room)
      return batch
    }
  }

  async commit(): Promise<void> {
    await this.#letGo()
    await this.#run('COMMIT')
    await this.#reset()
  }

  async rollback(): Promise<void> {
    await this.#letGo()
    await this.#run('ROLLBACK')
    await this.#reset()
  }

  async cancel(): Promise<void> {
    const { clock } = this.#options
    this.#isAlive = false
    const giveUp = new AbortController()
    await within(clock, cancelMsMax, this.#requestCancel(giveUp.signal))
    giveUp.abort()
    this.#socket.destroy()
    await this.#socket.gone
  }

  async close(): Promise<void> {
    if (this.#isAlive) await within(this.#options.clock, cancelMsMax, this.#client.end())
    this.#socket.destroy()
    await this.#socket.gone
  }

  /** What has been committed stays so, whatever becomes of the connection. */
  async #reset(): Promise<void> {
    await this.#run('DISCARD ALL').catch(() => this.#socket.destroy())
  }

  async #run(text: string): Promise<void> {
    try {
      await this.#client.query(text)
    } catch (error) {
      throw postgresError(error)
    }
  }

  async #letGo(): Promise<void> {
    const cursor = this.#cursor
    this.#cursor = undefined
    if (this.#isAlive) await cursor?.close()
  }

  async #requestCancel(signal: AbortSignal): Promise<void> {
    const { processID, secretKey } = this.#client as Client & { processID?: number; secretKey?: number }
    const { target, reach } = this.#options
    if (processID === undefined || secretKey === undefined) return
    const { host, port } = target
    const server = host.startsWith('/')
      ? { path: `${host}/.s.PGSQL.${port}` }
      : { host, port, lookup: lookupFor(reach) }
    await requestCancel({ server, tls: tlsOf(target), processId: processID, secretKey, signal })
  }
}

interface Read {
  readonly rows: readonly Row[]
  readonly fields: readonly FieldDef[]
  readonly isEnd: boolean
  readonly changedRows: number | undefined
}

function read(cursor: PgCursor<Row>, text: string, rowsMax: number): Promise<Read> {
  return new Promise((resolve, reject) => {
    cursor.read(rowsMax, (error, rows, result) => {
      if (error) return reject(postgresError(error, text))
      const { command, rowCount, fields } = result
      const isEnd = typeof command === 'string' && command !== ''
      const changes = isEnd && !/^(?:SELECT|SHOW|EXPLAIN|VALUES|FETCH)/.test(command)
      resolve({ rows, fields, isEnd, changedRows: changes ? (rowCount ?? 0) : undefined })
    })
  })
}

function postgresValue(value: BoundValue): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof JsonDocument) return value.text
  if (value instanceof Uint8Array) return Buffer.from(value)
  if (Array.isArray(value)) return value.map((item: BoundValue) => postgresValue(item))
  return value
}
