/**
 * Steps of one form that differ in what they are about, and stand side by side: "Filter the matches of 2013", "Filter the
 * matches of 2016". A step that changes the world is never one of them: what is done twice is done one after the other.
 */
import type { Step } from './step.ts'

/** Larger groups are not looked through, so that the time stays linear. */
export const groupMax = 24

/** Words that make something out of the others, or say an order: what differs in them is no other thing of the same sort. */
const unlike =
  /^(?:total|overall|altogether|together|sum|averag|differenc|percentag|probability|first|second|third|fourth|fifth|next|last|previou|final|rest|remain|additional|other|another)$/

/** The group of each step that is in one, as the places of its steps. */
export function groupsOf(steps: readonly Step[]): readonly (readonly number[] | undefined)[] {
  const groups: (readonly number[] | undefined)[] = steps.map(() => undefined)
  for (let first = 0; first < steps.length; ) {
    const group = [first]
    for (let next = first + 1; ofOneForm(steps[next - 1], steps[next]); next++) group.push(next)
    if (group.length > 1 && standSideBySide(group, steps)) for (const place of group) groups[place] = group
    first += group.length
  }
  return groups
}

/** One verb, two words or more in common, and one or two on each side that the other has not. */
function ofOneForm(a: Step | undefined, b: Step | undefined): boolean {
  if (a === undefined || b?.verb !== a.verb || b.sort === 'do') return false
  if (b.pointsBack !== undefined && b.pointsBack !== a.pointsBack) return false
  const differ = [a.content.difference(b.content), b.content.difference(a.content)]
  return (
    a.content.intersection(b.content).size >= 2 &&
    differ.every(({ size }) => size === 1 || size === 2) &&
    !differ.some((words) => [...words].some((word) => unlike.test(word)))
  )
}

/**
 * What is looked up does. What is derived may have been derived from the one before, unless what follows says otherwise:
 * it brings them together, or takes each of them up on its own.
 */
function standSideBySide(group: readonly number[], steps: readonly Step[]): boolean {
  const [first = 0] = group
  if (steps[first]?.sort === 'look') return true
  const after = steps.slice(first + group.length, first + group.length + groupMax)
  if (group.length > groupMax || after[0]?.gathers) return after[0]?.gathers === true
  const says = after.map((step) => namedBy(step, group, steps))
  return group.every((place) => says.some((named) => named.length === 1 && named[0] === place))
}

/** Those of the steps at these places that a step speaks of in words that none of the others has. */
export function namedBy(step: Step, places: readonly number[], steps: readonly Step[]): readonly number[] {
  const holders = new Map<string, number>()
  for (const place of places)
    for (const word of steps[place]?.content ?? [])
      if (step.content.has(word)) holders.set(word, holders.has(word) ? -1 : place)
  const named = new Set(holders.values())
  return places.filter((place) => named.has(place))
}
