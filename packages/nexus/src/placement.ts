/**
 * Which module runs where. Those that come with Nexus, and those whose folder somebody has said to trust, run in this
 * process; all others, and all in Python, each in a process of its own.
 */
import { realpathSync } from 'node:fs'
import { resolve, sep } from 'node:path'

/** The hosts by their names. */
const inProcess = 'in_process'
const apart = 'process'

export function placementBy(
  trusted: readonly string[],
): (module: { readonly folder: string; readonly language: string }) => string {
  const roots = trusted.map(whole)
  return ({ folder, language }) =>
    language !== 'python' && roots.some((root) => isInside(root, whole(folder))) ? inProcess : apart
}

/** A folder by its one name, all links resolved; one that is not there yet by the name that it was given. */
function whole(folder: string): string {
  try {
    return realpathSync(folder)
  } catch {
    return resolve(folder)
  }
}

function isInside(root: string, folder: string): boolean {
  return folder === root || folder.startsWith(root.endsWith(sep) ? root : root + sep)
}
