/**
 * Which version of a module a run sees that began under an earlier generation: a minor or patch version is followed at
 * the next task, a major one is not, and whoever made the change may have asked for either. Pure.
 */
import major from 'semver/functions/major.js'
import type { StoredGeneration, StoredModule } from './generation_journal.ts'

/**
 * For each module of the generation that the run began under or of the current one, what the run sees. `later`: the
 * generations that came after the one it began under and count, oldest first, the current one last.
 */
export function seenBy(
  began: StoredGeneration,
  later: readonly StoredGeneration[],
): ReadonlyMap<string, StoredModule> {
  const seen = new Map(Object.entries(began.modules))
  for (const { modules } of later) {
    for (const [id, module] of Object.entries(modules)) {
      const now = seen.get(id)
      if (!now || follows(now, module)) seen.set(id, module)
    }
  }
  return seen
}

/** Whether a run in flight that sees one version goes over to the next at its next task. */
export function follows(
  now: Pick<StoredModule, 'manifest' | 'artifact'>,
  next: Pick<StoredModule, 'manifest' | 'artifact' | 'runs'>,
): boolean {
  if (next.runs !== undefined && next.artifact !== now.artifact) return next.runs === 'follow'
  return major(next.manifest.version) === major(now.manifest.version)
}
