/**
 * Which of the steps of a plan in words needs which, from how they are worded. It is a guess, and only that: each edge
 * says what it rests on. First what is said outright, then what branches are open, then how much speaks for the order.
 */
import { groupMax, groupsOf, namedBy } from './groups.ts'
import { sharedBy, stepsOf, type Step } from './step.ts'

export interface Guess {
  readonly from: number
  readonly to: number
  readonly why: string
}

/** What a step needs, and why. */
interface Needs {
  readonly from: readonly number[]
  readonly why: string
}

interface Signal {
  readonly weight: number
  /** From 0, not at all, to 1. */
  readonly holds: (step: Step, before: Step) => number
}

/**
 * What speaks for and against that a step needs the one before it; it does where the sum is not below nothing. In doubt
 * the order in which steps are said holds: two of the signals against it no more than balance it, so that it takes a
 * third, or that something is looked up and one more, or cases, which nobody is in one after the other. The weights began
 * as those of a logistic regression over half of the plans of WorFBench, and were evened out to whole numbers on the same
 * half: one more or less in any of them changes its F1 by 1.1 at most, and mostly by 0.1.
 */
const signals: readonly Signal[] = [
  // It is said after it.
  { weight: 4, holds: () => 1 },
  // It says that something comes from before.
  { weight: 2, holds: ({ pointsBack }) => Number(pointsBack !== undefined) },
  // Both speak of the same things.
  { weight: 2, holds: (step, before) => Math.min(1, 2 * sharedBy(step, before)) },
  // It speaks of something of the one before as known.
  { weight: 2, holds: ({ known }, before) => Number(!known.isDisjointFrom(before.content)) },
  // It asks for something that is elsewhere.
  { weight: -3, holds: ({ sort }) => Number(sort === 'look') },
  // So does the one before, whose answer it need not wait for.
  { weight: -2, holds: (_, { sort }) => Number(sort === 'look') },
  // It brings names and values along, and none of the one before.
  { weight: -2, holds: ({ own }, before) => Number(own.size > 0 && own.isDisjointFrom(before.own)) },
  // It does the same again.
  { weight: -2, holds: ({ verb }, before) => Number(verb === before.verb) },
  // Both are for a case of their own.
  { weight: -6, holds: ({ forCase }, before) => Number(forCase && before.forCase) },
]

/** `said` has what some steps are known to need; of those nothing is guessed. */
export function inferOrder(
  texts: readonly string[],
  said: ReadonlyMap<number, readonly number[]> = new Map(),
): readonly Guess[] {
  const plan = new Plan(stepsOf(texts))
  return texts.flatMap((_, to) => {
    const known = said.get(to)
    const { from, why } = plan.next(known && { from: known, why: '' })
    return known ? [] : from.map((place) => ({ from: place, to, why: `words: ${why}` }))
  })
}

/** Goes through the steps in their order. */
class Plan {
  private readonly steps: readonly Step[]
  private readonly groups: readonly (readonly number[] | undefined)[]
  private readonly needs: Needs[] = []
  /** The ends of the branches: the last of those steps that no other needs yet. */
  private readonly open = new Set<number>()

  constructor(steps: readonly Step[]) {
    this.steps = steps
    this.groups = groupsOf(steps)
  }

  next(said?: Needs): Needs {
    const place = this.needs.length
    const needs = said ?? this.needsOf(place)
    this.needs.push(needs)
    for (const from of needs.from) this.open.delete(from)
    this.open.add(place)
    if (this.open.size > groupMax) this.open.delete(Math.min(...this.open))
    return needs
  }

  private needsOf(place: number): Needs {
    const [before, step] = [this.steps[place - 1], this.steps[place]]
    if (before === undefined || step === undefined) return nothing
    return toldBy(step, place) ?? this.fromBranches(step, place) ?? this.fromBefore(step, before, place)
  }

  /** Where several branches are open: all of them, or those that it names; else what those beside it need. */
  private fromBranches(step: Step, place: number): Needs | undefined {
    const first = Math.max(this.groups[place]?.[0] ?? place, place - groupMax)
    const beside = Array.from({ length: place - first }, (_, at) => first + at)
    const taken = beside.flatMap((other) => this.needs[other]?.from ?? [])
    const branches = [...new Set([...taken, ...this.open])].filter((other) => !beside.includes(other))
    const named = branches.length > 1 ? namedBy(step, branches, this.steps) : []
    if (branches.length > 1 && step.gathers && (named.length > 0 || this.isAboutThem(step, branches)))
      return { from: branches, why: 'it brings together what is there' }
    const afterGroup = beside.length > 0 ? taken.length > 0 : this.groups[place - 1] !== undefined
    if ((named.length > 1 && step.sort !== 'look') || (named.length === 1 && afterGroup))
      return { from: named, why: 'it names what they are about' }
    if (beside.length === 0) return undefined
    return this.besideOne(place - 1)
  }

  /** It brings no names and values along but theirs. */
  private isAboutThem({ own }: Step, places: readonly number[]): boolean {
    return own.size === 0 || places.some((place) => this.steps[place]?.own.isDisjointFrom(own) === false)
  }

  private fromBefore(step: Step, before: Step, place: number): Needs {
    const sum = signals.reduce((all, { weight, holds }) => all + weight * holds(step, before), 0)
    if (sum >= 0) return { from: [place - 1], why: reasonOf(step, before) }
    return step.sort === 'look' ? nothing : this.besideOne(place - 1)
  }

  private besideOne(place: number): Needs {
    return { from: this.needs[place]?.from ?? [], why: 'it stands beside another that needs it' }
  }
}

const nothing: Needs = { from: [], why: '' }

function reasonOf(step: Step, before: Step): string {
  if (step.pointsBack !== undefined) return `"${step.pointsBack}" points back`
  const shared = [...step.content.intersection(before.content)]
  return shared.length > 0 ? `both speak of ${shared.slice(0, 3).join(', ')}` : 'it is said next'
}

/** "step 2", "subgoal 1 and 3", "steps A and B": counted from one. What repeats steps comes after the last. */
function toldBy({ text }: Step, place: number): Needs | undefined {
  if (/^\W*repeat\b/i.test(text)) return undefined
  const told = text.matchAll(
    /\b(?:steps?|subgoals?|nodes?|subtasks?) #?(\d{1,4}|[A-Z]\b)(?:(?:,| and|, and) (\d{1,4}|[A-Z]\b))?/gi,
  )
  const places = [...told].flatMap(([, ...numbers]) => numbers.flatMap((number) => placeOf(number)))
  const from = [...new Set(places.filter((other) => other >= 0 && other < place))]
  return from.length > 0 ? { from, why: 'it names the step' } : undefined
}

function placeOf(number: string | undefined): readonly number[] {
  if (number === undefined) return []
  if (/^\d/.test(number)) return [Number(number) - 1]
  return /[A-Z]/.test(number) ? [number.charCodeAt(0) - 'A'.charCodeAt(0)] : []
}
