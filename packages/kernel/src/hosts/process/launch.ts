/**
 * How a module's process is started: program, arguments, environment, what it may reach. Pure, so that every right that
 * a process gets stands here and in a test. A right is given for what the manifest lists and for nothing else.
 */
import { existsSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import type { JsonObject, Manifest } from '@nexus/sdk'
import { sharedPackages } from '../../artifact_interface.ts'
import { sandboxed } from './bubblewrap.ts'
import { confineParams, portsOf } from './confinement.ts'

export interface Launch {
  /** Processes of one key are alike until a module is loaded into them. */
  readonly key: string
  readonly program: string
  /** `temporary`: the process's own folder, which is made for it and removed after it. */
  readonly arguments: (temporary: string) => readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Whether another program is around it, which ends with 128 and the signal's number where the module's is killed. */
  readonly wrapped: boolean
  /** How much its module may take, where the process itself ends at that (Node). */
  readonly memoryMb: number
  /** Where the protocol runs: on a stream of its own, or on standard input and output, which the child then moves away. */
  readonly channel: 'own' | 'standard'
  /** What the process is asked to keep of its rights before it loads a module, where it can give up the rest. */
  readonly confine?: JsonObject
}

export interface LaunchOptions {
  readonly manifest: Manifest
  /** The module's, all links resolved. */
  readonly folder: string
  readonly memoryMb: number
  /** The host's own, of which a module sees what its manifest lists. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** bubblewrap's program, where the system has one that works. */
  readonly bubblewrap: string | undefined
  /** Whether a Python process can lock itself in, where bubblewrap is not around it. */
  readonly confines?: boolean
}

/** `program`: Node's; `runtime`: the one file that the process runs. */
export function launchNode(
  options: LaunchOptions,
  { program, runtime }: { program: string; runtime: string },
): Launch {
  const { manifest, memoryMb } = options
  const rights = rightsOf(options)
  const readable = [runtime, ...rights.read, ...packageFolders(options)]
  const flags = [
    '--permission',
    ...readable.map((path) => `--allow-fs-read=${path}`),
    ...rights.write.map((path) => `--allow-fs-write=${path}`),
    ...(rights.network ? ['--allow-net'] : []),
    ...(rights.programs ? ['--allow-child-process'] : []),
    `--max-old-space-size=${memoryMb}`,
    '--disable-warning=ExperimentalWarning',
  ]
  const start = (temporary: string): string[] => [
    ...flags,
    `--allow-fs-read=${temporary}`,
    `--allow-fs-write=${temporary}`,
    runtime,
  ]
  return finish(options, {
    channel: 'own',
    program,
    start,
    readable: [dirname(program), ...readable],
    key: ['node', manifest.id, ...flags],
  })
}

/** `program`: Python's; `prefixes`: where its own files are; `sdk`: the folder that holds the package `nexus`. */
export function launchPython(
  options: LaunchOptions,
  { program, prefixes, sdk }: { program: string; prefixes: readonly string[]; sdk: string },
): Launch {
  // -I: no environment, no user packages; -S: no packages but those that the manifest lists, added later;
  // -B: nothing is written beside sources.
  const flags = ['-I', '-S', '-B', '-X', 'utf8', join(sdk, 'nexus', 'host', 'main.py')]
  const rights = rightsOf(options)
  const readable = [dirname(program), ...prefixes, sdk, ...rights.read]
  const launch = finish(options, {
    channel: 'standard',
    program,
    start: () => flags,
    readable,
    key: ['python', ...flags],
  })
  if (options.bubblewrap !== undefined || options.confines !== true) return launch
  const ports = portsOf(options.manifest.permissions?.network ?? [])
  return { ...launch, confine: confineParams({ ...rights, read: readable }, ports) }
}

interface Plan {
  readonly channel: Launch['channel']
  readonly program: string
  readonly start: (temporary: string) => readonly string[]
  readonly readable: readonly string[]
  readonly key: readonly string[]
}

function finish(options: LaunchOptions, { channel, program, start, readable, key }: Plan): Launch {
  const environment = environmentOf(options)
  const { bubblewrap, memoryMb } = options
  if (bubblewrap === undefined) {
    const plain = { channel, program, arguments: start, environment, memoryMb, wrapped: false }
    return { key: JSON.stringify([key, environment]), ...plain }
  }
  const rights = { ...rightsOf(options), read: readable }
  return {
    key: JSON.stringify([key, environment, rights]),
    channel,
    program: bubblewrap,
    arguments: (temporary) => sandboxed({ ...rights, program, arguments: start(temporary), temporary }),
    environment,
    memoryMb,
    wrapped: true,
  }
}

export interface Rights {
  readonly read: readonly string[]
  readonly write: readonly string[]
  readonly network: boolean
  readonly programs: boolean
}

/** Paths of the manifest count from the module's folder. */
function rightsOf({ manifest: { permissions = {} }, folder }: LaunchOptions): Rights {
  const { read = [], write = [], network = [], run = [] } = permissions
  return {
    read: [folder, ...read.map((path) => resolve(folder, path))],
    write: write.map((path) => resolve(folder, path)),
    network: network.length > 0,
    programs: run.length > 0,
  }
}

function environmentOf({ manifest, environment }: LaunchOptions): Record<string, string> {
  const listed = manifest.permissions?.env ?? []
  return Object.fromEntries(
    listed.flatMap((name) => {
      const value = environment[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}

/** The `node_modules` in which the packages are that are resolved at run time, and where links out of it lead. */
function packageFolders({ manifest, folder }: LaunchOptions): string[] {
  const { resolve: native } = createRequire(join(folder, manifest.entry_points.main))
  return sharedPackages(manifest).flatMap((name) => {
    const home = (native.paths(name) ?? []).find((path) => existsSync(join(path, name)))
    return home === undefined ? [] : [...new Set([home, realpathSync(join(home, name))])]
  })
}
