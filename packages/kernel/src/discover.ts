/**
 * Finds modules: folders `<type>s/<id>/` with a `manifest.yaml`, below each source, always in the same order.
 * Owns what the file system has to say about them: links that leave the tree, folders that do not match the manifest,
 * files that are not there, two modules with one id. It reads; it never builds or runs anything.
 */
import { existsSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join, sep } from 'node:path'
import type { Manifest, ModuleType } from '@nexus/sdk'
import type { ManifestReading } from './manifest.ts'
import { problemOfFile, type Problem } from './problem.ts'

/** A place where modules are looked for. */
export interface Source {
  /** What it is called in lists, sentences and the lock. */
  readonly name: string
  /** Laid out as `<type>s/<id>/manifest.yaml`, or the folder of the one module that is named. */
  readonly folder: string
  /** The id of that one module. */
  readonly module?: string
}

export interface FoundModule {
  readonly id: string
  /** By the folder that it is in. */
  readonly type: ModuleType
  /** The module's folder, all links resolved. */
  readonly folder: string
  /** Its manifest, as found. */
  readonly file: string
  /** Which source it is from, counted from 0; later ones are nearer to the user. */
  readonly source: number
  /** The manifest, where the module can be taken into a generation. */
  readonly manifest: Manifest | undefined
  /** What the manifest's text says, good or bad. */
  readonly draft: ManifestReading['draft']
  readonly problemAt: ManifestReading['problemAt']
  /** What keeps the module out. */
  readonly problems: readonly Problem[]
  /** What is listed but would keep it from loading: files that the manifest names and the folder lacks. */
  readonly missing: readonly Problem[]
}

const moduleTypes: readonly ModuleType[] = ['analyzer', 'executor', 'integration', 'orchestrator']

/** A manifest above this size is refused unread. */
const manifestBytesMax = 256 * 1024

/** How a manifest's text is read; whoever calls decides whether that is remembered. */
export type ReadManifest = (text: string, file: string) => ManifestReading

/** Every module below the sources. A source that is not there has none; a module that is named must be there. */
export function discover(sources: readonly Source[], readManifest: ReadManifest): FoundModule[] {
  const found = sources.flatMap((source, index) => {
    if (isRepeated(sources, index)) return []
    return placesIn(source).map((place) =>
      readModule({ ...place, source: source.folder, index }, readManifest),
    )
  })
  return refuseDuplicates(found)
}

/** The module in one folder, wherever that is and whatever it is called. */
export function discoverAt(folder: string, source: number, readManifest: ReadManifest): FoundModule {
  const path = realpathSync(folder)
  const file = join(path, 'manifest.yaml')
  const refused = refuseUnread({ folder: path, source: path }, file)
  if (refused) {
    return {
      id: basename(path),
      type: 'executor',
      folder: path,
      file,
      source,
      ...unread(file),
      problems: [refused],
    }
  }
  const reading = readManifest(readFileSync(file, 'utf8'), file)
  const problems = [...reading.problems, ...linkedEntries(reading, path)]
  const manifest = problems.length === 0 ? reading.manifest : undefined
  const { draft, problemAt } = reading
  const id = manifest?.id ?? basename(path)
  const type = manifest?.type ?? 'executor'
  const missing = missingFiles(reading, path)
  return { id, type, folder: path, file, source, manifest, draft, problemAt, problems, missing }
}

/** Whether one before it is the same, however it is named. */
function isRepeated(sources: readonly Source[], index: number): boolean {
  const key = ({ folder, module = '' }: Source): string =>
    JSON.stringify([module, isFolder(folder) ? realpathSync(folder) : folder])
  return sources.map(key).indexOf(sources.map(key)[index] ?? '') < index
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
}

interface Place {
  /** By the folder above; undefined where a module is named, wherever it is. */
  readonly type: ModuleType | undefined
  readonly folder: string
  readonly id: string
}

function placesIn({ folder, module }: Source): Place[] {
  return module === undefined ? moduleFolders(folder) : [{ type: undefined, folder, id: module }]
}

function moduleFolders(source: string): Place[] {
  return moduleTypes.flatMap((type) => {
    const parent = join(source, `${type}s`)
    if (!isFolder(parent)) return []
    return readdirSync(parent)
      .filter((name) => existsSync(join(parent, name, 'manifest.yaml')))
      .sort()
      .map((name) => ({ type, folder: join(parent, name), id: name }))
  })
}

interface SourcedPlace extends Place {
  readonly source: string
  readonly index: number
}

function readModule(place: SourcedPlace, readManifest: ReadManifest): FoundModule {
  const file = join(place.folder, 'manifest.yaml')
  const { id, type = 'executor', index } = place
  const base = { id, type, file, source: index }
  try {
    const folder = realpathSync(place.folder)
    const refused = refuseUnread(place, file)
    if (refused !== undefined) return { ...base, folder, ...unread(file), problems: [refused] }
    const reading = readManifest(readFileSync(file, 'utf8'), file)
    const said = place.type ?? reading.manifest?.type ?? type
    return { ...base, type: said, folder, ...judge(reading, place, folder) }
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error
    const problem = problemOfFile(file, `This module cannot be read: ${error.message}.`)
    return { ...base, folder: place.folder, ...unread(file), problems: [problem] }
  }
}

function judge(
  reading: ManifestReading,
  place: Place,
  folder: string,
): Pick<FoundModule, 'manifest' | 'draft' | 'missing' | 'problemAt' | 'problems'> {
  const { draft, problemAt } = reading
  const problems = [...reading.problems, ...misplaced(reading, place), ...linkedEntries(reading, folder)]
  const manifest = problems.length === 0 ? reading.manifest : undefined
  return { manifest, draft, problemAt, problems, missing: missingFiles(reading, folder) }
}

function unread(file: string): Pick<FoundModule, 'manifest' | 'draft' | 'missing' | 'problemAt'> {
  const problemAt = (_pointer: string, message: string, hint?: string): Problem =>
    problemOfFile(file, message, hint)
  return { manifest: undefined, draft: {}, missing: [], problemAt }
}

/** A link must not bring in what lies outside of the source, and a manifest is a small file. */
function refuseUnread(place: Pick<SourcedPlace, 'folder' | 'source'>, file: string): Problem | undefined {
  for (const path of [place.folder, file]) {
    const target = realpathSync(path)
    if (isInside(realpathSync(place.source), target)) continue
    return problemOfFile(
      file,
      `"${path}" is a link out of "${place.source}", to "${target}".`,
      'Copy the module there instead.',
    )
  }
  const stats = statSync(file)
  if (!stats.isFile()) return problemOfFile(file, 'Expected a file.')
  if (stats.size <= manifestBytesMax) return undefined
  return problemOfFile(file, `Expected at most ${manifestBytesMax} bytes, found ${stats.size}.`)
}

export function isInside(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
}

function misplaced({ manifest, problemAt }: ManifestReading, { type, folder, id }: Place): Problem[] {
  if (manifest === undefined) return []
  const problems: Problem[] = []
  if (manifest.id !== id) {
    const expected =
      type === undefined ? `the id "${id}", as it is asked for` : `the id to be the folder's name "${id}"`
    problems.push(problemAt('/id', `Expected ${expected}, found "${manifest.id}".`))
  }
  if (type !== undefined && manifest.type !== type) {
    const message = `Expected type ${type}, since the module is in "${basename(dirname(folder))}", found ${manifest.type}.`
    problems.push(problemAt('/type', message))
  }
  return problems
}

function entryFiles(manifest: Manifest | undefined): [string, string][] {
  return Object.entries(manifest?.entry_points ?? {})
}

function linkedEntries({ manifest, problemAt }: ManifestReading, folder: string): Problem[] {
  return entryFiles(manifest).flatMap(([name, path]) => {
    const file = join(folder, path)
    if (!existsSync(file) || isInside(folder, realpathSync(file))) return []
    const message = `"${path}" is a link out of the module's folder, to "${realpathSync(file)}".`
    return [problemAt(`/entry_points/${name}`, message)]
  })
}

function missingFiles({ manifest, problemAt }: ManifestReading, folder: string): Problem[] {
  return entryFiles(manifest).flatMap(([name, path]) => {
    const stats = statSync(join(folder, path), { throwIfNoEntry: false })
    if (stats?.isFile()) return []
    return [problemAt(`/entry_points/${name}`, `The file "${path}" is missing in "${folder}".`)]
  })
}

/** The first module of a source with an id keeps it; each later one there is refused, and the problem names both files. */
function refuseDuplicates(found: readonly FoundModule[]): FoundModule[] {
  const first = new Map<string, FoundModule>()
  return found.map((module) => {
    const key = `${module.source}\n${module.id}`
    const other = first.get(key)
    if (other === undefined) {
      first.set(key, module)
      return module
    }
    const message = `Two modules have the id "${module.id}": "${other.file}" and "${module.file}".`
    const problem = problemOfFile(module.file, message, 'Rename one of them; the first is used until then.')
    return { ...module, manifest: undefined, problems: [...module.problems, problem] }
  })
}
