/**
 * Remembers which artifact came out of which inputs, so that an unchanged module is not built again.
 * It is only ever a shortcut: a cache that is missing, old or damaged means building again, never a wrong artifact.
 */
import { readFileSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { digestOf, readIfThere, writeDurably } from './artifact.ts'
import { isRecord } from './schema.ts'

/** A file that went into an artifact, relative to the module's folder. */
export interface BuildInput {
  readonly path: string
  readonly sizeBytes: number
  readonly mtimeMs: number
  readonly digest: string
}

export interface BuildRecord {
  /** What the build was asked for besides its inputs: entry, shared packages, options, esbuild's version. */
  readonly recipe: string
  readonly inputs: readonly BuildInput[]
  readonly artifact: string
}

export interface BuildCache {
  /** The digest of the artifact that this folder's sources still give, or undefined. */
  lookup(folder: string, recipe: string): string | undefined
  record(folder: string, recipe: string, inputs: readonly string[], artifact: string): void
  /** Writes what was recorded, if anything was. */
  save(): void
}

/**
 * A file that was changed so shortly before the cache was written may have been changed again within the same tick
 * of the file system's clock, so its times prove nothing.
 */
const clockTickMsMax = 2_000

export function openBuildCache(folder: string): BuildCache {
  const path = join(folder, 'builds.json')
  const records = readRecords(path)
  const writtenMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
  let changed = false
  return {
    lookup(module, recipe) {
      const record = records.get(module)
      if (record === undefined || record.recipe !== recipe) return undefined
      return record.inputs.every((input) => isUnchanged(module, input, writtenMs))
        ? record.artifact
        : undefined
    },
    record(module, recipe, inputs, artifact) {
      records.set(module, { recipe, inputs: inputs.map((input) => fingerprint(module, input)), artifact })
      changed = true
    },
    save() {
      if (changed) writeDurably(path, JSON.stringify({ records: Object.fromEntries(records) }))
      changed = false
    },
  }
}

function readRecords(path: string): Map<string, BuildRecord> {
  try {
    const content: unknown = JSON.parse(readIfThere(path) ?? '{}')
    const records = isRecord(content) && isRecord(content['records']) ? content['records'] : {}
    return new Map(
      Object.entries(records).filter((entry): entry is [string, BuildRecord] => isBuildRecord(entry[1])),
    )
  } catch (error) {
    if (error instanceof SyntaxError) return new Map()
    throw error
  }
}

function isBuildRecord(value: unknown): value is BuildRecord {
  return (
    isRecord(value) &&
    typeof value['recipe'] === 'string' &&
    typeof value['artifact'] === 'string' &&
    Array.isArray(value['inputs']) &&
    value['inputs'].every((input) => isRecord(input) && typeof input['path'] === 'string')
  )
}

function isUnchanged(module: string, input: BuildInput, writtenMs: number): boolean {
  const path = pathOf(module, input.path)
  const stats = statSync(path, { throwIfNoEntry: false })
  if (stats === undefined || stats.size !== input.sizeBytes) return false
  if (stats.mtimeMs === input.mtimeMs && stats.mtimeMs < writtenMs - clockTickMsMax) return true
  return digestOf(readFileSync(path)) === input.digest
}

function fingerprint(module: string, input: string): BuildInput {
  const path = pathOf(module, input)
  const { size, mtimeMs } = statSync(path)
  return { path: input, sizeBytes: size, mtimeMs, digest: digestOf(readFileSync(path)) }
}

function pathOf(module: string, input: string): string {
  return isAbsolute(input) ? input : join(module, input)
}
