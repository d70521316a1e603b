/**
 * @nexus/sdk/storage: what is wrong with a file of a data directory, said so that a person can mend it: which file, why,
 * and what to do next. For whatever keeps such files; Node only, so it is an entry of its own. It changes nothing on disk.
 */
import { accessSync, constants, statfsSync, statSync, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import { NexusError } from './errors.ts'

/** What SQLite says, by its primary result codes. */
const sqlite = { full: 13, corrupt: 11, notADatabase: 26, permission: 3, readOnly: 8, io: 10, cannotOpen: 14 }
const damaged = new Set([sqlite.corrupt, sqlite.notADatabase])
const refused = new Set([sqlite.permission, sqlite.readOnly, sqlite.io, sqlite.cannotOpen])

const fullErrnos = new Set(['ENOSPC', 'EDQUOT'])
const refusedErrnos = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EISDIR', 'EEXIST', 'EIO'])

/**
 * Of an error that SQLite or the file system gave, as one that says what to do: `disk_full`, `database_corrupt` or
 * `data_unwritable`. Any other error comes back as it is. `mend`: what to do with a damaged file.
 */
export function storageTrouble(error: unknown, file: string, mend = 'Restore it from a backup.'): unknown {
  if (!(error instanceof Error) || error instanceof NexusError) return error
  const code = 'errcode' in error ? Number(error.errcode) & 0xff : undefined
  const errno = 'code' in error && code === undefined ? String(error.code) : ''
  if (code !== undefined && damaged.has(code)) {
    const message = `${file} is damaged (${error.message}). It was left as it is. ${mend}`
    return new NexusError('database_corrupt', message, { cause: error })
  }
  if (code === sqlite.full || fullErrnos.has(errno)) return full(file, error)
  if ((code !== undefined && refused.has(code)) || refusedErrnos.has(errno)) return refusal(file, error)
  return error
}

function full(file: string, cause: Error): NexusError {
  const message = `There is no room left for ${file}. Free some space there, or choose another folder with --data.`
  return new NexusError('disk_full', message, { cause })
}

function refusal(file: string, cause: Error): NexusError {
  if (hasNoRoom(dirname(file))) return full(file, cause)
  const message = `${file} cannot be used: ${whyRefused(file, cause)}`
  return new NexusError('data_unwritable', message, { cause })
}

/** A full disk can show as trouble of another kind, where a file could not be made longer. */
function hasNoRoom(folder: string): boolean {
  try {
    return statfsSync(folder, { bigint: true }).bavail === 0n
  } catch {
    return false // what is there is not even known
  }
}

function whyRefused(file: string, cause: Error): string {
  const another = 'choose another folder with --data'
  const place = nearest(file)
  if (place === undefined) return `${cause.message}. See to it, or ${another}.`
  const { path, stats } = place
  if (path !== file && !stats.isDirectory())
    return `${path} is a file, and no folder. Move it aside, or ${another}.`
  if (path === file && !stats.isFile()) return `it is no file. Move it aside, or ${another}.`
  switch (errnoOfUse(path)) {
    case 'EROFS':
      return `it is on a file system that is read-only. Mount it writable, or ${another}.`
    case 'EACCES':
    case 'EPERM':
      return `${path} belongs to user ${stats.uid}, and this process runs as user ${process.getuid?.() ?? 'of another name'}, which may not write there. Run it as that user, give the folder to this one, or ${another}.`
    default:
      return `${cause.message}. See to it, or ${another}.`
  }
}

/** The file itself, or the nearest folder above that can be seen. */
function nearest(path: string): { readonly path: string; readonly stats: Stats } | undefined {
  try {
    return { path, stats: statSync(path) }
  } catch {
    return dirname(path) === path ? undefined : nearest(dirname(path))
  }
}

/** The system's word for why it may not be written. */
function errnoOfUse(path: string): string | undefined {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return undefined
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : undefined
  }
}
