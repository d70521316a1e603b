/** The folder in which a program runs: inside that of Nexus, or of one that the configuration lists; links are followed first. */
import { TaskFault } from '@nexus/sdk'
import { realpath, stat } from 'node:fs/promises'
import { resolve, sep } from 'node:path'

export interface Folders {
  /** Where commands run that say nothing. */
  readonly base: string
  readonly allowed: readonly string[]
}

/** Rejects with a `TaskFault`: configuration where it is not there, authorization where it leads elsewhere. */
export async function workingFolder(asked: string | undefined, { base, allowed }: Folders): Promise<string> {
  const home = await real(base)
  if (asked === undefined) return home
  const folder = await real(resolve(home, asked))
  const grants = await Promise.all(allowed.map((each) => real(resolve(home, each)).catch(() => undefined)))
  if ([home, ...grants].some((grant) => grant !== undefined && isInside(folder, grant))) return folder
  throw TaskFault.of(
    'authorization',
    `The working folder ${asked} is ${folder}, outside ${home}. Whoever runs this Nexus may add it to folders_allowed of command_executor.`,
  )
}

async function real(folder: string): Promise<string> {
  try {
    const path = await realpath(folder)
    if ((await stat(path)).isDirectory()) return path
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error)
    throw TaskFault.of('configuration', `The working folder ${folder} cannot be used: ${why}.`, {
      cause: error,
    })
  }
  throw TaskFault.of('configuration', `The working folder ${folder} is not a folder.`)
}

function isInside(folder: string, home: string): boolean {
  return folder === home || folder.startsWith(home.endsWith(sep) ? home : home + sep)
}
