/**
 * What must be true of modules before they serve together. Pure but for the solver.
 */
import { asker, type Wishes } from '../choosing/wishes.ts'
import type { StoredGeneration } from '../generation_journal.ts'
import { ModuleFailure } from '../host.ts'
import { addedPermissions } from '../permissions.ts'
import { formatProblem, type Problem } from '../problem.ts'
import { explain } from '../resolution/explain.ts'
import { versionOf } from '../resolution/manifest_requirements.ts'
import { listSource, type PackageSource } from '../resolution/package_source.ts'
import { resolve } from '../resolution/resolve.ts'
import type { Candidate } from '../stage.ts'

export interface Together {
  /** What the change brings in; of these modules nothing else counts. */
  readonly brought: ReadonlySet<string>
  /** Modules of the folders, which may take the place of others where that is the way for all to go together. */
  readonly offered: readonly Candidate[]
  readonly wanted: NonNullable<Wishes['modules']>
}

/**
 * What serves together: everything stays as it is, as far as that goes with what the change brings in. Rejects with
 * `ModuleFailure`, which says in sentences why nothing goes together.
 */
export async function chooseTogether(
  candidates: readonly Candidate[],
  { brought, offered, wanted }: Together,
): Promise<readonly Candidate[]> {
  const ids = new Set(candidates.map(({ id }) => id))
  const others = offered.filter(({ id }) => ids.has(id) && !brought.has(id))
  const there = candidates.map(({ id, manifest }) => {
    const has = brought.has(id) ? 'the change brings' : 'in use is'
    const versions = [manifest, ...others.filter((other) => other.id === id).map((other) => other.manifest)]
    const range = versions.map(({ version }) => version).join(' || ')
    return { id, range, because: `${has} "${id}" ${manifest.version}` }
  })
  const asked = Object.entries(wanted).flatMap(([id, { range, enabled }]) => (enabled ? [{ id, range }] : []))
  const outcome = await resolve({
    roots: [...asked, ...there],
    sources: [sourceOf('in use', candidates), sourceOf('folders', others)],
    prefer: 'nearest',
    locked: new Map(candidates.map(({ id, manifest }) => [id, manifest.version])),
  })
  if (outcome.kind === 'failed') throw new ModuleFailure(explain(outcome, { root: asker }))
  return [...outcome.versions].flatMap(([id, { source, version }]) => {
    const from = source === 'in use' ? candidates : others
    return from.find((each) => each.id === id && each.manifest.version === version) ?? []
  })
}

function sourceOf(name: string, candidates: readonly Candidate[]): PackageSource {
  const byId = Map.groupBy(candidates, ({ id }) => id)
  const versions = [...byId].map(
    ([id, all]) => [id, all.map(({ manifest, folder }) => versionOf(manifest, folder))] as const,
  )
  return listSource(name, Object.fromEntries(versions))
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
