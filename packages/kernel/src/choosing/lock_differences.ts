/**
 * What a lock says and what was chosen, compared: in sentences, or as a new lock. Pure.
 */
import type { Manifest } from '@nexus/sdk'
import type { Lock, LockedModule } from '../resolution/lock.ts'
import { dependenciesOf } from '../resolution/manifest_requirements.ts'
import type { Candidate, Prepared } from '../stage.ts'
import type { Wishes } from './wishes.ts'

/** The digits of a digest that a sentence shows. */
const shownDigits = 12

/** What a folder has; without a digest where it was not built. */
export interface Offered {
  readonly candidate: Candidate
  readonly digest: string | undefined
}

/** `unlocked`: what the folders have of what is locked. */
export function differencesFrom(
  wishes: Wishes,
  prepared: readonly Prepared[],
  unlocked: ReadonlyMap<string, Offered>,
): readonly string[] {
  const { lock } = wishes
  if (!lock) return []
  const wanted = wantedIn(
    wishes,
    prepared.map(({ candidate }) => candidate.manifest),
  )
  const byId = new Map(prepared.map((parts) => [parts.candidate.id, parts]))
  const ids = [...new Set([...wanted, ...lock.modules.keys()])].toSorted()
  return ids.flatMap((id) => {
    const locked = lock.modules.get(id)
    const parts = byId.get(id)
    if (!locked) return [`"${id}" is not in nexus.lock yet.`]
    if (!parts || !wanted.has(id)) return [`nexus.lock has "${id}", which nothing asks for any more.`]
    const serving = { candidate: parts.candidate, digest: parts.artifact.digest }
    return differenceOf(id, locked, serving, unlocked.get(id))
  })
}

function differenceOf(
  id: string,
  locked: LockedModule,
  serving: Offered,
  instead: Offered | undefined,
): readonly string[] {
  const holds = isLocked(locked, serving)
  const other = holds ? instead : serving
  if (!other || isLocked(locked, other)) return []
  const says = `nexus.lock has "${id}" ${locked.version}${digestText(locked.digest)}`
  const has = `${other.candidate.folder} has ${other.candidate.manifest.version}${digestText(other.digest)}`
  return [`${says}, but ${has}. ${holds ? 'What is locked' : 'What is there'} serves.`]
}

function isLocked(locked: LockedModule, { candidate, digest }: Offered): boolean {
  const isSame = locked.digest === undefined || digest === undefined || locked.digest === digest
  return locked.version === candidate.manifest.version && isSame
}

function digestText(digest: string | undefined): string {
  return digest === undefined ? '' : ` (sha256 ${digest.slice(0, shownDigits)}…)`
}

/** What is asked for in writing, and all that it depends on, however far. */
export function wantedIn({ modules = {} }: Wishes, manifests: readonly Manifest[]): ReadonlySet<string> {
  const byId = new Map(manifests.map((manifest) => [manifest.id, manifest]))
  const asked = Object.keys(modules).filter((id) => modules[id]?.enabled === true && byId.has(id))
  const wanted = new Set(asked)
  for (const id of wanted) {
    const manifest = byId.get(id)
    const needs = manifest ? dependenciesOf(manifest) : []
    for (const need of needs) if (byId.has(need.id)) wanted.add(need.id)
  }
  return wanted
}

/** The lock of what serves. */
export function lockOfServing(
  wishes: Wishes,
  serving: readonly { readonly manifest: Manifest; readonly artifact: string; readonly from: string }[],
): Lock {
  const wanted = wantedIn(
    wishes,
    serving.map(({ manifest }) => manifest),
  )
  const modules = serving
    .filter(({ manifest }) => wanted.has(manifest.id))
    .toSorted((a, b) => (a.manifest.id < b.manifest.id ? -1 : 1))
    .map(({ manifest, artifact, from }): [string, LockedModule] => {
      const dependencies = dependenciesOf(manifest)
        .map(({ id, range, optional }) => (optional ? { id, range, optional } : { id, range }))
        .toSorted((a, b) => (a.id < b.id ? -1 : 1))
      return [manifest.id, { version: manifest.version, source: from, digest: artifact, dependencies }]
    })
  return { modules: new Map(modules) }
}
