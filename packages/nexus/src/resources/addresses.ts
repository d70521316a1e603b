/**
 * Where a resource is really read: the raw addresses of what GitHub and GitLab show as pages, the files of a catalog,
 * the file in the folder of a function. Pure. Several addresses are tried in turn, the next where nothing is found.
 * Source: DSL 1.0.3, "Catalogs, File Structure".
 */

/** The file that defines a function, in the folder of its version. */
const functionFile = 'function.yaml'

/** The definition of a function in the catalog whose root is given. */
export function catalogAddresses(root: URL, name: string, version: string): readonly URL[] {
  const path = ['functions', name, version, functionFile]
  return (repositoryOf(root) ?? { roots: [root] }).roots.map((raw) => appended(raw, path))
}

/** The definition of a function that is called by its URI, which may be that of its folder. */
export function functionAddresses(uri: URL): readonly URL[] {
  if (/\.(?:ya?ml|json)$/i.test(uri.pathname)) return resourceAddresses(uri)
  const repository = repositoryOf(uri)
  if (repository?.isFolder) return repository.roots.map((raw) => appended(raw, [functionFile]))
  const addresses = resourceAddresses(uri)
  return [...addresses, ...addresses.map((raw) => appended(raw, [functionFile]))]
}

/** Any other file. */
export function resourceAddresses(uri: URL): readonly URL[] {
  const repository = repositoryOf(uri)
  return repository && !repository.isRoot ? repository.roots : [withoutHash(uri)]
}

/** Where a file is read that stands in a message: without a user, a password and a query, in which may be secrets. */
export function shownAddress(uri: URL): string {
  return uri.protocol === 'file:' ? decoded(uri.pathname) : uri.origin + uri.pathname
}

/** A path with a percent sign that means nothing is shown as it is written. */
function decoded(path: string): string {
  try {
    return decodeURI(path)
  } catch {
    return path
  }
}

/** The name by which a resource is kept and listed: it holds no user and no password. */
export function identityOf(uri: URL): string {
  const plain = withoutHash(uri)
  plain.username = ''
  plain.password = ''
  return plain.href
}

interface Repository {
  readonly roots: readonly URL[]
  /** Whether it is a page of the repository itself, not of something in it. */
  readonly isRoot: boolean
  readonly isFolder: boolean
}

function repositoryOf(uri: URL): Repository | undefined {
  if (uri.protocol !== 'https:' && uri.protocol !== 'http:') return undefined
  const segments = segmentsOf(uri)
  if (uri.hostname === 'github.com' || uri.hostname === 'www.github.com') return onGitHub(uri, segments)
  if (segments.includes('-')) return onGitLab(uri, segments)
  return uri.hostname === 'gitlab.com' && segments.length >= 2
    ? { roots: [withPath(uri, [...withoutGit(segments), '-', 'raw', 'HEAD'])], isRoot: true, isFolder: true }
    : undefined
}

const pageKinds = new Set(['tree', 'blob', 'raw'])

function onGitHub(uri: URL, segments: readonly string[]): Repository | undefined {
  const [owner, repository, ...rest] = withoutGit(segments)
  if (owner === undefined || repository === undefined) return undefined
  const { refs, path, isFolder } = githubPlace(rest)
  const raw = new URL(uri)
  raw.protocol = 'https:'
  raw.host = 'raw.githubusercontent.com:443'
  const roots = refs.map((ref) => withPath(raw, [owner, repository, ...ref, ...path]))
  return { roots, isRoot: rest.length === 0, isFolder }
}

interface Place {
  readonly refs: readonly (readonly string[])[]
  readonly path: readonly string[]
  readonly isFolder: boolean
}

/** `tree/REF/PATH` and its like, or `PATH@REF`, or nothing: the repository's main branch. */
function githubPlace(rest: readonly string[]): Place {
  const [kind = '', ref, ...path] = rest
  if (pageKinds.has(kind) && ref !== undefined)
    return { refs: githubRefs(ref), path, isFolder: kind === 'tree' }
  const last = rest.at(-1) ?? ''
  const at = last.lastIndexOf('@')
  if (at < 1) return { refs: [['HEAD']], path: rest, isFolder: true }
  return {
    refs: githubRefs(last.slice(at + 1)),
    path: [...rest.slice(0, -1), last.slice(0, at)],
    isFolder: true,
  }
}

/** A word may be the name of a branch or of a tag. */
function githubRefs(ref: string): readonly (readonly string[])[] {
  if (ref === 'refs' || ref === 'HEAD' || /^[0-9a-f]{40}$/.test(ref)) return [[ref]]
  return [
    ['refs', 'heads', ref],
    ['refs', 'tags', ref],
  ]
}

/** `PROJECT/-/tree/REF/PATH`, on any host. */
function onGitLab(uri: URL, segments: readonly string[]): Repository | undefined {
  const dash = segments.indexOf('-')
  const kind = segments[dash + 1] ?? ''
  if (!pageKinds.has(kind) || segments.length < dash + 3) return undefined
  const raw = withPath(uri, [...segments.slice(0, dash + 1), 'raw', ...segments.slice(dash + 2)])
  return { roots: [raw], isRoot: false, isFolder: kind === 'tree' }
}

function segmentsOf(uri: URL): string[] {
  return uri.pathname.split('/').filter((segment) => segment !== '')
}

function withoutGit(segments: readonly string[]): string[] {
  return segments.map((segment, index) => (index === 1 ? segment.replace(/\.git$/, '') : segment))
}

function appended(uri: URL, path: readonly string[]): URL {
  return withPath(uri, [...segmentsOf(uri), ...path])
}

function withPath(uri: URL, segments: readonly string[]): URL {
  const changed = withoutHash(uri)
  changed.pathname = `/${segments.join('/')}`
  return changed
}

function withoutHash(uri: URL): URL {
  const plain = new URL(uri)
  plain.hash = ''
  return plain
}
