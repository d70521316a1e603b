/**
 * What a driver is: the one interface behind which SQLite, PostgreSQL, MySQL and DuckDB stand. A driver runs a statement
 * in a transaction, binds its values in the engine, gives rows in batches as they are asked for, and stops the engine
 * itself when the signal aborts. It never reads arguments, knows no limits of rows, and never writes values into SQL.
 * `test/driver_conformance.ts` is what each one passes.
 */
import type { Json } from '@nexus/sdk'
import type { Dialect } from './sql/dialect.ts'

export interface Driver {
  readonly dialect: Dialect
  /**
   * Runs `work` in a transaction that is committed when `work` resolves, and rolled back when it rejects or the signal
   * aborts: then the statement is stopped in the engine, and nothing of it runs on when this has rejected.
   * A connection that was lost while it was idle is replaced; one that is lost later is an `EngineError`.
   */
  transaction<Result>(
    options: TransactionOptions,
    work: (transaction: Transaction) => Promise<Result>,
  ): Promise<Result>
  /** Whether a call uses it now. */
  isBusy(): boolean
  /** Ends every connection and process. Safe to call twice. */
  close(): Promise<void>
}

export interface TransactionOptions {
  /** False: the engine itself refuses to write. */
  readonly write: boolean
  readonly signal: AbortSignal
  /** How long it may take; the signal aborts then. For engines that can bound it on their side too. */
  readonly timeoutMs: number
}

export interface Transaction {
  /** One at a time: the rows of the last one are read to their end, or let go, first. */
  execute(statement: Statement): Promise<Cursor>
}

export interface Statement {
  /** With the placeholders of the engine: `$1`, `?`, `?1`. */
  readonly text: string
  readonly values: readonly BoundValue[]
}

/** What is bound. Drivers make the engine's own of it. */
export type BoundValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | JsonDocument
  | readonly BoundValue[]

/** A value that is bound as a JSON document. */
export class JsonDocument {
  readonly text: string
  constructor(value: Json) {
    this.text = JSON.stringify(value)
  }
}

export interface Cursor {
  readonly columns: readonly Column[]
  /** Read once. Leaving the loop early lets the rest go. */
  readonly batches: AsyncIterable<readonly Row[]>
  /** How many rows the statement changed, once all batches are read; undefined where it changes none. */
  changedRows(): number | undefined
}

export type Row = readonly Json[]

export interface Column {
  readonly name: string
  /** The engine's own name of the type, in lower case; '' where it has none. */
  readonly type: string
  readonly kind: ColumnKind
}

/** What the values of a column are, whatever the engine calls it. `any` is what a value itself says. */
export type ColumnKind =
  | 'boolean'
  | 'integer'
  | 'float'
  | 'decimal'
  | 'text'
  | 'binary'
  | 'date'
  | 'timestamp'
  | 'json'
  | 'any'

/** What an engine said when it could not do something. */
export class EngineError extends Error {
  override readonly name = 'EngineError'
  readonly kind: EngineErrorKind
  /** Where in the statement's text, in UTF-16 units, where the engine says so. */
  readonly offset: number | undefined
  /** Words of the statement that the engine quotes, and the line that it names, from 1. */
  readonly near: { readonly text: string; readonly line?: number } | undefined

  constructor(kind: EngineErrorKind, message: string, options: EngineErrorOptions = {}) {
    super(message, options)
    this.kind = kind
    this.offset = options.offset
    this.near = options.near
  }
}

interface EngineErrorOptions extends ErrorOptions {
  readonly offset?: number | undefined
  readonly near?: { readonly text: string; readonly line?: number } | undefined
}

/** `statement` is one that the engine does not understand: unknown names, a syntax error, a wrong type. */
export type EngineErrorKind =
  | 'statement'
  | 'runtime'
  | 'refused'
  | 'communication'
  | 'authentication'
  | 'configuration'
  | 'timeout'
