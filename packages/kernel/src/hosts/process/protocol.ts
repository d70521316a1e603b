/**
 * What a host and a module's process say to each other: JSON-RPC 2.0, one message a line, in both directions.
 * Names and members on the wire are snake_case; the Node child (`child/`) and the Python one (`python/nexus`) speak it alike.
 *
 * The process says `hello` first. Then the host asks: `confine` (of a Python process that is to lock itself in), `load`, `set_up`, `probe`, `hooks`, `snapshot`, `migrate`,
 * `restore`, `execute` (many at once), `tear_down`, `release`, and tells: `abort`. While a task runs, the module asks for what its context gives (`run.task`, `call`,
 * `state.get`…, each with the `task` it belongs to) and tells: `log`, `stream`, `on_teardown`, `abort`.
 *
 * A blob goes in pieces: `blobs.write` (`media_type`, `bytes_max`) gives a `transfer`, to which each `blobs.append` adds
 * `data` in base64 and `blobs.commit` gives the reference; `blobs.read` (`reference`) gives one too, of which each
 * `blobs.next` gives `data`, or none at the end. `blobs.close` lets go of either.
 */
import type { Json, JsonObject, WorkflowError } from '@nexus/sdk'

/** Counts the changes that an older process would not understand. */
export const protocolVersion = 1

/** A longer line ends the process that sent it; nobody sends one knowingly. */
export const messageBytesMax = 64 * 1_048_576

/** A module that has so many requests under way gets an error for the next. */
export const requestsMax = 10_000

/** The `params` of `hello`. */
export type Hello = { readonly protocol: number; readonly runtime: string }

export type WireLoad = {
  readonly manifest: JsonObject
  readonly config: JsonObject
  readonly folder: string
  readonly artifact: { readonly digest: string; readonly code: string }
  readonly memory_mb: number
  readonly policy: WirePolicy
}

/** As the SDK's, with null for what is undefined. */
export type WirePolicy = {
  readonly network: { readonly private: boolean }
  readonly programs: { readonly allow: readonly string[] | null; readonly deny: readonly string[] }
}

/** The `params` of `migrate`, and `memory` alone of `restore`. */
export type WireHandOver = {
  readonly state: JsonObject
  readonly memory: Json
  readonly from: string
  readonly to: string
}

/** The `params` of `execute`; the request's id is the `task` of everything that the module asks for meanwhile. */
export type WireTask = {
  readonly task_id: string
  readonly input_data: Json
  readonly metadata: JsonObject
  readonly parent_context?: { readonly task_id: string; readonly name: string; readonly kind: string }
  readonly run: { readonly id: string; readonly input: Json }
  readonly idempotency_key: string
}

export type WireResult = {
  readonly success: boolean
  readonly output_data?: Json
  readonly error?: Json
  readonly metadata?: Json
  readonly next_module?: string
}

/**
 * Anything thrown, in the `data` of an error. `ref` stands for the very object that the host threw: a module that lets it
 * pass gives it back, so that whoever threw it gets the same one.
 */
export type WireThrown = { readonly ref?: number } & (
  | { readonly kind: 'fault'; readonly error: WorkflowError }
  | { readonly kind: 'cancelled'; readonly message: string }
  /** A `ModuleFailure` as the module's process words it. */
  | { readonly kind: 'failure'; readonly message: string }
  /** The child task was aborted by the module itself. */
  | { readonly kind: 'aborted' }
  /** `step`: what the process was doing with the module, while it loads. */
  | {
      readonly kind: 'thrown'
      readonly name: string
      readonly message: string
      readonly stack?: string
      readonly step?: string
    }
)

export type WireError = { readonly code: number; readonly message: string; readonly data?: WireThrown }

/** JSON-RPC's own code for errors that an implementation defines. */
export const thrownCode = -32_000
export const unknownMethodCode = -32_601
