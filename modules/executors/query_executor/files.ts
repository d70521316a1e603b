/** Which files a document may name: those below the folders that the operator allows, wherever links lead, and none of Nexus's own. */
import { realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { TaskFault, type Json } from '@nexus/sdk'
import { wrong } from './arguments.ts'

/** The absolute path of a file, all links resolved. Without `folders` it may be anywhere: the operator has named it. */
export async function allowedFile(
  path: Json,
  place: string,
  folders: readonly string[] | undefined,
): Promise<string> {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) throw wrong(place, 'the path of a file')
  if (/^[a-z][a-z0-9+.-]+:/i.test(path) && !/^[a-z]:[\\/]/i.test(path))
    throw wrong(place, 'the path of a file on this machine, no address')
  const file = await real(resolve(path))
  if (folders === undefined) return file
  const roots = await Promise.all(folders.map((folder) => real(resolve(folder))))
  const isOwn = file.split(sep).includes('.nexus')
  if (!isOwn && roots.some((root) => isBelow(root, file))) return file
  throw TaskFault.of(
    'authorization',
    `${place}: the file "${path}" is not below a folder whose files may be queried (${folders.join(', ')}). Put it there, or add its folder to files_allowed in the configuration of query_executor.`,
  )
}

/** Of a file that is not there yet, its folder is resolved. */
async function real(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    const folder = dirname(path)
    return folder === path ? path : join(await real(folder), path.slice(folder.length))
  }
}

function isBelow(folder: string, file: string): boolean {
  const way = relative(folder, file)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}
