/**
 * Why a candidate does not serve, in a few words for lists. It repeats what the solver went by; it decides nothing.
 */
import satisfies from 'semver/functions/satisfies.js'
import type { FoundModule } from '../discover.ts'
import type { Problem } from '../problem.ts'
import { conflictsOf, dependenciesOf } from '../resolution/manifest_requirements.ts'
import { kernelModules } from '../resolution/kernel_modules.ts'
import type { Candidate } from '../stage.ts'
import { asker, type Wishes } from './wishes.ts'

export interface PassedOver {
  /** As its manifest says; undefined where it says none. */
  readonly version: string | undefined
  readonly source: string
  readonly folder: string
  readonly why: string
}

interface Parts {
  readonly serving: ReadonlyMap<string, Candidate>
  readonly problemsOf: (candidate: FoundModule) => readonly Problem[]
  readonly nameOf: (candidate: FoundModule) => string
  readonly wanted: NonNullable<Wishes['modules']>
}

/** `others`: the candidates for the same module that are not shown. */
export function passedOver(
  shown: FoundModule,
  others: readonly FoundModule[],
  parts: Parts,
): readonly PassedOver[] {
  return others.toReversed().map((other) => {
    const { version } = other.draft
    return {
      version: typeof version === 'string' ? version : undefined,
      source: parts.nameOf(other),
      folder: other.folder,
      why: whyNot(other, shown, parts),
    }
  })
}

/** Whether two are one candidate: from one folder, and none of them what served from it before. */
export function isSame(left: FoundModule, right: FoundModule): boolean {
  return left.file === right.file && isStored(left) === isStored(right)
}

function isStored(found: FoundModule): boolean {
  return 'stored' in found && found.stored !== undefined
}

function whyNot(other: FoundModule, shown: FoundModule, parts: Parts): string {
  const { manifest, id } = other
  const [problem] = [...other.problems, ...parts.problemsOf(other)]
  if (problem) return `it cannot be used: ${problem.message}`
  if (manifest === undefined) return 'it cannot be read'
  const wanted = parts.wanted[id]
  if (wanted?.enabled === false) return `${asker} switches it off`
  if (wanted?.source !== undefined && wanted.source !== parts.nameOf(other)) {
    return `${asker} takes it from ${wanted.source}`
  }
  if (wanted && !satisfies(manifest.version, wanted.range)) return `${asker} asks for ${wanted.range}`
  const against = whoIsAgainst({ ...other, manifest }, parts)
  if (against !== undefined) return against
  if (isStored(shown)) return 'another was chosen or locked in its place'
  return shown.source > other.source
    ? `${parts.nameOf(shown)} is nearer`
    : 'it does not go together with the others'
}

function whoIsAgainst({ id, manifest }: Candidate, { serving }: Parts): string | undefined {
  const { version } = manifest
  for (const [other, candidate] of serving) {
    if (other === id) continue
    const needed = dependenciesOf(candidate.manifest).find((need) => need.id === id)
    if (needed && !satisfies(version, needed.range)) return `"${other}" needs ${needed.range}`
    const conflict = conflictsOf(candidate.manifest).find((each) => each.id === id)
    if (conflict && satisfies(version, conflict.range)) return `"${other}" conflicts with ${conflict.range}`
  }
  const versionOf = (other: string): string | undefined =>
    kernelModules.get(other) ?? serving.get(other)?.manifest.version
  const unmet = dependenciesOf(manifest).find((need) => {
    const there = versionOf(need.id)
    return there === undefined ? need.optional !== true : !satisfies(there, need.range)
  })
  if (unmet) return `it needs "${unmet.id}" ${unmet.range}`
  const clash = conflictsOf(manifest).find((each) => {
    const there = versionOf(each.id)
    return there !== undefined && satisfies(there, each.range)
  })
  return clash && `it conflicts with "${clash.id}" ${clash.range}`
}
