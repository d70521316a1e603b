/** How `import` and `include` find what they name: the caller decides; this package reads no files. */
import type { Json } from './values/value.ts'

export interface ModuleRequest {
  /** The path as written in the program. */
  readonly path: string
  /** `import "path" as $name` asks for data, everything else for a program. */
  readonly isData: boolean
  /** The metadata written after the import, for example `{search: "./lib"}`. */
  readonly metadata: Json | undefined
  /** The `id` of the module that asks; undefined for the main program. */
  readonly from: string | undefined
}

export type ResolvedModule =
  /** `id` identifies the module in messages and in cycles. */
  { readonly id: string; readonly source: string } | { readonly id: string; readonly data: Json }

/** Answers undefined when there is no such module. */
export type ModuleResolver = (request: ModuleRequest) => ResolvedModule | undefined
