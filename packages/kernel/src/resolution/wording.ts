/**
 * Sets of versions in words: by the versions that there are ("1.2.0 to 1.4.0"), or as a range where none of them is in the
 * set. Owns how modules, versions and lists are written; what is said of them is for `sentences.ts`.
 */
import type { Candidate } from './catalogue.ts'
import { has, isEmpty, nextRelease, comparePoints, type Point, type VersionSet } from './version_set.ts'

/** What there is of a module, oldest first. */
export type VersionsOf = (id: string) => readonly Candidate[]

/** Runs of neighbours that are told one by one; longer ones by their ends. */
const listedMax = 3

export interface Phrase {
  readonly text: string
  /** Whether its verb is in the plural. */
  readonly many: boolean
}

/** `every version of "foo"`, `"foo" 1.0.0 and 1.1.0`, `"foo" 1.2.0 and newer`. */
export function modules(id: string, versions: VersionSet, versionsOf: VersionsOf): Phrase {
  const known = versionsOf(id)
  if (known.length > 1 && known.every(({ point }) => has(versions, point))) {
    return { text: `every version of "${id}"`, many: false }
  }
  const runs = runsIn(versions, known)
  const [first = []] = runs
  return { text: `"${id}" ${versionsText(versions, known)}`, many: runs.length > 1 || first.length > 1 }
}

/** `"foo"` for all there is, else `"foo" 1.0.0`. */
export function shortName(id: string, versions: VersionSet, versionsOf: VersionsOf): string {
  const known = versionsOf(id)
  const all = known.length > 0 && known.every(({ point }) => has(versions, point))
  return all ? `"${id}"` : `"${id}" ${versionsText(versions, known)}`
}

/** `"foo" ^1.0.0`: as somebody wrote it, if somebody did. */
export function wantedModule(id: string, wanted: VersionSet, versionsOf: VersionsOf): string {
  return `"${id}" ${wanted.text ?? versionsText(wanted, versionsOf(id))}`
}

function versionsText(versions: VersionSet, known: readonly Candidate[]): string {
  const runs = runsIn(versions, known)
  if (runs.length === 0) return rangeText(versions)
  return listed(runs.flatMap((run) => runTexts(run, known)))
}

function runTexts(run: readonly Candidate[], known: readonly Candidate[]): string[] {
  const texts = run.map(({ found }) => found.version)
  if (texts.length <= listedMax) return texts
  const [oldest = ''] = texts
  const newest = texts.at(-1) ?? ''
  if (run[0] === known[0]) return [`${newest} and older`]
  return run.at(-1) === known.at(-1) ? [`${oldest} and newer`] : [`${oldest} to ${newest}`]
}

/** The versions in the set, neighbours together. */
function runsIn(versions: VersionSet, known: readonly Candidate[]): Candidate[][] {
  const runs: Candidate[][] = []
  let run: Candidate[] | undefined
  for (const candidate of known) {
    if (!has(versions, candidate.point)) run = undefined
    else if (run === undefined) runs.push((run = [candidate]))
    else run.push(candidate)
  }
  return runs
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[], word = 'and'): string {
  const last = items.at(-1) ?? ''
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} ${word} ${last}`
}

/** The set as a range: its releases or, where it has none, its pre-releases. */
export function rangeText(versions: VersionSet): string {
  if (versions.text !== undefined) return versions.text
  if (isEmpty(versions)) return 'in no version'
  const line = versions.releases.length > 0 ? versions.releases : versions.prereleases
  const intervals: string[] = []
  for (let index = 0; index < line.length; index += 2) {
    const from = line[index]
    if (from !== undefined) intervals.push(intervalText(from, line[index + 1]))
  }
  return intervals.join(' || ')
}

function intervalText(from: Point, to: Point | undefined): string {
  const isFirst = from.major + from.minor + from.patch === 0 && from.prerelease.length === 0
  if (to === undefined) return isFirst ? '*' : `>=${pointText(from)}`
  if (from.prerelease.length > 0) return `>=${pointText(from)} <${pointText(to)}`
  if (comparePoints(to, nextRelease(from)) === 0) return pointText(from)
  if (isFirst) return `<${pointText(to)}`
  const tail = [to.minor, to.patch]
  const isNextMajor = to.major === from.major + 1 && tail.every((part) => part === 0)
  if (isNextMajor && from.major > 0) return `^${pointText(from)}`
  const isNextMinor = to.major === from.major && to.minor === from.minor + 1 && to.patch === 0
  return isNextMinor ? `~${pointText(from)}` : `>=${pointText(from)} <${pointText(to)}`
}

function pointText({ major, minor, patch, prerelease }: Point): string {
  return `${major}.${minor}.${patch}${prerelease.length > 0 ? `-${prerelease.join('.')}` : ''}`
}
