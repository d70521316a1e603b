/**
 * One SQLite connection: a process that holds the database open, asked one thing at a time. It may read, or write, one
 * file and nothing else of the machine, and is killed when its query must stop: SQLite rolls back by itself.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Json } from '@nexus/sdk'
import type { Watchdog } from '@nexus/sdk/process'
import {
  EngineError,
  JsonDocument,
  type BoundValue,
  type Cursor,
  type Row,
  type Statement,
} from '../../driver.ts'
import type { Connection } from '../pooled.ts'
import { sqliteError } from './errors.ts'
import { SqliteServer, type SqliteAnswer, type SqliteRequest, type SqliteValue } from './server.ts'

export interface SqliteOptions {
  readonly file: string
  readonly readOnly: boolean
  /** How long it waits for another that writes. */
  readonly busyMs: number
  readonly watchdog: Watchdog
}

const memoryMbMax = 256

export async function openSqlite(options: SqliteOptions, signal: AbortSignal): Promise<SqliteConnection> {
  const connection = new SqliteConnection(start(options), options)
  const abort = (): void => void connection.cancel()
  signal.addEventListener('abort', abort, { once: true })
  try {
    const { file, readOnly, busyMs } = options
    await connection.ask({ do: 'open', file, readOnly, busyMs, memoryMb: memoryMbMax })
    return connection
  } catch (error) {
    await connection.close()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

function start({ file, readOnly }: SqliteOptions): ChildProcess {
  const rights =
    file === ':memory:' ? [] : [`--allow-fs-read=${file}`, ...(readOnly ? [] : [`--allow-fs-write=${file}`])]
  const flags = ['--permission', ...rights, `--max-old-space-size=${memoryMbMax}`, '--no-warnings']
  return spawn(process.execPath, [...flags, '--eval', `new (${SqliteServer.toString()})()`], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    serialization: 'advanced',
    env: {},
    detached: process.platform !== 'win32',
  })
}

export class SqliteConnection implements Connection {
  readonly #child: ChildProcess
  readonly #watchdog: Watchdog
  /** Whether it serves one call alone. */
  readonly #once: boolean
  readonly #exited: Promise<unknown>
  #isAlive = true
  #answered: ((answer: SqliteAnswer | undefined) => void) | undefined

  constructor(child: ChildProcess, { watchdog, file }: SqliteOptions) {
    this.#child = child
    this.#once = file === ':memory:'
    this.#watchdog = watchdog
    if (child.pid !== undefined) watchdog.watch(child.pid)
    this.#exited = child.pid === undefined ? Promise.resolve() : once(child, 'exit')
    child.on('message', (answer: SqliteAnswer) => this.#settle(answer))
    child.on('exit', () => this.#ended())
    child.on('error', () => this.#ended())
    // An idle connection does not keep the program alive.
    child.unref()
    child.channel?.unref()
  }

  isAlive(): boolean {
    return this.#isAlive
  }

  async ask(request: SqliteRequest): Promise<Extract<SqliteAnswer, { ok: true }>> {
    const { promise, resolve } = Promise.withResolvers<SqliteAnswer | undefined>()
    if (!this.#isAlive) throw lost()
    this.#answered = resolve
    this.#child.channel?.ref()
    this.#child.send(request, (error) => error && this.#settle(undefined))
    const answer = await promise
    this.#child.channel?.unref()
    if (answer === undefined) throw lost()
    if (!answer.ok) throw sqliteError(answer)
    return answer
  }

  async begin(): Promise<void> {
    await this.ask({ do: 'begin' })
  }

  async execute({ text, values }: Statement): Promise<Cursor> {
    const answer = await this.ask({ do: 'execute', text, values: values.map(sqliteValue) })
    const columns = 'columns' in answer ? answer.columns : []
    let changed: number | undefined
    return {
      columns: columns.map(({ name, type }) => ({ name, type: type.toLowerCase(), kind: 'any' })),
      batches: this.#batches((changedRows) => (changed = changedRows)),
      changedRows: () => changed,
    }
  }

  async *#batches(atEnd: (changedRows: number | undefined) => void): AsyncGenerator<readonly Row[]> {
    for (;;) {
      const answer = await this.ask({ do: 'next' })
      if (!('rows' in answer)) return
      if (answer.rows.length > 0) yield answer.rows as readonly Json[][]
      if (!answer.isEnd) continue
      return atEnd(answer.changedRows)
    }
  }

  async commit(): Promise<void> {
    await this.ask({ do: 'commit' })
    if (this.#once) this.#isAlive = false
  }

  async rollback(): Promise<void> {
    await this.ask({ do: 'rollback' })
    if (this.#once) this.#isAlive = false
  }

  async cancel(): Promise<void> {
    this.#isAlive = false
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  close(): Promise<void> {
    return this.cancel()
  }

  #ended(): void {
    this.#isAlive = false
    if (this.#child.pid !== undefined) this.#watchdog.forget(this.#child.pid)
    this.#settle(undefined)
  }

  #settle(answer: SqliteAnswer | undefined): void {
    this.#answered?.(answer)
    this.#answered = undefined
  }
}

function lost(): EngineError {
  return new EngineError('communication', 'the process that held the database open has ended')
}

function sqliteValue(value: BoundValue): SqliteValue {
  if (typeof value === 'boolean') return value ? 1 : 0
  if (value instanceof JsonDocument) return value.text
  if (Array.isArray(value)) return JSON.stringify(value, (_key, item: unknown) => jsonItem(item))
  return value as SqliteValue
}

function jsonItem(item: unknown): unknown {
  if (item instanceof JsonDocument) return JSON.parse(item.text) as unknown
  if (typeof item === 'bigint') return Number.isSafeInteger(Number(item)) ? Number(item) : String(item)
  return item
}
