/**
 * What of the host a container may see: the folders and named volumes of `volumes_allowed`, by default none. A volume
 * of an engine is no less somebody's data than a folder is, so it needs to be allowed too.
 */
import { realpath } from 'node:fs/promises'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { TaskFault } from '@nexus/sdk'
import type { Volume } from './mappings.ts'

/** The `--mount` of a volume, its folder without symbolic links: those could lead out of what is allowed. */
export async function grantVolume(
  volume: Volume,
  { allowed, folder }: { allowed: readonly string[]; folder: string },
): Promise<string> {
  const grants = allowed.map(readGrant)
  const source = volume.isNamed ? volume.source : await realFolder(volume.source, folder)
  for (const grant of grants) {
    if (grant.isReadOnly && !volume.isReadOnly) continue
    if (await covers(grant.what, source, volume.isNamed)) return mount(volume, source)
  }
  throw refusal(volume, allowed)
}

interface Grant {
  readonly what: string
  readonly isReadOnly: boolean
}

function readGrant(text: string): Grant {
  const isReadOnly = text.endsWith(':ro')
  return { what: isReadOnly ? text.slice(0, -3) : text, isReadOnly }
}

async function covers(what: string, source: string, isNamed: boolean): Promise<boolean> {
  if (isNamed || !isAbsolute(what)) return isNamed && what === source
  const root = await realpath(what).catch(() => undefined)
  if (root === undefined) return false
  const way = relative(root, source)
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

async function realFolder(source: string, folder: string): Promise<string> {
  try {
    return await realpath(resolve(folder, source))
  } catch (error) {
    const detail = `run: container.volumes: ${resolve(folder, source)} is not there. Create it, or correct its path.`
    throw TaskFault.of('configuration', detail, { cause: error })
  }
}

function mount({ isNamed, isReadOnly, target }: Volume, source: string): string {
  // A symbolic link can lead to a name that a task could not have written.
  if (/[,"]/.test(source)) throw TaskFault.of('configuration', `Engines cannot mount ${source}: rename it.`)
  return `type=${isNamed ? 'volume' : 'bind'},source=${source},target=${target}${isReadOnly ? ',ro' : ''}`
}

function refusal({ source, isNamed, isReadOnly }: Volume, allowed: readonly string[]): TaskFault {
  const what = isNamed ? `The volume "${source}"` : source
  const how = isReadOnly ? 'mounted read-only' : 'mounted'
  const known = allowed.length > 0 ? allowed.join(', ') : 'none'
  return TaskFault.of(
    'authorization',
    `${what} may not be ${how} into a container. Allowed: ${known}. ` +
      'Whoever runs Nexus can allow it with volumes_allowed of command_executor.',
  )
}
