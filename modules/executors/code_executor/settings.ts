/** What a box is made with: the services of this host, what the operator configured, and the bubblewrap that was found. */
import { availableParallelism } from 'node:os'
import { realpathSync } from 'node:fs'
import { TaskFault, type Clock, type Json, type JsonObject } from '@nexus/sdk'
import type { Watchdog } from '@nexus/sdk/process'
import type { Network } from './network.ts'
import type { ScriptLimits } from './sandbox.ts'

export interface Host {
  readonly clock: Clock
  readonly watchdog: Watchdog
  readonly network: Network
}

export interface BoxSettings {
  readonly host: Host
  /** The program, where it works and is not turned off. */
  readonly bubblewrap: string | undefined
  /** Why not, where it is not used. */
  readonly bubblewrapMissing: string
  /** Folders of vendored packages, read-only to the box; '' for none. */
  readonly nodePackages: string
  readonly pythonPackages: string
  readonly pyodideFolder: string
  readonly concurrency: number
  /** The most that any script may have. */
  readonly limits: ScriptLimits
}

/** The manifest's defaults, for a host that fills in none. */
const defaults = { timeout_ms: 600_000, memory_mb: 256, max_output_mb: 64, scratch_mb: 64 }
/** A script that nothing but its time limits ends by that: more processors at work than this are not reckoned with. */
const threadsMax = 4
export const megabyteBytes = 1_048_576

export function readLimits(config: JsonObject): ScriptLimits {
  const timeoutMs = readNumber(config, 'timeout_ms')
  return {
    timeoutMs,
    cpuMs: config['cpu_ms'] === undefined ? timeoutMs * threadsMax : Number(config['cpu_ms']),
    memoryBytes: Math.ceil(readNumber(config, 'memory_mb') * megabyteBytes),
    outputBytes: Math.ceil(readNumber(config, 'max_output_mb') * megabyteBytes),
    scratchBytes: Math.ceil(readNumber(config, 'scratch_mb') * megabyteBytes),
  }
}

/** Whether the time that a script may take keeps it from using more of the processors than it may. */
export function isCpuImplied({ timeoutMs, cpuMs }: ScriptLimits): boolean {
  return cpuMs >= timeoutMs * threadsMax
}

export function withoutCpuLimit(limits: ScriptLimits): ScriptLimits {
  return { ...limits, cpuMs: limits.timeoutMs * threadsMax }
}

function readNumber(config: JsonObject, key: keyof typeof defaults): number {
  return Number(config[key] ?? defaults[key])
}

export function readConcurrency(config: JsonObject): number {
  const { concurrency = 0 } = config
  return Number(concurrency) > 0 ? Number(concurrency) : Math.max(2, availableParallelism())
}

/** A configured folder as the system names it; '' where none is configured. */
export function readFolder(value: Json | undefined, key: string): string {
  if (typeof value !== 'string' || value === '') return ''
  try {
    return realpathSync(value)
  } catch (cause) {
    throw TaskFault.of('configuration', `code_executor: ${key} is "${value}", and there is no such folder.`, {
      cause,
    })
  }
}
