/**
 * Modules as generations keep them, and what differs between two generations. Pure.
 */
import type { JsonObject } from '@nexus/sdk'
import type { Change } from '../change.ts'
import { readConfig } from '../config.ts'
import type { StoredGeneration, StoredModule } from '../generation_journal.ts'
import { ModuleFailure } from '../host.ts'
import type { ChangedModule } from '../receipt.ts'
import type { Prepared } from '../stage.ts'

export function storedModule(
  { candidate, artifact, config }: Prepared,
  more: Pick<StoredModule, 'instead_of' | 'configured' | 'runs' | 'line'>,
): StoredModule {
  const { manifest, folder, source } = candidate
  return { manifest, artifact: artifact.digest, config, folder, source, ...more }
}

/** What stays in the place of what the sources offer goes on doing so, and with the configuration that it was given. */
export function insteadOf(
  { candidate, artifact }: Prepared,
  before: StoredGeneration | undefined,
): Pick<StoredModule, 'instead_of' | 'configured'> {
  const { instead_of, configured: given, artifact: known } = before?.modules[candidate.id] ?? {}
  return {
    ...(instead_of !== undefined && known === artifact.digest && { instead_of }),
    ...(given !== undefined && { configured: given }),
  }
}

/** A module as it is, with another configuration. Throws `ModuleFailure` for one that does not fit. */
export function configured(module: StoredModule, given: JsonObject | undefined): StoredModule {
  if (given === undefined) return module
  const reading = readConfig(module.manifest, given)
  if ('problems' in reading) throw new ModuleFailure(reading.problems.join('\n'))
  return { ...module, config: reading.config }
}

/** What this change takes out, and what was out and has not come in. */
export function removedBy(
  { remove = [] }: Change,
  modules: StoredGeneration['modules'],
  before: StoredGeneration | undefined,
): StoredGeneration['removed'] {
  const taken = remove.map((id): [string, string] => {
    const known = before?.modules[id]
    return [id, known?.instead_of ?? known?.artifact ?? '']
  })
  const out = Object.entries(before?.removed ?? {}).filter(([id]) => !(id in modules))
  return Object.fromEntries([...out, ...taken])
}

export function sameModules(a: StoredGeneration['modules'], b: StoredGeneration['modules']): boolean {
  const keyed = (modules: StoredGeneration['modules']): string =>
    JSON.stringify(
      Object.entries(modules)
        .toSorted(([x], [y]) => (x < y ? -1 : 1))
        .map(([id, { artifact, config, manifest }]) => [id, artifact, config, manifest]),
    )
  return keyed(a) === keyed(b)
}

export function changesBetween(
  before: StoredGeneration['modules'],
  after: StoredGeneration['modules'],
): readonly ChangedModule[] {
  const ids = [...new Set([...Object.keys(before), ...Object.keys(after)])].toSorted()
  return ids.flatMap((id) => {
    const [from, to] = [before[id], after[id]]
    if (from && to && sameModules({ [id]: from }, { [id]: to })) return []
    return [
      {
        id,
        from: from?.manifest.version ?? null,
        to: to?.manifest.version ?? null,
        artifact: to?.artifact ?? null,
      },
    ]
  })
}
