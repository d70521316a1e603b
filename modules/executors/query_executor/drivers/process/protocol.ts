/** What is asked of the process of an engine, and what it answers: the same for each engine that has none of its own. Types alone. */
import type { ColumnKind } from '../../driver.ts'

export type EngineRequest =
  | { readonly do: 'begin'; readonly write: boolean }
  | { readonly do: 'commit' | 'rollback' | 'next' }
  | { readonly do: 'execute'; readonly text: string; readonly values: readonly unknown[] }

export type EngineAnswer =
  | { readonly ok: true; readonly columns: readonly EngineColumn[] }
  | {
      readonly ok: true
      readonly rows: readonly (readonly unknown[])[]
      readonly isEnd: boolean
      readonly changedRows: number | undefined
    }
  | { readonly ok: true }
  | EngineFailure

export interface EngineFailure {
  readonly ok: false
  readonly message: string
  /** The engine's own number of the error; 0 where it has none. */
  readonly code: number
}

export interface EngineColumn {
  readonly name: string
  readonly type: string
  readonly kind: ColumnKind
}
