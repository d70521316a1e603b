/**
 * Where module versions come from: a folder, a store, a registry. Owns the interface of a source, a source that is a
 * list, and how several act as one: of each version, the first source that has it wins. Sources say what there is;
 * they never choose.
 */

export interface PackageSource {
  /** Carried into the resolution and the lock: `folder`, `store`, a registry's name. */
  readonly name: string
  /** Every version of the module that this source has, in any order; none where it does not know the id. */
  versions(id: string): Promise<readonly PackageVersion[]>
  /** The ids that it knows of, where it can say; for nothing but "did you mean". */
  ids?(): Promise<readonly string[]>
}

export interface PackageVersion {
  readonly version: string
  readonly dependencies: readonly Requirement[]
  /** Module ids to npm ranges: this version and one of those cannot be used together. */
  readonly conflicts?: Readonly<Record<string, string>>
  /** The sha-256 of what would be installed; carried through. */
  readonly digest?: string
  /** Where the source has it, in words of its own; carried through. */
  readonly origin?: string
}

export interface Requirement {
  readonly id: string
  /** In npm's syntax. */
  readonly range: string
  /** Says what to take if the module is used at all, and does not bring it in. */
  readonly optional?: boolean
  /** Why it is asked for, as a sentence without its stop, where nobody wrote down that they want it. */
  readonly because?: string
}

export interface SourcedVersion extends PackageVersion {
  /** The name of the source that it is from. */
  readonly source: string
  /** How far away that source is: its place among the sources, from 0. */
  readonly rank: number
}

/** A source of what is known beforehand. */
export function listSource(
  name: string,
  packages: Readonly<Record<string, readonly PackageVersion[]>>,
): PackageSource {
  const byId = new Map(Object.entries(packages))
  return {
    name,
    versions: async (id) => byId.get(id) ?? [],
    ids: async () => [...byId.keys()],
  }
}

/** The versions of all sources; one that an earlier source has too is the earlier one's. */
export async function versionsIn(sources: readonly PackageSource[], id: string): Promise<SourcedVersion[]> {
  const found = await Promise.all(
    sources.map(async (source, rank) =>
      (await source.versions(id)).map((version) => ({ ...version, source: source.name, rank })),
    ),
  )
  const winners = new Map<string, SourcedVersion>()
  for (const version of found.flat()) {
    if (!winners.has(version.version)) winners.set(version.version, version)
  }
  return [...winners.values()]
}

/** Every id that the sources can name, sorted. */
export async function idsIn(sources: readonly PackageSource[]): Promise<string[]> {
  const ids = await Promise.all(sources.map(async (source) => (await source.ids?.()) ?? []))
  return [...new Set(ids.flat())].sort()
}
