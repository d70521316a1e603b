/**
 * What a version says of others and of itself, as incompatibilities: its dependencies, its conflicts, and that it cannot be
 * used where one of them cannot be read. Owns saying a thing once, for all neighbouring versions that say the same, which
 * is what makes derivations short.
 */
import { spanAround, type Candidate, type Catalogue, type Package } from './catalogue.ts'
import { dependencyOf, incompatibility, type Incompatibility } from './incompatibility.ts'
import type { Requirement } from './package_source.ts'
import { used } from './term.ts'
import { has, type VersionSet } from './version_set.ts'

export class VersionRules {
  readonly #catalogue: Catalogue
  /** By what is said, the versions of which it has been said. */
  readonly #said = new Map<string, VersionSet[]>()

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue
  }

  /** What a version says that no rule given before says of it. */
  of(of: Package, candidate: Candidate): Incompatibility[] {
    const dependencies = candidate.found.dependencies
      .toSorted((left, right) => (left.id < right.id ? -1 : left.id > right.id ? 1 : 0))
      .map((requirement) => this.#dependencyRule(of, candidate, requirement))
    const conflicts = Object.entries(candidate.found.conflicts ?? {})
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([other, range]) => this.#conflictRule(of, candidate, other, range))
    return [...dependencies, ...conflicts].filter((rule) => rule !== undefined)
  }

  #dependencyRule(of: Package, candidate: Candidate, requirement: Requirement): Incompatibility | undefined {
    const { id, range, optional = false } = requirement
    const says = ({ found }: Candidate): boolean =>
      found.dependencies.some(
        (other) => other.id === id && other.range === range && (other.optional ?? false) === optional,
      )
    const versions = this.#saidAnew(of, candidate, says, `${optional ? 'may need' : 'needs'} ${id} ${range}`)
    if (versions === undefined) return undefined
    const wanted = this.#catalogue.range(range)
    if (wanted === undefined) return unreadable(of.id, versions, id, range)
    return dependencyOf(of.id, versions, requirement, wanted)
  }

  #conflictRule(
    of: Package,
    candidate: Candidate,
    other: string,
    range: string,
  ): Incompatibility | undefined {
    // Two versions of one module are never together.
    if (other === of.id) return undefined
    const says = ({ found }: Candidate): boolean => found.conflicts?.[other] === range
    const versions = this.#saidAnew(of, candidate, says, `conflicts with ${other} ${range}`)
    if (versions === undefined) return undefined
    const unwanted = this.#catalogue.range(range)
    if (unwanted === undefined) return unreadable(of.id, versions, other, range)
    const cause = { kind: 'conflict', id: of.id, versions, other, range } as const
    return incompatibility([used(of.id, versions), used(other, unwanted)], cause)
  }

  /** The versions around this one that say something, or undefined where that was noted before. */
  #saidAnew(
    of: Package,
    candidate: Candidate,
    says: (candidate: Candidate) => boolean,
    what: string,
  ): VersionSet | undefined {
    const key = `${of.id} ${what}`
    const before = this.#said.get(key) ?? []
    if (before.some((versions) => has(versions, candidate.point))) return undefined
    const versions = spanAround(of, candidate, says)
    this.#said.set(key, [...before, versions])
    return versions
  }
}

function unreadable(
  id: string,
  versions: VersionSet,
  other: string,
  range: string,
): Incompatibility | undefined {
  return incompatibility([used(id, versions)], { kind: 'unusable', id, versions, other, range })
}
