/**
 * The lock file, `nexus.lock`: what a resolution came to, so that the next one comes to the same, and with which digests.
 * YAML with one fact a line and everything sorted by id, so that a change of one module is a change of its lines and
 * nothing else. Owns the form of the file, reading and writing it whole; whether to follow it is for others to decide.
 */
import { isJsonObject, type JsonObject } from '@nexus/sdk'
import validVersion from 'semver/functions/valid.js'
import { stringify } from 'yaml'
import { readIfThere, writeDurably } from '../artifact.ts'
import { parseWithPlaces, type PlacedText } from '../positions.ts'
import type { Problem } from '../problem.ts'
import { escapePointer } from '../schema.ts'
import type { Requirement } from './package_source.ts'
import type { Resolution } from './resolve.ts'

/** The form that this code writes, and the newest that it reads. */
export const lockVersion = 1

export interface Lock {
  /** By id, sorted. */
  readonly modules: ReadonlyMap<string, LockedModule>
}

export interface LockedModule {
  readonly version: string
  /** The name of the source that had it. */
  readonly source: string
  /** The sha-256 of it in hex; what a source gives no digest for has none, and nothing vouches for its bytes. */
  readonly digest?: string
  /** Sorted by id. */
  readonly dependencies: readonly Requirement[]
}

export interface LockReading {
  /** Undefined where there is no file, or where it cannot be used. */
  readonly lock: Lock | undefined
  readonly problems: readonly Problem[]
}

export function lockOf({ versions }: Resolution): Lock {
  const modules = [...versions].map(([id, { version, source, digest, dependencies }]) => {
    const locked = { version, source, dependencies: dependencies.toSorted(byId) }
    return [id, digest === undefined ? locked : { ...locked, digest }] as const
  })
  return { modules: new Map(modules.sort(([left], [right]) => (left < right ? -1 : 1))) }
}

/** The versions to keep where they fit, as `resolve` takes them. */
export function lockedVersions({ modules }: Lock): Map<string, string> {
  return new Map([...modules].map(([id, { version }]) => [id, version]))
}

/** The modules that have their locked version but other bytes: somebody changed what was published. */
export function changedDigests(lock: Lock, { versions }: Resolution): string[] {
  return [...versions]
    .filter(([id, { version, digest }]) => {
      const locked = lock.modules.get(id)
      return locked?.digest !== undefined && locked.version === version && locked.digest !== digest
    })
    .map(([id]) => id)
}

/** Replaces the file as a whole: after a crash it is the old one or the new one. */
export function writeLock(path: string, lock: Lock): void {
  writeDurably(path, formatLock(lock))
}

export function readLockFile(path: string): LockReading {
  const text = readIfThere(path)
  return text === undefined ? { lock: undefined, problems: [] } : readLock(text, path)
}

const heading =
  '# What the modules that nexus.yaml asks for came to. Nexus writes this file: commit it as it is.\n'

export function formatLock({ modules }: Lock): string {
  const sorted = [...modules].sort(([left], [right]) => (left < right ? -1 : 1))
  const entries = sorted.map(([id, module]) => [id, entryOf(module)])
  const document = { lock_version: lockVersion, modules: Object.fromEntries(entries) }
  return heading + stringify(document, { lineWidth: 0 })
}

function entryOf({ version, source, digest, dependencies }: LockedModule): JsonObject {
  const sorted = dependencies.toSorted(byId)
  return {
    version,
    source,
    ...(digest === undefined ? {} : { digest: `sha256:${digest}` }),
    ...rangesOf('dependencies', sorted, false),
    ...rangesOf('optional_dependencies', sorted, true),
  }
}

function rangesOf(key: string, requirements: readonly Requirement[], optional: boolean): JsonObject {
  const wanted = requirements.filter((requirement) => (requirement.optional ?? false) === optional)
  if (wanted.length === 0) return {}
  return { [key]: Object.fromEntries(wanted.map(({ id, range }) => [id, range])) }
}

const byId = (left: Requirement, right: Requirement): number =>
  left.id < right.id ? -1 : left.id > right.id ? 1 : 0

const startAnew = 'Delete the file and resolve again, or take the last good one from version control.'

/** The lock, or the first thing that keeps the text from being one. */
export function readLock(text: string, file: string): LockReading {
  const placed = parseWithPlaces(text)
  const fail = (pointer: string, message: string, hint = startAnew): LockReading => ({
    lock: undefined,
    problems: [{ file, ...placed.locate(pointer), message, hint }],
  })
  const unread = unreadable(text, placed)
  if (unread !== undefined) return { lock: undefined, problems: [{ file, ...unread, hint: startAnew }] }
  if (!isJsonObject(placed.value)) return fail('', 'Expected a map with lock_version and modules.')
  const { lock_version, modules } = placed.value
  if (!isCount(lock_version)) return fail('/lock_version', 'Expected a lock_version like 1.')
  if (lock_version > lockVersion) {
    const message = `A newer Nexus wrote this file: its lock_version is ${lock_version}, and ${lockVersion} is the newest that this one reads.`
    return fail('/lock_version', message, 'Update Nexus, or delete the file and resolve again.')
  }
  if (!isJsonObject(modules)) return fail('/modules', 'Expected a map of modules.')
  const good = new Map<string, LockedModule>()
  for (const id of Object.keys(modules).sort()) {
    const read = readModule(modules[id])
    if (read.kind === 'wrong') return fail(`/modules/${escapePointer(id)}${read.pointer}`, read.message)
    good.set(id, read.module)
  }
  return { lock: { modules: good }, problems: [] }
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0
}

type Unreadable = Pick<Problem, 'line' | 'column' | 'message'>

function unreadable(text: string, { errors }: PlacedText): Unreadable | undefined {
  const marker = text.split('\n').findIndex((line) => /^(?:<{7}|={7}|>{7})(?: |$)/.test(line))
  if (marker >= 0) {
    return { line: marker + 1, column: 1, message: 'This file was merged, and a conflict is left in it.' }
  }
  const [error] = errors
  if (error === undefined) return undefined
  return { ...error, message: `This is not YAML: ${error.message}.`.replace(/\.\.$/, '.') }
}

type ReadModule =
  | { readonly kind: 'good'; readonly module: LockedModule }
  | { readonly kind: 'wrong'; readonly pointer: string; readonly message: string }

function readModule(entry: unknown): ReadModule {
  const wrong = (pointer: string, message: string): ReadModule => ({ kind: 'wrong', pointer, message })
  if (!isJsonObject(entry)) return wrong('', 'Expected a map with version and source.')
  const { version, source, digest, dependencies = {}, optional_dependencies = {} } = entry
  if (typeof version !== 'string' || validVersion(version) === null) {
    return wrong('/version', `Expected a version like 1.0.0, found ${JSON.stringify(version ?? null)}.`)
  }
  if (typeof source !== 'string') return wrong('/source', 'Expected the name of a source.')
  const hex = typeof digest === 'string' ? /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1] : undefined
  if (digest !== undefined && hex === undefined) {
    return wrong('/digest', 'Expected sha256: and 64 digits in lower-case hex.')
  }
  const requirements = [...rangesIn(dependencies, false), ...rangesIn(optional_dependencies, true)]
  if (!isRanges(dependencies)) return wrong('/dependencies', 'Expected a map of ids to ranges.')
  if (!isRanges(optional_dependencies)) {
    return wrong('/optional_dependencies', 'Expected a map of ids to ranges.')
  }
  const module = { version, source, dependencies: requirements.sort(byId) }
  return { kind: 'good', module: hex === undefined ? module : { ...module, digest: hex } }
}

function isRanges(value: unknown): boolean {
  return isJsonObject(value) && Object.values(value).every((range) => typeof range === 'string')
}

function rangesIn(value: unknown, optional: boolean): Requirement[] {
  if (!isJsonObject(value)) return []
  return Object.entries(value).flatMap(([id, range]) => {
    if (typeof range !== 'string') return []
    return [optional ? { id, range, optional } : { id, range }]
  })
}
