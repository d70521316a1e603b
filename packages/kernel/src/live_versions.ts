/**
 * The versions of a module that are side by side at the moment: the one that serves, and those that runs in flight keep
 * or that are still leaving. Pure.
 */
import type { Slot } from './slot.ts'

export interface LiveVersion {
  readonly version: string
  /** The sha-256 of its artifact, in hex. */
  readonly artifact: string
  readonly host: string
  /** Whether the next run that begins sees this one. */
  readonly current: boolean
  /** Whether it has an instance. */
  readonly loaded: boolean
  /** Tasks under way. */
  readonly in_flight: number
  /** The generations through which it is seen: the current one, and those that runs in flight began under. */
  readonly generations: readonly number[]
  /** How many runs in flight see it. */
  readonly runs: number
}

export interface Views {
  readonly current: number
  /** The generations that runs in flight began under. */
  readonly held: ReadonlySet<number>
  slotsFor(generation: number): ReadonlyMap<string, Slot>
  runsOf(generation: number): readonly string[]
}

export function liveVersions(id: string, slots: readonly Slot[], views: Views): readonly LiveVersion[] {
  const seen = [...new Set([views.current, ...views.held])].toSorted((a, b) => a - b)
  return slots
    .filter(({ manifest }) => manifest.id === id)
    .map((slot) => {
      const generations = seen.filter((number) => views.slotsFor(number).get(id) === slot)
      return {
        version: slot.manifest.version,
        artifact: slot.artifact.digest,
        host: slot.host.name,
        current: generations.includes(views.current),
        loaded: slot.loaded,
        in_flight: slot.inFlight,
        generations,
        runs: generations.reduce((sum, number) => sum + views.runsOf(number).length, 0),
      }
    })
}
