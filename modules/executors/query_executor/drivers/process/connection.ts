/** A connection to an engine in a process of its own: what drivers ask of a connection, as requests to that process. */
import type { Json } from '@nexus/sdk'
import type { BoundValue, Cursor, Row, Statement, TransactionOptions } from '../../driver.ts'
import type { Connection } from '../pooled.ts'
import type { EngineChild } from './child.ts'
import type { EngineAnswer, EngineFailure, EngineRequest } from './protocol.ts'

export interface EngineWords {
  /** As it crosses to the process. */
  value(value: BoundValue): unknown
  error(failure: EngineFailure, text: string): Error
}

export interface ProcessOptions {
  readonly child: EngineChild
  readonly words: EngineWords
  /** Whether it serves one call alone. */
  readonly once?: boolean
  /** Called once in place of ending the process: it may serve somebody else where its one call ended as it should. */
  readonly release?: (isClean: boolean) => Promise<void>
}

export class ProcessConnection implements Connection {
  readonly #options: ProcessOptions
  #isSpent = false
  #isClean = false
  #released: Promise<void> | undefined

  constructor(options: ProcessOptions) {
    this.#options = options
  }

  isAlive(): boolean {
    return !this.#isSpent && this.#options.child.isAlive()
  }

  async ask(request: EngineRequest | OpenRequest, text = ''): Promise<EngineAnswer> {
    const answer = await this.#options.child.ask(request)
    if (!answer.ok) throw this.#options.words.error(answer, text)
    return answer
  }

  async begin({ write }: TransactionOptions): Promise<void> {
    await this.ask({ do: 'begin', write })
  }

  async execute({ text, values }: Statement): Promise<Cursor> {
    const bound = values.map((value) => this.#options.words.value(value))
    const answer = await this.ask({ do: 'execute', text, values: bound }, text)
    let changed: number | undefined
    return {
      columns: 'columns' in answer ? answer.columns : [],
      batches: this.#batches(text, (changedRows) => (changed = changedRows)),
      changedRows: () => changed,
    }
  }

  async *#batches(
    text: string,
    atEnd: (changedRows: number | undefined) => void,
  ): AsyncGenerator<readonly Row[]> {
    for (;;) {
      const answer = await this.ask({ do: 'next' }, text)
      if (!('rows' in answer)) return
      if (answer.rows.length > 0) yield answer.rows as readonly Json[][]
      if (answer.isEnd) return atEnd(answer.changedRows)
    }
  }

  async commit(): Promise<void> {
    await this.ask({ do: 'commit' })
    this.#spend()
  }

  async rollback(): Promise<void> {
    await this.ask({ do: 'rollback' })
    this.#spend()
  }

  async cancel(): Promise<void> {
    this.#isClean = false
    await this.close()
  }

  close(): Promise<void> {
    this.#isSpent = true
    const { child, release } = this.#options
    this.#released ??= release === undefined ? child.end() : release(this.#isClean)
    return this.#released
  }

  #spend(): void {
    if (this.#options.once !== true) return
    this.#isSpent = true
    this.#isClean = true
  }
}

/** What an engine is opened with is its own. */
export interface OpenRequest {
  readonly do: 'open'
  readonly [key: string]: unknown
}

/** Opens what a process holds, and ends the process where that fails or takes until the signal aborts. */
export async function opened(
  connection: ProcessConnection,
  request: OpenRequest,
  signal: AbortSignal,
): Promise<ProcessConnection> {
  const abort = (): void => void connection.cancel()
  signal.addEventListener('abort', abort, { once: true })
  try {
    signal.throwIfAborted()
    await connection.ask(request)
    return connection
  } catch (error) {
    await connection.close()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
