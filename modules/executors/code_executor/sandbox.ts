/**
 * A sandbox runs a script of one language. The boxes are in `boxes/`, and one suite of tests runs against all of them.
 * A box gives every script a fresh process, an empty folder and the environment that it is given; its `layers` say
 * what else stands between a script and the machine, and claim nothing that is not there.
 */
import type { JsonObject } from '@nexus/sdk'
import type { ProcessOptions, ProcessOutcome } from '@nexus/sdk/process'

export type Language = 'javascript' | 'python'

export interface Sandbox {
  readonly name: string
  /** For people: what separates a script from this machine. */
  readonly layers: readonly string[]
  /** Runs a script to its end; nothing of it is left then. Rejects with the signal's reason when that ends it. */
  run(script: Script, options: ScriptOptions): Promise<ScriptOutcome>
}

export interface Script {
  readonly code: string
  /** What follows the script in its argv. */
  readonly arguments: readonly string[]
  /** Global variables of the script. */
  readonly variables: JsonObject
  readonly stdin: string | undefined
  readonly environment: Readonly<Record<string, string>>
}

export type ScriptOptions = Pick<
  ProcessOptions,
  'signal' | 'timeoutMs' | 'killAfterMs' | 'outputBytesMax' | 'onOutput'
>

export interface ScriptOutcome extends ProcessOutcome {
  /** What the script did not catch, where its language says. */
  readonly error?: ScriptError
}

export interface ScriptError {
  readonly message: string
  /** In the script; 1 is its first line. */
  readonly line?: number
}
