/**
 * What must be true of modules before they serve together. Pure but for the solver.
 */
import type { StoredGeneration } from '../generation_journal.ts'
import { ModuleFailure } from '../host.ts'
import { addedPermissions } from '../permissions.ts'
import { formatProblem, type Problem } from '../problem.ts'
import { explain } from '../resolution/explain.ts'
import { listSource } from '../resolution/package_source.ts'
import { resolve } from '../resolution/resolve.ts'
import { dependenciesOf } from '../resolve.ts'
import type { Candidate } from '../stage.ts'

/** The solver says in sentences why modules do not fit together. */
export async function checkTogether(candidates: readonly Candidate[]): Promise<void> {
  const versions = candidates.map(
    ({ manifest }) =>
      [manifest.id, [{ version: manifest.version, dependencies: dependenciesOf(manifest) }]] as const,
  )
  const roots = candidates.map(({ manifest }) => ({ id: manifest.id, range: manifest.version }))
  const outcome = await resolve({ roots, sources: [listSource('modules', Object.fromEntries(versions))] })
  if (outcome.kind === 'failed') throw new ModuleFailure(explain(outcome))
  if (outcome.order.kind === 'circle') throw new ModuleFailure(outcome.order.message)
}

export function checkPermissions(
  candidates: readonly Candidate[],
  before: StoredGeneration | undefined,
  consent: boolean,
): void {
  if (consent) return
  const added = candidates.flatMap(({ id, manifest }) => {
    const known = before?.modules[id]?.manifest
    return known
      ? addedPermissions(known, manifest).map((right) => `  ${id} ${manifest.version}: ${right}`)
      : []
  })
  if (added.length === 0) return
  throw new ModuleFailure(`More is asked for than before, which needs your consent:\n${added.join('\n')}`)
}

export function throwProblems(problems: ReadonlyMap<string, readonly Problem[]>): undefined {
  const all = [...problems.values()].flat()
  if (all.length > 0) throw new ModuleFailure(all.map(formatProblem).join('\n'))
  return undefined
}
