/**
 * Which versions a task may be done by, worked out anew from the times alone: a run follows minor and patch versions at
 * its next task, keeps the major version that it began with, and does otherwise where the swap said so. Pure.
 */
import type { EndedRun } from './load.ts'

/** A version, from the moment on at which it was live. */
export interface Live {
  readonly at: number
  readonly version: string
  readonly runs?: 'follow' | 'pin' | undefined
}

/** Times are in whole milliseconds, and what happened within one or two of them may have happened in either order. */
const blurMs = 2

/** In sentences, what was done by a version that may not have done it. `lives`: oldest first. */
export function misroutings(run: EndedRun, lives: readonly Live[]): readonly string[] {
  return run.tasks.flatMap(({ startedAt, version, by }, index) => {
    const place = `task ${index} of run ${run.id}`
    if (version !== by) return [`${place} was to be done by ${version} and was done by ${by}`]
    const allowed = allowedVersions(run.startedAt, startedAt, lives)
    return allowed.has(by) ? [] : [`${place} was done by ${by}; allowed: ${[...allowed].join(', ')}`]
  })
}

function allowedVersions(beganAt: number, startedAt: number, lives: readonly Live[]): ReadonlySet<string> {
  const beganUnder = within(beganAt, lives)
  const seenUntil = within(startedAt, lives)
  const allowed = new Set<string>()
  for (const first of beganUnder) {
    for (const last of seenUntil) if (last >= first) allowed.add(followed(lives.slice(first, last + 1)))
  }
  return allowed
}

/** The places of what may have been live last at a moment. */
function within(moment: number, lives: readonly Live[]): readonly number[] {
  const sure = lives.findLastIndex(({ at }) => at <= moment - blurMs)
  const possible = lives.findLastIndex(({ at }) => at <= moment + blurMs)
  return Array.from({ length: possible - Math.max(sure, 0) + 1 }, (_, index) => Math.max(sure, 0) + index)
}

/** What a run sees that began with the first of these, once the last is live. */
function followed(lives: readonly Live[]): string {
  const [first, ...later] = lives
  return later.reduce((now, { version, runs }) => {
    const follows = runs === undefined ? majorOf(version) === majorOf(now) : runs === 'follow'
    return follows ? version : now
  }, first?.version ?? '')
}

function majorOf(version: string): string {
  return version.split('.')[0] ?? ''
}
