/**
 * Sets of versions: what an npm range stands for, and intersection, union, complement and subset of such sets, exact.
 *
 * In npm a range lets a pre-release in only where a comparator beside it names a pre-release of the same
 * major.minor.patch. So `^1.0.0` and `<2.0.0 >=1.0.0-0` overlap in ways that no interval of one line can say. A set here
 * has two lines instead, one of the releases and one of the pre-releases, each with intervals of its own: `^1.0.0` has
 * an interval on the first and nothing on the second. All operations go line by line, so they form a Boolean algebra,
 * and a version is in the intersection of two ranges exactly when it satisfies both. Both lines are discrete (after
 * 1.2.3 comes 1.2.4, after 1.2.3-a comes 1.2.3-a.0), so intervals are half-open and every set has one form only.
 * Build metadata is no part of a version's place. What versions there are is for others to know.
 */
import Range from 'semver/classes/range.js'
import type Comparator from 'semver/classes/comparator.js'
import validRange from 'semver/ranges/valid.js'

/** A version, as far as it has a place among others; semver's `SemVer` is one. */
export interface Point {
  readonly major: number
  readonly minor: number
  readonly patch: number
  readonly prerelease: readonly (string | number)[]
}

/** The places where a line goes into the set and out of it, in turn and ascending; the first is a way in. */
type Line = readonly Point[]

export interface VersionSet {
  readonly releases: Line
  readonly prereleases: Line
  /** The range that somebody wrote, where the set is just what one wrote. */
  readonly text?: string
  /** What this was made from by `complement`, so that twice the complement is the very same set, with its text. */
  readonly opposite?: VersionSet
}

/** A place between versions: right before a version, or right after it. */
export interface Cut {
  readonly version: Point
  readonly after: boolean
}

const firstRelease: Point = { major: 0, minor: 0, patch: 0, prerelease: [] }
const firstPrerelease: Point = { ...firstRelease, prerelease: [0] }

export const noVersion: VersionSet = { releases: [], prereleases: [] }
/** Every version, pre-releases too; more than `*` says. */
export const everyVersion: VersionSet = { releases: [firstRelease], prereleases: [firstPrerelease] }

/** The versions that satisfy an npm range, or undefined where the text is none. */
export function parseRange(text: string): VersionSet | undefined {
  if (validRange(text) === null) return undefined
  const set = new Range(text).set.map(allOf).reduce(union, noVersion)
  return { ...set, text }
}

/** Every version from one cut to another, pre-releases too; an end that is left out is open. */
export function between(from: Cut | undefined, to: Cut | undefined): VersionSet {
  return {
    releases: interval(from ? releaseAt(from) : firstRelease, to && releaseAt(to)),
    prereleases: interval(from ? prereleaseAt(from) : firstPrerelease, to && prereleaseAt(to)),
  }
}

export function exactly(version: Point): VersionSet {
  return between({ version, after: false }, { version, after: true })
}

export function has(set: VersionSet, version: Point): boolean {
  const line = version.prerelease.length > 0 ? set.prereleases : set.releases
  let passed = 0
  for (const point of line) {
    if (comparePoints(point, version) > 0) break
    passed++
  }
  return passed % 2 === 1
}

export function complement(set: VersionSet): VersionSet {
  if (set.opposite !== undefined) return set.opposite
  const { releases, prereleases } = set
  return {
    releases: flip(releases, firstRelease),
    prereleases: flip(prereleases, firstPrerelease),
    opposite: set,
  }
}

/** What is in both; the very object of a side that the other one does not narrow. */
export function intersection(left: VersionSet, right: VersionSet): VersionSet {
  return mixed(left, right, both)
}

/** What is in either; the very object of a side that the other one adds nothing to. */
export function union(left: VersionSet, right: VersionSet): VersionSet {
  return mixed(left, right, either)
}

export function isEmpty({ releases, prereleases }: VersionSet): boolean {
  return releases.length === 0 && prereleases.length === 0
}

export function isSubset(inner: VersionSet, outer: VersionSet): boolean {
  return inner === outer || !meets(inner, outer, leftOnly)
}

export function isDisjoint(left: VersionSet, right: VersionSet): boolean {
  return !meets(left, right, both)
}

export function isEqual(left: VersionSet, right: VersionSet): boolean {
  return sameLine(left.releases, right.releases) && sameLine(left.prereleases, right.prereleases)
}

/** By semver's precedence: negative where `left` comes first. */
export function comparePoints(left: Point, right: Point): number {
  return (
    left.major - right.major ||
    left.minor - right.minor ||
    left.patch - right.patch ||
    comparePrereleases(left.prerelease, right.prerelease)
  )
}

/** The release that follows one on the line of releases. */
export function nextRelease({ major, minor, patch }: Point): Point {
  return { major, minor, patch: patch + 1, prerelease: [] }
}

function comparePrereleases(left: Point['prerelease'], right: Point['prerelease']): number {
  if (left.length === 0 || right.length === 0) return right.length - left.length
  for (let index = 0; index < left.length && index < right.length; index++) {
    const order = compareIdentifiers(left[index], right[index])
    if (order !== 0) return order
  }
  return left.length - right.length
}

function compareIdentifiers(left: string | number = '', right: string | number = ''): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (typeof left === 'number') return -1
  if (typeof right === 'number') return 1
  return left < right ? -1 : left > right ? 1 : 0
}

/** What satisfies every one of the comparators that stand side by side in a range. */
function allOf(comparators: readonly Comparator[]): VersionSet {
  const { releases, prereleases } = comparators.map(half).reduce(intersection, everyVersion)
  const named = comparators.filter(({ semver }) => (semver.prerelease?.length ?? 0) > 0)
  return { releases, prereleases: mix(prereleases, named.map(prereleasesOf).reduce(anyOf, []), both) }
}

/** What a comparator says by order alone. */
function half({ operator, semver }: Comparator): VersionSet {
  // What stands for any version has no number.
  if (semver.version === undefined) return everyVersion
  const before: Cut = { version: semver, after: false }
  const after: Cut = { version: semver, after: true }
  switch (operator) {
    case '<':
      return between(undefined, before)
    case '<=':
      return between(undefined, after)
    case '>':
      return between(after, undefined)
    case '>=':
      return between(before, undefined)
    case '':
    case '=':
    case undefined:
      return between(before, after)
  }
}

/** All pre-releases of a comparator's major.minor.patch. */
function prereleasesOf({ semver }: Comparator): Line {
  const release = { ...releaseOf(semver), prerelease: [0] }
  return [release, { ...nextRelease(semver), prerelease: [0] }]
}

const releaseOf = ({ major, minor, patch }: Point): Point => ({ major, minor, patch, prerelease: [] })

const anyOf = (left: Line, right: Line): Line => mix(left, right, either)

/** The first release that is not before the cut. */
function releaseAt({ version, after }: Cut): Point {
  if (version.prerelease.length > 0) return releaseOf(version)
  return after ? nextRelease(version) : version
}

/** The first pre-release that is not before the cut. */
function prereleaseAt({ version, after }: Cut): Point {
  if (version.prerelease.length === 0) return { ...nextRelease(version), prerelease: [0] }
  return after ? { ...version, prerelease: [...version.prerelease, 0] } : version
}

function interval(from: Point, to: Point | undefined): Line {
  if (to === undefined) return [from]
  return comparePoints(from, to) < 0 ? [from, to] : []
}

function flip(line: Line, first: Point): Line {
  const [start] = line
  return start !== undefined && comparePoints(start, first) === 0 ? line.slice(1) : [first, ...line]
}

type Keep = (inLeft: boolean, inRight: boolean) => boolean

const both: Keep = (inLeft, inRight) => inLeft && inRight
const either: Keep = (inLeft, inRight) => inLeft || inRight
const leftOnly: Keep = (inLeft, inRight) => inLeft && !inRight

function mixed(left: VersionSet, right: VersionSet, keep: Keep): VersionSet {
  if (left === right) return left
  const releases = mix(left.releases, right.releases, keep)
  const prereleases = mix(left.prereleases, right.prereleases, keep)
  for (const side of [left, right]) {
    if (sameLine(releases, side.releases) && sameLine(prereleases, side.prereleases)) return side
  }
  return { releases, prereleases }
}

/** A walk along two lines at once that notes where what is kept begins and ends. */
function mix(left: Line, right: Line, keep: Keep): Line {
  const line: Point[] = []
  let kept = false
  walk(left, right, (point, inLeft, inRight) => {
    if (keep(inLeft, inRight) !== kept) {
      kept = !kept
      line.push(point)
    }
    return false
  })
  return line
}

function meets(left: VersionSet, right: VersionSet, keep: Keep): boolean {
  const found = (_: Point, inLeft: boolean, inRight: boolean): boolean => keep(inLeft, inRight)
  return walk(left.releases, right.releases, found) || walk(left.prereleases, right.prereleases, found)
}

/** Tells at every change of either line which of the two what follows is in, until `stop` says that it is enough. */
function walk(
  left: Line,
  right: Line,
  stop: (point: Point, inLeft: boolean, inRight: boolean) => boolean,
): boolean {
  let leftIndex = 0
  let rightIndex = 0
  for (;;) {
    const leftPoint = left[leftIndex]
    const rightPoint = right[rightIndex]
    const point = leftPoint ?? rightPoint
    if (point === undefined) return false
    const order =
      leftPoint === undefined ? 1 : rightPoint === undefined ? -1 : comparePoints(leftPoint, rightPoint)
    if (order <= 0) leftIndex++
    if (order >= 0) rightIndex++
    const here = order > 0 && rightPoint !== undefined ? rightPoint : point
    if (stop(here, leftIndex % 2 === 1, rightIndex % 2 === 1)) return true
  }
}

function sameLine(left: Line, right: Line): boolean {
  if (left === right) return true
  return (
    left.length === right.length &&
    left.every((point, index) => {
      const other = right[index]
      return other !== undefined && (point === other || comparePoints(point, other) === 0)
    })
  )
}
