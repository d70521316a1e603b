/**
 * A sandbox runs scripts of one language. The boxes are in `boxes/`, and one suite of tests and one of attacks run
 * against all of them. A box gives every script an empty folder and the environment that it is given; its `layers` say
 * what stands between a script and the machine, and claim nothing that was not tried out on this machine.
 */
import type { Json, JsonObject } from '@nexus/sdk'
import type { OutputChannel, ProcessEnd } from '@nexus/sdk/process'

export type Language = 'javascript' | 'python'

export interface Sandbox {
  readonly name: string
  readonly language: Language
  /** For people: what separates a script from this machine. */
  readonly layers: readonly string[]
  /** Runs a script to its end; nothing of it is left then. Rejects with the signal's reason when that ends it. */
  run(script: Script, options: ScriptOptions): Promise<ScriptOutcome>
  /** Ends what is kept warm, and every script that still runs. Safe to call twice. */
  stop(): Promise<void>
}

export interface Script {
  readonly code: string
  /** What its code is called in what it says of errors, and as which line its first one counts; else `script`, 1. */
  readonly place?: CodeName
  /** What follows the script in its argv. */
  readonly arguments: readonly string[]
  /** Global variables of the script. */
  readonly variables: JsonObject
  readonly stdin: string | undefined
  readonly environment: Readonly<Record<string, string>>
  /** Whether `value` of the outcome is asked for. */
  readonly wantsValue: boolean
  /** Files that are in the script's folder when it begins, by their names there. */
  readonly inputs: ReadonlyMap<string, Uint8Array>
  /** Names of files that are taken out of the script's folder when it has ended well. */
  readonly outputs: readonly string[]
  /** `host` or `host:port` that the script may reach; already held against what the operator allows. */
  readonly network: readonly string[]
}

export interface CodeName {
  /** Letters, digits and `._+@-`. */
  readonly name: string
  readonly line: number
  /** As which column the first of each of its lines counts, where that is known. */
  readonly column?: number
}

export interface ScriptLimits {
  readonly timeoutMs: number
  readonly cpuMs: number
  readonly memoryBytes: number
  /** Of standard output and standard error each, and of the value. */
  readonly outputBytes: number
  readonly scratchBytes: number
}

export interface ScriptOptions {
  readonly signal: AbortSignal
  readonly limits: ScriptLimits
  /** Live output: whole lines, possibly several, or pieces of a very long one. */
  readonly onOutput?: (channel: OutputChannel, text: string) => void
}

export type Limit = 'cpu' | 'memory' | 'scratch' | 'threads' | 'value'
export type ScriptEnd = ProcessEnd | { readonly kind: 'limited'; readonly limit: Limit }

export interface ScriptOutcome {
  readonly end: ScriptEnd
  /** As UTF-8; what is not is replaced by U+FFFD. */
  readonly stdout: string
  readonly stderr: string
  /** What the script gave, where that was asked for and can be JSON. */
  readonly value?: Json
  readonly outputs: ReadonlyMap<string, Uint8Array>
  /** What the script did not catch, where its language says. */
  readonly error?: ScriptError
}

export interface ScriptError {
  readonly message: string
  /** In the script, whose first line is that of its place, or else 1. */
  readonly line?: number
  /** In that line, as its place has it, where the language tells. */
  readonly column?: number
}
