/**
 * A version that served here before, as the generations remember it. Pure.
 */
import type { StoredGeneration, StoredModule } from '../generation_journal.ts'
import { ModuleFailure } from '../host.ts'

/** Fewer digits of a digest could be a version. */
const digestStart = /^[0-9a-f]{12,64}$/

/**
 * The newest that a generation had of that version, or with an artifact whose digest begins so. Throws `ModuleFailure`,
 * which says what there was.
 */
export function knownVersion(
  id: string,
  wanted: string,
  generations: readonly StoredGeneration[],
): StoredModule {
  const known = generations.flatMap(({ modules }) => modules[id] ?? [])
  const found = known.findLast(
    ({ manifest, artifact }) =>
      manifest.version === wanted || (digestStart.test(wanted) && artifact.startsWith(wanted)),
  )
  if (found) return found
  const versions = [...new Set(known.map(({ manifest }) => manifest.version))]
  const had = versions.length === 0 ? 'It has never been here' : `There were: ${versions.join(', ')}`
  throw new ModuleFailure(
    `Module "${id}" has no version ${wanted} here. ${had}. Another version comes from a folder.`,
  )
}
