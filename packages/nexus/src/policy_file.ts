/**
 * The policy of a workspace: what its `nexus.yaml` says, and what holds where that says nothing.
 */
import { readPolicySettings } from '@nexus/kernel'
import { NexusError, type Policy } from '@nexus/sdk'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface PolicyOptions {
  /** The folder of `nexus.yaml`; without one, nothing is said. */
  readonly folder: string
  /**
   * Who asks: on a server, loopback, link-local and private addresses are not reached unless the file or
   * `NEXUS_ALLOW_PRIVATE_NETWORK=1` allows them; a person reaches what the person may.
   */
  readonly by: 'server' | 'person'
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** Throws `NexusError` `bad_policy`. */
export function readPolicy({ folder, by, environment }: PolicyOptions): Policy {
  const { network = {}, programs = {} } = readPolicySettings(...textOf(folder))
  const allowed = by === 'person' || environment['NEXUS_ALLOW_PRIVATE_NETWORK'] === '1'
  return {
    network: { private: allowed || network.private === true },
    programs: { allow: programs.allow, deny: programs.deny ?? [] },
  }
}

function textOf(folder: string): [text: string, file: string] {
  const file = join(folder, 'nexus.yaml')
  try {
    return [readFileSync(file, 'utf8'), file]
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return ['', file]
    const why = error instanceof Error ? error.message : String(error)
    throw new NexusError('bad_policy', `${file} cannot be read: ${why}.`, { cause: error })
  }
}
