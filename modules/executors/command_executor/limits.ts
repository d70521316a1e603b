/** The configuration as a command's limits and a container's rights. Defaults are the manifest's; those here are for a host that fills in none. */
import type { Json, JsonObject } from '@nexus/sdk'
import type { ProcessOptions } from '@nexus/sdk/process'
import { readOverflow, type OverflowMode } from './overflow.ts'

const environmentAllowDefault = ['PATH', 'HOME', 'LANG', 'TMPDIR']
const timeoutMsDefault = 600_000
/** A cancelled run is over within a second, also where a program does not listen. */
const killAfterMsDefault = 500
const outputMbDefault = 64
const blobMbDefault = 1024
const portsAddressDefault = '127.0.0.1'

export interface Limits extends Pick<
  ProcessOptions,
  'environment' | 'folder' | 'timeoutMs' | 'killAfterMs' | 'outputBytesMax'
> {
  /** What of the host's environment may be seen, whether it is set or not. */
  readonly environmentNames: readonly string[]
  readonly foldersAllowed: readonly string[]
  readonly overflow: OverflowMode
  readonly blobBytesMax: number
}

export function readLimits(config: JsonObject, host: NodeJS.ProcessEnv = process.env): Limits {
  const folder = config['working_directory']
  const environmentNames = textsOf(config['environment_allow'] ?? environmentAllowDefault)
  return {
    environmentNames,
    environment: allowed(environmentNames, host),
    folder: typeof folder === 'string' && folder !== '' ? folder : process.cwd(),
    timeoutMs: Number(config['timeout_ms'] ?? timeoutMsDefault),
    killAfterMs: Number(config['kill_after_ms'] ?? killAfterMsDefault),
    outputBytesMax: Math.ceil(Number(config['max_output_mb'] ?? outputMbDefault) * 1_048_576),
    foldersAllowed: textsOf(config['folders_allowed'] ?? []),
    overflow: readOverflow(config['overflow'] ?? 'fault', 'overflow'),
    blobBytesMax: Math.ceil(Number(config['max_blob_mb'] ?? blobMbDefault) * 1_048_576),
  }
}

export interface Rights {
  /** The folders of the host and the volumes of the engine that a container may be given; `:ro` at the end is read-only. */
  readonly volumes: readonly string[]
  /** The address of the host at which its ports are open. */
  readonly portsAddress: string
}

export function readRights(config: JsonObject): Rights {
  const { volumes_allowed: volumes, container_ports_address: address } = config
  return {
    volumes: textsOf(volumes ?? []),
    portsAddress: typeof address === 'string' && address !== '' ? address : portsAddressDefault,
  }
}

function textsOf(value: Json): readonly string[] {
  return Array.isArray(value) ? value.filter((text) => typeof text === 'string') : []
}

function allowed(names: readonly string[], host: NodeJS.ProcessEnv): Record<string, string> {
  const entries = names.map((name) => [name, host[name]] as const)
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined))
}
