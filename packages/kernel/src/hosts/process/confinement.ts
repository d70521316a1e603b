/**
 * What holds a Python process where no bubblewrap is around it: Landlock and seccomp, with which it locks itself in before
 * it loads its module (`python/nexus/host/confine.py`). Here is whether the system has both, and what a module keeps.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { JsonObject } from '@nexus/sdk'
import { networkFiles, systemFolders } from './bubblewrap.ts'
import type { Rights } from './launch.ts'
import type { Python } from './python.ts'

export interface Confinement {
  /** The version of Landlock's interface. */
  readonly landlock: number
}

const trialMsMax = 10_000

/** Tried out by a process that confines itself and does what must then fail; else why not, as a part of a sentence. */
export async function findConfinement(
  { program }: Python,
  sdk: string,
): Promise<Confinement | { readonly missing: string }> {
  if (process.platform !== 'linux') return { missing: `there is no Landlock on ${process.platform}` }
  const trial = ['-I', '-S', '-B', join(sdk, 'nexus', 'host', 'confine.py')]
  try {
    const { stdout } = await promisify(execFile)(program, trial, { timeout: trialMsMax })
    return JSON.parse(stdout) as Confinement | { missing: string }
  } catch (error) {
    const why = error instanceof Error ? error.message.split('\n')[0] : String(error)
    return { missing: `it could not be tried out (${why})` }
  }
}

/** The `params` of `confine`: the same as bubblewrap lets through. The process adds its temporary folder itself. */
export function confineParams(rights: Rights, ports: readonly number[] | undefined): JsonObject {
  const { read, write, network, programs } = rights
  const system = network ? [...systemFolders, ...networkFiles] : systemFolders
  return {
    readable: [...system, ...read],
    writable: [...write],
    programs,
    network,
    ports: ports ? [...ports] : null,
  }
}

/** The TCP ports of the hosts that a manifest lists; undefined where one of them has all. */
export function portsOf(network: readonly string[]): readonly number[] | undefined {
  const ports = network.map((host) => /^(?:[^:/]+|\[[^\]]+\]):(\d{1,5})$/.exec(host)?.[1])
  return ports.every((port) => port !== undefined) ? ports.map(Number) : undefined
}
