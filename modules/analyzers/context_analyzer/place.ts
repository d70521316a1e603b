/** Where a name of a file leads: inside the folders that may be looked at, with every link followed first, or nowhere. */
import { opendir, realpath } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { nearest } from '@nexus/sdk'

export interface Folders {
  /** What names are relative to; links resolved. */
  readonly home: string
  /** `home` and what else the configuration allows; links resolved. */
  readonly all: readonly string[]
}

export type Place =
  | { readonly kind: 'there'; readonly path: string }
  | { readonly kind: 'missing'; readonly nearest: string | undefined }
  | { readonly kind: 'outside' }

/** Entries of a folder that are compared with a name. */
const entriesMax = 2_000

export async function foldersOf(working: string, more: readonly string[]): Promise<Folders> {
  const home = await existing(resolve(working))
  const others = await Promise.all(more.map((folder) => existing(resolve(home, folder))))
  return { home, all: [home, ...others] }
}

export async function placeOf(name: string, { home, all }: Folders): Promise<Place> {
  if (name === '' || name.includes('\0')) return { kind: 'outside' }
  const asked = resolve(home, name.startsWith('~/') ? join(homedir(), name.slice(2)) : name)
  const path = await existing(asked)
  // The data of Nexus itself holds every run: none of it is a source of data.
  if (path.split(sep).includes('.nexus') || !all.some((folder) => isWithin(path, folder)))
    return { kind: 'outside' }
  const isThere = await realpath(path).then(
    () => true,
    () => false,
  )
  return isThere ? { kind: 'there', path } : { kind: 'missing', nearest: await nearestTo(path, name, home) }
}

/** How it is shown: relative to the working folder where it is inside. */
export function shownPath(path: string, { home }: Folders): string {
  return isWithin(path, home) ? relative(home, path) || '.' : path
}

/** With all links followed; of what is not there, its folder's. */
async function existing(path: string): Promise<string> {
  try {
    return await realpath(path)
  } catch {
    const folder = dirname(path)
    return folder === path ? path : join(await existing(folder), basename(path))
  }
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

async function nearestTo(path: string, name: string, home: string): Promise<string | undefined> {
  for (const folder of new Set([dirname(path), home])) {
    const names = await namesIn(folder)
    const wanted = basename(path)
    const found = names.find((each) => each.toLowerCase() === wanted.toLowerCase()) ?? nearest(wanted, names)
    if (found !== undefined) return folder === home ? found : join(dirname(name), found)
  }
  return undefined
}

/** Names in a folder, not in any order; none where it cannot be read. */
export async function namesIn(folder: string, most = entriesMax): Promise<string[]> {
  const names: string[] = []
  try {
    for await (const { name } of await opendir(folder)) {
      if (name === '.nexus') continue
      if (names.push(name) >= most) break
    }
  } catch {
    return [] // no folder, or not ours to read: then there is no nearest name to tell
  }
  return names.sort()
}
