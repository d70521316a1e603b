/**
 * What the sources have of each module, asked once, its versions parsed and sorted. Owns what a version is to the solver:
 * its place among the others, and which of its neighbours say the same. Two versions that differ in nothing but build
 * metadata are one: the nearer, of equally near ones the later by name. It never chooses.
 */
import { NexusError } from '@nexus/sdk'
import type SemVer from 'semver/classes/semver.js'
import compareBuild from 'semver/functions/compare-build.js'
import parseVersion from 'semver/functions/parse.js'
import { versionsIn, type PackageSource, type SourcedVersion } from './package_source.ts'
import { between, has, parseRange, type VersionSet } from './version_set.ts'

export interface Candidate {
  readonly point: SemVer
  readonly found: SourcedVersion
}

export interface Package {
  readonly id: string
  /** Newest first. */
  readonly candidates: readonly Candidate[]
}

export class Catalogue {
  readonly #sources: readonly PackageSource[]
  readonly #packages = new Map<string, Package>()
  readonly #ranges = new Map<string, VersionSet | undefined>()

  /** A module in `fixed` has that version and no other, whatever the sources say. */
  constructor(sources: readonly PackageSource[], fixed: ReadonlyMap<string, string>) {
    this.#sources = sources
    for (const [id, version] of fixed) this.#packages.set(id, packageOf(id, [fixedVersion(version)]))
  }

  /** Asks the sources for what is not known yet, all at once. */
  async load(ids: Iterable<string>): Promise<void> {
    const missing = [...ids].filter((id) => !this.#packages.has(id))
    const found = await Promise.all(missing.map((id) => versionsIn(this.#sources, id)))
    for (const [index, id] of missing.entries()) this.#packages.set(id, packageOf(id, found[index] ?? []))
  }

  has(id: string): boolean {
    return this.#packages.has(id)
  }

  get(id: string): Package {
    return this.#packages.get(id) ?? { id, candidates: [] }
  }

  /** The versions that a range stands for, or undefined where the text is none. */
  range(text: string): VersionSet | undefined {
    if (!this.#ranges.has(text)) this.#ranges.set(text, parseRange(text))
    return this.#ranges.get(text)
  }
}

/** Where the kernel's own modules say that they are from. */
export const fixedSource = 'kernel'

function fixedVersion(version: string): SourcedVersion {
  return { version, dependencies: [], source: fixedSource, rank: 0 }
}

function packageOf(id: string, versions: readonly SourcedVersion[]): Package {
  const candidates = versions
    .map((version) => ({ point: pointOf(id, version), found: version }))
    .sort(newestAndNearestFirst)
  return {
    id,
    candidates: candidates.filter(({ point }, index) => candidates[index - 1]?.point.compare(point) !== 0),
  }
}

function newestAndNearestFirst(left: Candidate, right: Candidate): number {
  return (
    right.point.compare(left.point) ||
    left.found.rank - right.found.rank ||
    compareBuild(right.point, left.point)
  )
}

function pointOf(id: string, { version, source }: SourcedVersion): SemVer {
  const point = parseVersion(version)
  if (point !== null) return point
  throw new NexusError(
    'not_a_version',
    `The source "${source}" has module "${id}" in "${version}", which is not a semantic version like 1.0.0.`,
  )
}

export function candidatesIn({ candidates }: Package, versions: VersionSet): Candidate[] {
  return candidates.filter(({ point }) => has(versions, point))
}

/**
 * The versions from the oldest to the newest neighbour of a candidate that pass the test without a gap, as one set that
 * reaches right up to the first ones that do not.
 */
export function spanAround(
  { candidates }: Package,
  candidate: Candidate,
  test: (candidate: Candidate) => boolean,
): VersionSet {
  const here = candidates.indexOf(candidate)
  let oldest = here
  let newest = here
  while (passes(candidates[oldest + 1], test)) oldest++
  while (passes(candidates[newest - 1], test)) newest--
  const isOldest = oldest === candidates.length - 1
  return between(cutBefore(isOldest ? undefined : candidates[oldest]), cutBefore(candidates[newest - 1]))
}

function passes(candidate: Candidate | undefined, test: (candidate: Candidate) => boolean): boolean {
  return candidate !== undefined && test(candidate)
}

function cutBefore(candidate: Candidate | undefined): { version: SemVer; after: false } | undefined {
  return candidate && { version: candidate.point, after: false }
}
