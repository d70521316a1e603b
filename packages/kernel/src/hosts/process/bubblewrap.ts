/**
 * bubblewrap around a module's process, where the system has it: a file system that holds what the process may read and
 * nothing else, no network unless it is granted, no view of other processes. Nothing here starts a module.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Rights } from './launch.ts'

/** What programs need of a system to run at all; what is not there is passed over. */
export const systemFolders = [
  '/usr',
  '/bin',
  '/sbin',
  '/lib',
  '/lib32',
  '/lib64',
  '/etc/ld.so.cache',
  '/etc/localtime',
]
/** And what they need to find other machines and to trust them. */
export const networkFiles = [
  '/etc/resolv.conf',
  '/etc/hosts',
  '/etc/nsswitch.conf',
  '/etc/ssl',
  '/etc/pki',
  '/etc/ca-certificates',
]

const mounts = ['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp']

const probeMsMax = 5_000

export interface Sandboxed extends Rights {
  readonly program: string
  readonly arguments: readonly string[]
  readonly temporary: string
}

/** bubblewrap's arguments. It passes open streams and the environment on as they are. */
export function sandboxed({
  program,
  arguments: list,
  temporary,
  read,
  write,
  network,
}: Sandboxed): string[] {
  const system = network ? [...systemFolders, ...networkFiles] : systemFolders
  return [
    '--unshare-all',
    ...(network ? ['--share-net'] : []),
    '--die-with-parent',
    '--new-session',
    ...mounts,
    ...system.flatMap((path) => ['--ro-bind-try', path, path]),
    ...read.flatMap((path) => ['--ro-bind-try', path, path]),
    ...write.flatMap((path) => ['--bind-try', path, path]),
  ].concat('--bind', temporary, temporary, '--chdir', temporary, '--', program, list)
}

/** The path of bubblewrap where it is there and may do what it does; some systems have it and forbid it. */
export async function findBubblewrap(): Promise<string | undefined> {
  if (process.platform !== 'linux') return undefined
  try {
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', trial], { timeout: probeMsMax })
    return stdout.trim() || undefined
  } catch {
    return undefined
  }
}

const trial = 'command -v bwrap && bwrap --unshare-all --ro-bind / / -- /bin/sh -c :'
