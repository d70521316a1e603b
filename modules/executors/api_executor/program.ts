/** Finds a program and says whether whoever runs this Nexus allows it to be started. It starts nothing. */
import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { basename, delimiter, isAbsolute, join, resolve } from 'node:path'
import { TaskFault, type Policy } from '@nexus/sdk'

/** The absolute path of a program that is given by its path, or by a name on the PATH. */
export function findProgram(command: string, path = process.env['PATH'] ?? ''): string {
  const found = candidates(command, path).find(isProgram)
  if (found !== undefined) return found
  const where = /[/\\]/.test(command) ? 'is no program' : 'is not on the PATH of this Nexus'
  throw TaskFault.of('configuration', `"${command}" ${where}.`)
}

function candidates(command: string, path: string): readonly string[] {
  if (/[/\\]/.test(command)) return [resolve(command)]
  const endings = process.platform === 'win32' ? ['.exe', '.cmd', '.bat', ''] : ['']
  const folders = path.split(delimiter).filter((folder) => isAbsolute(folder))
  return folders.flatMap((folder) => endings.map((ending) => join(folder, command + ending)))
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return statSync(file).isFile()
  } catch {
    return false
  }
}

/**
 * A name in `allow` lets a program through that was asked for by that name, or is what the name finds on the PATH; a
 * name in `deny` holds for every program that is called so, under its own name or another.
 */
export function refuseProgram(
  { given, found }: { given: string; found: string },
  { allow, deny }: Policy['programs'],
): void {
  const real = realpathSync(found)
  const isDenied = deny.some((name) =>
    isAbsolute(name)
      ? [found, real].includes(name)
      : [given, basename(given), basename(found), basename(real)].includes(name),
  )
  const isAllowed = allow?.some((name) =>
    isAbsolute(name) ? [found, real].includes(name) : meansIt(name, found),
  )
  if (!isDenied && isAllowed !== false) return
  const list = isDenied ? 'denies it' : 'does not list it'
  throw TaskFault.of(
    'authorization',
    `"${given}" may not be started here: policy.programs.${isDenied ? 'deny' : 'allow'} in nexus.yaml ${list}.`,
  )
}

function meansIt(name: string, found: string): boolean {
  try {
    return findProgram(name) === found
  } catch {
    return false
  }
}
