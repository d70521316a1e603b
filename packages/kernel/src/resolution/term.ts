/**
 * What may be true of one module in a resolution: that it is used in one of some versions, or that, or not used at all.
 * So a term is a set of versions that may have "absent" as one more member, and all logic on terms is that of sets.
 * Owns this logic; why a term holds is for `incompatibility.ts`.
 */
import {
  complement,
  everyVersion,
  intersection,
  isDisjoint,
  isEmpty,
  isEqual,
  isSubset,
  union,
  type VersionSet,
} from './version_set.ts'

export interface Term {
  readonly id: string
  readonly versions: VersionSet
  /** Whether the module may be left out. */
  readonly absent: boolean
}

/** The module is used, in one of these versions. */
export function used(id: string, versions: VersionSet): Term {
  return { id, versions, absent: false }
}

/** The module is left out, or used in another version than these. */
export function notUsed(id: string, versions: VersionSet): Term {
  return { id, versions: complement(versions), absent: true }
}

/** Says nothing: whatever becomes of the module. */
export function anything(id: string): Term {
  return { id, versions: everyVersion, absent: true }
}

export function inverse({ id, versions, absent }: Term): Term {
  return { id, versions: complement(versions), absent: !absent }
}

/** The very object of a side that the other does not narrow. */
export function bothOf(left: Term, right: Term): Term {
  const versions = intersection(left.versions, right.versions)
  const absent = left.absent && right.absent
  if (versions === left.versions && absent === left.absent) return left
  return versions === right.versions && absent === right.absent ? right : { id: left.id, versions, absent }
}

export function eitherOf(left: Term, right: Term): Term {
  return {
    id: left.id,
    versions: union(left.versions, right.versions),
    absent: left.absent || right.absent,
  }
}

export function saysNothing({ versions, absent }: Term): boolean {
  return absent && isEqual(versions, everyVersion)
}

export function isImpossible({ versions, absent }: Term): boolean {
  return !absent && isEmpty(versions)
}

/** Whether whatever `known` allows is allowed by `term`. */
export function implies(known: Term, term: Term): boolean {
  return (term.absent || !known.absent) && isSubset(known.versions, term.versions)
}

/** Whether nothing that `known` allows is allowed by `term`. */
export function excludes(known: Term, term: Term): boolean {
  return !(known.absent && term.absent) && isDisjoint(known.versions, term.versions)
}
