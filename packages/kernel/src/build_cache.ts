/**
 * Remembers which artifact came out of which inputs, so that an unchanged module is not built again.
 */
import { readFileSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { digestOf } from './artifact.ts'
import { openCacheFile } from './cache_file.ts'

/** A file that went into an artifact, relative to the module's folder. */
interface BuildInput {
  readonly path: string
  readonly sizeBytes: number
  readonly mtimeMs: number
  readonly digest: string
}

export interface BuildRecord {
  /** What the build was asked for besides its inputs: the entry, the shared packages. */
  readonly recipe: string
  readonly inputs: readonly BuildInput[]
  readonly artifact: string
}

export interface BuildCache {
  /** The digest of the artifact that this folder's sources still give, or undefined. */
  lookup(folder: string, recipe: string): string | undefined
  record(folder: string, recipe: string, inputs: readonly string[], artifact: string): void
  /** Takes over what another one knows of a folder. */
  adopt(folder: string, other: BuildCache): void
  /** What is known of a folder. */
  readonly records: ReadonlyMap<string, BuildRecord>
  /** Writes what was recorded, if anything was. */
  save(): void
}

/**
 * A file that was changed so shortly before the cache was written may have been changed again within the same tick
 * of the file system's clock, so its times prove nothing.
 */
const clockTickMsMax = 2_000

/** `format` names what every build depends on: the builder's options and version. */
export function openBuildCache(folder: string, format: string): BuildCache {
  const file = openCacheFile<BuildRecord>(join(folder, 'builds.cache'), format)
  let changed = false
  return {
    lookup(module, recipe) {
      const record = file.entries.get(module)
      if (record?.recipe !== recipe) return undefined
      return record.inputs.every((input) => isUnchanged(module, input, file.writtenMs))
        ? record.artifact
        : undefined
    },
    record(module, recipe, inputs, artifact) {
      file.entries.set(module, {
        recipe,
        inputs: inputs.map((input) => fingerprint(module, input)),
        artifact,
      })
      changed = true
    },
    adopt(module, other) {
      const record = other.records.get(module)
      if (record === undefined) return
      file.entries.set(module, record)
      changed = true
    },
    records: file.entries,
    save() {
      if (changed) file.save()
      changed = false
    },
  }
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
