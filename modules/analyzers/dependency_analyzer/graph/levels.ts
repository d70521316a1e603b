/** What may run side by side: each node one level above the highest that it needs. The nodes of a circle share a level. */
import type { Condensed } from './condense.ts'

export function levelsOf({ members, needs }: Condensed): readonly (readonly number[])[] {
  const levelOf: number[] = []
  const levels: number[][] = []
  for (const [rank, needed] of needs.entries()) {
    const level = needed.reduce((highest, other) => Math.max(highest, (levelOf[other] ?? 0) + 1), 0)
    levelOf.push(level)
    ;(levels[level] ??= []).push(...(members[rank] ?? []))
  }
  for (const level of levels) level.sort((a, b) => a - b)
  return levels
}
