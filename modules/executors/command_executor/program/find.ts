/**
 * Which file a program's name means, and whether it may be run. Symbolic links are followed before that is judged. What
 * a program that may run starts itself is not judged here: `env`, `find` and every shell start any other.
 */
import { nearest, TaskFault, type Policy } from '@nexus/sdk'
import { access, constants, readdir, realpath, stat } from 'node:fs/promises'
import { basename, delimiter, isAbsolute, join, resolve } from 'node:path'

export interface Program {
  /** Where its name leads. */
  readonly path: string
  /** The file itself, all links followed. */
  readonly real: string
}

export interface Surroundings {
  readonly folder: string
  /** The PATH on which its name is looked up. */
  readonly path: string
  /** The PATH of whoever made the policy, on which its names are looked up. */
  readonly operatorPath: string
  readonly programs: Policy['programs']
}

/** Rejects with a `TaskFault`: runtime where it is not there, authorization where it may not be run. */
export async function findProgram(name: string, surroundings: Surroundings): Promise<Program> {
  const { folder, path } = surroundings
  const found = isPath(name) ? await runnable(resolve(folder, name)) : await lookUp(name, path)
  if (found === undefined) throw await missing(name, surroundings)
  const program = { path: found, real: await realpath(found) }
  await judge(name, program, surroundings)
  return program
}

/** The file to start. Where there is a policy it is the one that was judged, whatever becomes of the link to it. */
export function fileOf({ path, real }: Program, { allow, deny }: Policy['programs']): string {
  return allow === undefined && deny.length === 0 ? path : real
}

export async function judge(
  name: string,
  program: Program,
  { programs: { allow, deny }, operatorPath }: Pick<Surroundings, 'programs' | 'operatorPath'>,
): Promise<void> {
  for (const entry of deny)
    if (await isDenied(entry, program, operatorPath)) throw refused(name, program, `denies "${entry}"`)
  if (allow === undefined) return
  for (const entry of allow) if (await isAllowed(entry, program, operatorPath)) return
  throw refused(name, program, `allows ${allow.map((entry) => `"${entry}"`).join(', ') || 'none'}`)
}

/** By the file, or by any of its names: better one too many than one too few. */
async function isDenied(entry: string, { path, real }: Program, operatorPath: string): Promise<boolean> {
  if (!isPath(entry) && [path, real].some((each) => basename(each) === entry)) return true
  return (await fileNamed(entry, operatorPath)) === real || entry === path
}

/** By the file, called by its own name: one file may be many programs by what it is called. */
async function isAllowed(entry: string, { path, real }: Program, operatorPath: string): Promise<boolean> {
  return (await fileNamed(entry, operatorPath)) === real && basename(path) === basename(entry)
}

async function fileNamed(entry: string, operatorPath: string): Promise<string | undefined> {
  const found = isPath(entry) ? await runnable(entry) : await lookUp(entry, operatorPath)
  return found === undefined ? undefined : realpath(found)
}

function isPath(name: string): boolean {
  return name.includes('/') || (process.platform === 'win32' && name.includes('\\'))
}

async function lookUp(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    if (!isAbsolute(folder)) continue // an empty or relative one would mean whatever folder the command runs in
    const found = await runnable(join(folder, name))
    if (found !== undefined) return found
  }
  return undefined
}

/** The file itself or, where the system has such, with an ending of programs. */
async function runnable(file: string): Promise<string | undefined> {
  const endings = process.platform === 'win32' ? ['', '.exe', '.cmd', '.bat'] : ['']
  for (const ending of endings) {
    try {
      await access(file + ending, constants.X_OK)
      if ((await stat(file + ending)).isFile()) return file + ending
    } catch {
      // not there, or not for this user to run
    }
  }
  return undefined
}

async function missing(name: string, { folder, path }: Surroundings): Promise<TaskFault> {
  const what = isPath(name)
    ? `Program "${name}" is not there, or is not executable (looked for ${resolve(folder, name)}).`
    : `Program "${name}" was not found on the PATH (${path}).`
  const near = isPath(name) ? undefined : nearest(name, await programsOn(path))
  return TaskFault.of('runtime', near === undefined ? what : `${what} Did you mean "${near}"?`)
}

const namesMax = 20_000

async function programsOn(path: string): Promise<readonly string[]> {
  const folders = [...new Set(path.split(delimiter).filter((folder) => isAbsolute(folder)))]
  const names = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])))
  return names.flat().slice(0, namesMax)
}

function refused(name: string, { real }: Program, why: string): TaskFault {
  const what = `Program "${name}" (${real}) may not be run: the policy of this Nexus ${why}`
  return TaskFault.of('authorization', `${what}. See policy.programs in nexus.yaml.`)
}
