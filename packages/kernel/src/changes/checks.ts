/**
 * What must be true of modules before they serve together, and the order in which they start. Pure but for the solver.
 */
import type { StoredGeneration } from '../generation_journal.ts'
import { ModuleFailure } from '../host.ts'
import { addedPermissions } from '../permissions.ts'
import { formatProblem, type Problem } from '../problem.ts'
import { explain } from '../resolution/explain.ts'
import { listSource } from '../resolution/package_source.ts'
import { resolve } from '../resolution/resolve.ts'
import { dependenciesOf } from '../resolve.ts'
import type { Candidate, Prepared } from '../stage.ts'

/** The solver says in sentences why modules do not fit together. */
export async function checkTogether(candidates: readonly Candidate[]): Promise<void> {
  const versions = candidates.map(
    ({ manifest }): [string, { version: string; dependencies: { id: string; range: string }[] }[]] => [
      manifest.id,
      [
        {
          version: manifest.version,
          dependencies: dependenciesOf(manifest).map(({ id, range }) => ({ id, range })),
        },
      ],
    ],
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

/** Each after all that it depends on; there is no circle. */
export function inOrder(candidates: readonly Candidate[]): readonly Candidate[] {
  return sorted(candidates, (candidate) => candidate)
}

export function inOrderOf(prepared: readonly Prepared[]): readonly Prepared[] {
  return sorted(prepared, ({ candidate }) => candidate)
}

function sorted<Item>(items: readonly Item[], candidateOf: (item: Item) => Candidate): readonly Item[] {
  const byId = new Map(items.map((item) => [candidateOf(item).id, item]))
  const done = new Set<Item>()
  const visit = (item: Item): void => {
    if (done.has(item)) return
    for (const { id } of dependenciesOf(candidateOf(item).manifest)) {
      const other = byId.get(id)
      if (other !== undefined && !done.has(other)) visit(other)
    }
    done.add(item)
  }
  for (const item of items) visit(item)
  return [...done]
}

export function throwProblems(problems: ReadonlyMap<string, readonly Problem[]>): undefined {
  const all = [...problems.values()].flat()
  if (all.length > 0) throw new ModuleFailure(all.map(formatProblem).join('\n'))
  return undefined
}
