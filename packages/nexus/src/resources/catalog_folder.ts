/**
 * What a catalog in a folder holds, to say of a function that is not there which are. It reads names only.
 */
import { readdir } from 'node:fs/promises'
import { nearest } from '@nexus/sdk'

const namedMax = 20

/** Undefined where the folder cannot be read or is no catalog. */
export async function whatIsThere(root: URL, name: string, version: string): Promise<string | undefined> {
  if (root.protocol !== 'file:') return undefined
  const functions = await foldersIn(below(root, 'functions'))
  if (functions === undefined) return 'A catalog has its functions in the folder `functions/NAME/VERSION/`.'
  if (!functions.includes(name)) return nearName(name, functions)
  const versions = (await foldersIn(below(root, `functions/${name}`))) ?? []
  if (versions.includes(version)) return `The folder of version ${version} has no function.yaml.`
  return versions.length === 0
    ? `\`${name}\` has no versions.`
    : `\`${name}\` is there in ${listed(versions)}.`
}

function nearName(name: string, functions: readonly string[]): string {
  const near = nearest(name, functions)
  if (near !== undefined) return `Did you mean \`${near}\`?`
  return functions.length === 0 ? 'The catalog is empty.' : `There are ${listed(functions)}.`
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, namedMax).map((name) => `\`${name}\``)
  const more = names.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}

function below(root: URL, path: string): URL {
  return new URL(path, root.href.endsWith('/') ? root : `${root.href}/`)
}

/** In the order of versions. */
async function foldersIn(folder: URL): Promise<readonly string[] | undefined> {
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    const names = entries.filter((entry) => !entry.isFile()).map((entry) => entry.name)
    return names.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  } catch {
    // A hint is all that is lost: that the function cannot be read has been said.
    return undefined
  }
}
