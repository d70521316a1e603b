/**
 * Steps that stand side by side, since they are of one form and differ in what they are about ("Filter the matches of
 * 2013", "Filter the matches of 2016"), or since the step after them sets them against each other. What changes the world
 * never does: it is done in the order in which it is said.
 */
import type { Step } from './step.ts'

/** Groups and branches are looked through no further, so that the time stays linear. */
export const groupMax = 24

/** How many words of its own a step of a group may have. */
const differMax = 2

/** Words that make something out of the others, or say an order: what differs in them is no other thing of the same sort. */
const unlike =
  /^(?:total|overall|altogether|together|sum|differenc|percentag|probability|first|second|third|fourth|fifth|next|last|previou|final|rest|remain)$/

/** The group of each step that is in one, as the places of its steps. */
export function groupsOf(steps: readonly Step[]): readonly (readonly number[] | undefined)[] {
  const groups: (readonly number[] | undefined)[] = steps.map(() => undefined)
  for (let first = 0; first < steps.length;) {
    const group = [first]
    for (let next = first + 1; ofOneForm(steps[next - 1], steps[next]); next++) group.push(next)
    const areSet = group.length === 1 && areSetAgainst(first, steps)
    if (areSet) group.push(first + 1)
    if (areSet || (group.length > 1 && standSideBySide(group, steps)))
      for (const place of group) groups[place] = group
    first += group.length
  }
  return groups
}

/** One verb, two words or more in common, and a few on each side that the other has not. */
function ofOneForm(a: Step | undefined, b: Step | undefined): boolean {
  if (a === undefined || b === undefined || a.verb !== b.verb || !mayStandBeside(a, b)) return false
  const differ = [a.content.difference(b.content), b.content.difference(a.content)]
  return (
    a.content.intersection(b.content).size >= 2 &&
    differ.every(({ size }) => size > 0 && size <= differMax) &&
    !differ.some((words) => [...words].some((word) => unlike.test(word)))
  )
}

function mayStandBeside(a: Step, b: Step): boolean {
  const pointsBack = b.pointsBack !== undefined && b.pointsBack !== a.pointsBack
  return a.sort !== 'do' && b.sort !== 'do' && !pointsBack
}

/**
 * What is looked up stands side by side. What is derived may have been derived from the one before, unless what follows
 * says otherwise: it brings them together, or takes each of them up on its own.
 */
function standSideBySide(group: readonly number[], steps: readonly Step[]): boolean {
  const [first = 0] = group
  if (steps[first]?.sort === 'look') return true
  const [next, ...more] = steps.slice(first + group.length, first + group.length + groupMax)
  if (next === undefined || next.gathers || group.length > groupMax) return next?.gathers === true
  const taken = [next, ...more].map((step) => namedBy(step, group, steps))
  if (taken[0]?.length === group.length) return true
  return group.every((place) => taken.some((named) => named.length === 1 && named[0] === place))
}

/** Two of any form, of which the second speaks of nothing as known that the first has, and a third that needs two. */
function areSetAgainst(first: number, steps: readonly Step[]): boolean {
  const [a, b, third] = steps.slice(first, first + 3)
  if (a === undefined || b === undefined || third?.setsAgainst !== true) return false
  const taken = namedBy(third, [first, first + 1], steps).length > 0
  return taken && mayStandBeside(a, b) && b.pointsBack === undefined && b.known.isDisjointFrom(a.content)
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
