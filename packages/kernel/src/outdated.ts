/**
 * Sources that are not what runs: a module's folder cannot be used, and another version of it, mostly the one that served
 * before, goes on in its place.
 */
import type { FoundModule } from './discover.ts'
import type { GenerationJournal } from './generation_journal.ts'
import type { Problem } from './problem.ts'
import type { Candidate } from './stage.ts'

export interface Outdated {
  readonly id: string
  /** The folder that is not what runs. */
  readonly folder: string
  /** Why it is not. */
  readonly problems: readonly Problem[]
  /** What runs in its place. */
  readonly version: string
  /** Since when that has served without a break, in ms since 1970. */
  readonly since: number
}

export function outdatedIn(
  serving: readonly { readonly candidate: Candidate; readonly artifact: { readonly digest: string } }[],
  brokenOf: (candidate: Candidate) => readonly (Pick<FoundModule, 'folder'> & Pick<Outdated, 'problems'>)[],
  journal: GenerationJournal,
): readonly Outdated[] {
  return serving.flatMap(({ candidate, artifact }) =>
    brokenOf(candidate).map(({ folder, problems }) => {
      const { id, manifest } = candidate
      return {
        id,
        folder,
        problems,
        version: manifest.version,
        since: sinceWhen(id, artifact.digest, journal),
      }
    }),
  )
}

function sinceWhen(id: string, artifact: string, journal: GenerationJournal): number {
  const current = journal.current()
  let since = current?.at ?? 0
  const until = current?.number ?? 0
  for (const { number, at, modules } of journal.list().toReversed()) {
    if (number > until) continue
    if (modules[id]?.artifact !== artifact) break
    since = at
  }
  return since
}
