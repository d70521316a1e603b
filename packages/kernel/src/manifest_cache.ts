/**
 * Remembers manifests that were read and found good, by the digest of their text, since parsing and validating them is
 * most of a start's time. Bad ones are read again, for the places of their problems.
 */
import { join } from 'node:path'
import { Manifest } from '@nexus/sdk'
import { digestOf } from './artifact.ts'
import { openCacheFile } from './cache_file.ts'
import type { ReadManifest } from './discover.ts'
import { manifestRules, readManifest, type ManifestReading } from './manifest.ts'

export interface ManifestCache {
  readonly read: ReadManifest
  /** Writes what was read, if anything new was. */
  save(): void
}

/** How many manifests are remembered; above it, all are forgotten but those of this start. */
const manifestsMax = 1_000

export function openManifestCache(folder: string): ManifestCache {
  const format = JSON.stringify([manifestRules, Manifest])
  const file = openCacheFile<Manifest>(join(folder, 'manifests.cache'), format)
  if (file.entries.size > manifestsMax) file.entries.clear()
  let changed = false
  return {
    read(text, path) {
      const digest = digestOf(text)
      const known = file.entries.get(digest)
      if (known !== undefined) return knownReading(known, text, path)
      const reading = readManifest(text, path)
      if (reading.manifest !== undefined) {
        file.entries.set(digest, reading.manifest)
        changed = true
      }
      return reading
    },
    save() {
      if (changed) file.save()
      changed = false
    },
  }
}

/** Only a problem that is found later, in the files around it, makes the text be parsed. */
function knownReading(manifest: Manifest, text: string, file: string): ManifestReading {
  let reading: ManifestReading | undefined
  return {
    file,
    manifest,
    problems: [],
    draft: manifest,
    problemAt(pointer, message, hint) {
      reading ??= readManifest(text, file)
      return reading.problemAt(pointer, message, hint)
    },
  }
}
