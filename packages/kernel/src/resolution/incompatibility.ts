/**
 * An incompatibility: terms that cannot all be true at once, and why. PubGrub knows nothing else: a dependency, a conflict
 * and a version that is not there all become incompatibilities, and resolving two of them gives a third, whose cause are
 * the two. The tree of causes is the derivation that `explain.ts` puts into sentences.
 */
import type { Requirement } from './package_source.ts'
import { bothOf, eitherOf, isImpossible, notUsed, saysNothing, used, type Term } from './term.ts'
import { complement, type VersionSet } from './version_set.ts'

export interface Incompatibility {
  /** At most one for each module, sorted by id. Without any, there is no answer at all. */
  readonly terms: readonly Term[]
  readonly cause: Cause
}

export type Cause =
  /** It was asked for. */
  | { readonly kind: 'root'; readonly requirement: Requirement; readonly wanted: VersionSet }
  /** The kernel brings it in this very version. */
  | { readonly kind: 'fixed'; readonly id: string; readonly version: string }
  | {
      readonly kind: 'dependency'
      readonly id: string
      /** The versions of it that have this dependency. */
      readonly versions: VersionSet
      readonly requirement: Requirement
      readonly wanted: VersionSet
    }
  | {
      readonly kind: 'conflict'
      readonly id: string
      readonly versions: VersionSet
      readonly other: string
      readonly range: string
    }
  /** The version itself cannot be taken. */
  | {
      readonly kind: 'unusable'
      readonly id: string
      readonly versions: VersionSet
      /** The module that it names with what is no range. */
      readonly other: string
      readonly range: string
    }
  | {
      readonly kind: 'circle'
      /** Each depends on the next; the last is the first again. */
      readonly circle: readonly string[]
    }
  | { readonly kind: 'no_version'; readonly id: string; readonly wanted: VersionSet }
  | { readonly kind: 'unknown'; readonly id: string }
  | { readonly kind: 'derived'; readonly from: readonly [Incompatibility, Incompatibility] }

/** Undefined where the terms can never all be true anyway, as when a module that names itself is content with itself. */
export function incompatibility(terms: readonly Term[], cause: Cause): Incompatibility | undefined {
  const merged = mergeById(terms, bothOf).filter((term) => !saysNothing(term))
  return merged.some(isImpossible) ? undefined : { terms: merged, cause }
}

/** What `id` in `versions` says of another module: a dependency, optional or not. */
export function dependencyOf(
  id: string,
  versions: VersionSet,
  requirement: Requirement,
  wanted: VersionSet,
): Incompatibility | undefined {
  return incompatibility([used(id, versions), broken(requirement, wanted)], {
    kind: 'dependency',
    id,
    versions,
    requirement,
    wanted,
  })
}

/** What would break a requirement: the module in another version or, unless it is optional, left out. */
export function broken(requirement: Requirement, wanted: VersionSet): Term {
  return requirement.optional === true
    ? used(requirement.id, complement(wanted))
    : notUsed(requirement.id, wanted)
}

/**
 * The rule of resolution: where `conflict` needs `id` to be in one set and `other` in a second one that the first one's
 * complement lies in, all the rest of their terms together is impossible too, with `id` in either.
 */
export function resolvent(conflict: Incompatibility, other: Incompatibility, id: string): Incompatibility {
  const rest = [...conflict.terms, ...other.terms].filter((term) => term.id !== id)
  const meeting = [...conflict.terms, ...other.terms].filter((term) => term.id === id)
  const pivot = mergeById(meeting, eitherOf).filter((term) => !saysNothing(term))
  const terms = [...mergeById(rest, bothOf), ...pivot].sort(byId)
  return { terms, cause: { kind: 'derived', from: [conflict, other] } }
}

function mergeById(terms: readonly Term[], merge: (left: Term, right: Term) => Term): Term[] {
  const merged = new Map<string, Term>()
  for (const term of terms) {
    const before = merged.get(term.id)
    merged.set(term.id, before === undefined ? term : merge(before, term))
  }
  return [...merged.values()].sort(byId)
}

function byId(left: Term, right: Term): number {
  return left.id < right.id ? -1 : left.id > right.id ? 1 : 0
}

/** Every cause in the tree of causes, each incompatibility's once. */
export function causesIn(incompatibility: Incompatibility): Cause[] {
  const seen = new Set([incompatibility])
  for (const { cause } of seen) {
    if (cause.kind === 'derived') for (const from of cause.from) seen.add(from)
  }
  return [...seen].map(({ cause }) => cause)
}
