/**
 * How a worker's process is started so that the system holds it: limits that it cannot raise, and under bubblewrap, where
 * that is there, a world of its own with nothing in it but the paths that it needs. It starts nothing itself.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

export interface Launch {
  readonly program: string
  readonly arguments: readonly string[]
}

/** What a process under bubblewrap has of this machine. Everything else is not there. */
export interface World {
  /** Paths that are there, read-only, under their own names. */
  readonly readable: readonly string[]
  /** Paths that are there under other names, read-only: the name, then what it is. */
  readonly bound?: readonly (readonly [at: string, path: string])[]
  /** Empty folders in memory, with the most that they may hold. */
  readonly folders: readonly (readonly [at: string, bytesMax: number])[]
}

const libraries = [
  '/usr/lib',
  '/usr/lib64',
  '/lib',
  '/lib64',
  '/usr/local/lib',
  '/nix/store',
  '/etc/ld.so.cache',
]
const certificates = [
  '/etc/ssl',
  '/etc/pki',
  '/usr/share/ca-certificates',
  '/usr/local/share/ca-certificates',
]
const times = ['/etc/localtime', '/usr/share/zoneinfo']
const devices = ['/dev/null', '/dev/zero', '/dev/random', '/dev/urandom']
const nobody = '65534'

/** All that a worker has of an environment: memory that it no longer needs goes back to the machine (glibc). No script sees it. */
export const workerEnvironment = { MALLOC_TRIM_THRESHOLD_: '131072' } as const

/** Own namespaces of every kind: no processes, no network, no files of the machine, no capabilities, another user. */
export function underBubblewrap(bubblewrap: string, world: World, launch: Launch): Launch {
  const apart = ['--unshare-all', '--unshare-user', '--uid', nobody, '--gid', nobody, '--cap-drop', 'ALL']
  const alone = ['--die-with-parent', '--new-session', '--clearenv', '--hostname', 'sandbox']
  const variables = Object.entries(workerEnvironment).flatMap(([name, value]) => ['--setenv', name, value])
  const folders = world.folders.flatMap(([at, bytesMax]) => ['--size', String(bytesMax), '--tmpfs', at])
  const readable = [...libraries, ...certificates, ...times, ...world.readable]
  const paths = readable.flatMap((path) => ['--ro-bind-try', path, path])
  const bound = (world.bound ?? []).flatMap(([at, path]) => ['--ro-bind', path, at])
  const nodes = devices.flatMap((path) => ['--dev-bind-try', path, path])
  return {
    program: bubblewrap,
    arguments: [
      ...apart,
      ...alone,
      ...variables,
      ...folders,
      ...paths,
      ...bound,
      ...nodes,
      '--remount-ro',
      '/',
      '--chdir',
      '/',
      '--',
      launch.program,
      ...launch.arguments,
    ],
  }
}

/** A thread's stack is 8 MB otherwise, which counts as memory that may be written to. */
const stackBytesMax = 2_097_152

/** Limits of the system on memory that a process may write to, and no dumps of its memory. */
export function withLimits(launch: Launch, limits: { dataBytesMax?: number }): Launch {
  if (process.platform !== 'linux') return launch
  const data =
    limits.dataBytesMax === undefined
      ? ''
      : `ulimit -s ${stackBytesMax / 1024} && ulimit -d ${Math.ceil(limits.dataBytesMax / 1024)} && `
  return {
    program: '/bin/sh',
    arguments: ['-c', `${data}ulimit -c 0 && exec "$@"`, 'sh', launch.program, ...launch.arguments],
  }
}

const probeMsMax = 10_000

/** The program where it works here; else why not. Namespaces may be forbidden although the program is installed. */
export async function findBubblewrap(): Promise<{ program: string } | { missing: string }> {
  if (process.platform !== 'linux') return { missing: 'bubblewrap is for Linux' }
  const world = { readable: [], folders: [['/scratch', 4096]] } as const
  const probe = underBubblewrap('bwrap', world, { program: '/lib64/nothing', arguments: [] })
  try {
    await promisify(execFile)('bwrap', ['--version'], { timeout: probeMsMax })
  } catch {
    return { missing: 'bubblewrap is not installed (apt-get install bubblewrap)' }
  }
  const complaint = await promisify(execFile)(probe.program, [...probe.arguments], {
    timeout: probeMsMax,
  }).then(
    () => '',
    (error: unknown) =>
      error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error),
  )
  // Only the program that is not there may fail: whatever comes before it worked.
  if (complaint.includes('execvp')) return { program: 'bwrap' }
  return { missing: `bubblewrap does not work here: ${complaint.split('\n')[0]}` }
}
