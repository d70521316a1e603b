/**
 * What a manifest says of other modules, as the solver takes it: what it depends on, what it takes where that is there,
 * what it does not go together with. Owns where each of these stands in the manifest.
 */
import type { Manifest } from '@nexus/sdk'
import { escapePointer } from '../schema.ts'
import type { PackageVersion, Requirement } from './package_source.ts'

export interface PlacedRequirement extends Requirement {
  /** Where it stands, as a JSON pointer. */
  readonly pointer: string
}

/** What a module depends on, in the manifest's order; what is optional comes last. */
export function dependenciesOf({ dependencies = {} }: Manifest): PlacedRequirement[] {
  const optional = placed(dependencies.optional, '/dependencies/optional')
  return [
    ...placed(dependencies.modules, '/dependencies/modules'),
    ...optional.map((requirement) => ({ ...requirement, optional: true })),
  ]
}

export function conflictsOf({ conflicts }: Manifest): PlacedRequirement[] {
  return placed(conflicts, '/conflicts')
}

function placed(entries: readonly Readonly<Record<string, string>>[] = [], at: string): PlacedRequirement[] {
  return entries.flatMap((entry, index) =>
    Object.entries(entry).map(([id, range]) => ({
      id,
      range,
      pointer: `${at}/${index}/${escapePointer(id)}`,
    })),
  )
}

/** `origin`: what tells it from every other candidate. */
export function versionOf(manifest: Manifest, origin: string): PackageVersion {
  const conflicts = conflictsOf(manifest).map(({ id, range }) => [id, range] as const)
  return {
    version: manifest.version,
    dependencies: dependenciesOf(manifest),
    conflicts: Object.fromEntries(conflicts),
    origin,
  }
}
