/**
 * Which of the steps of a plan in words needs which, from how they are worded. It is a guess, and only that: each edge
 * says what it rests on. First what is said outright, then what branches are open, then how much speaks for the order.
 */
import { groupMax, groupsOf, namedBy } from './groups.ts'
import { sharedBy, stepOf, type Step } from './step.ts'

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
 * What speaks for and against that a step needs the one before it; it does where the sum is not below nothing. The weights
 * are a regression's over half of the plans of WorFBench, doubled and rounded to whole numbers: no single signal against
 * the order outweighs it but rules and cases, and a step that is looked up must lack something else as well.
 */
const signals: readonly Signal[] = [
  // It is said after it.
  { weight: 4, holds: () => 1 },
  // It says that something comes from before.
  { weight: 2, holds: ({ pointsBack }) => Number(pointsBack !== undefined) },
  // Both speak of the same things.
  { weight: 2, holds: (step, before) => Math.min(1, 2 * sharedBy(step, before)) },
  { weight: 1, holds: ({ known }, before) => Number(!known.isDisjointFrom(before.content)) },
  // It asks for something that is elsewhere.
  { weight: -3, holds: ({ sort }) => Number(sort === 'look') },
  // So does the one before, whose answer it need not wait for.
  { weight: -2, holds: (_, { sort }) => Number(sort === 'look') },
  // It brings names and values along, and none of the one before.
  { weight: -2, holds: ({ own }, before) => Number(own.size > 0 && own.isDisjointFrom(before.own)) },
  // It does the same again.
  { weight: -1, holds: ({ verb }, before) => Number(verb === before.verb) },
  // Both are for a case of their own.
  { weight: -6, holds: ({ forCase }, before) => Number(forCase && before.forCase) },
]

export function inferOrder(texts: readonly string[]): readonly Guess[] {
  const steps = texts.map(stepOf)
  const plan = new Plan(steps)
  return steps.flatMap((_, to) => {
    const { from, why } = plan.next()
    return from.map((place) => ({ from: place, to, why: `words: ${why}` }))
  })
}

/** Goes through the steps in their order. */
class Plan {
  private readonly steps: readonly Step[]
  private readonly groups: readonly (readonly number[] | undefined)[]
  private readonly needs: Needs[] = []
  /** Those that no other needs yet. */
  private readonly open = new Set<number>()

  constructor(steps: readonly Step[]) {
    this.steps = steps
    this.groups = groupsOf(steps)
  }

  next(): Needs {
    const place = this.needs.length
    const step = this.steps[place]
    const needs = step && place > 0 ? this.needsOf(step, place) : nothing
    this.needs.push(needs)
    for (const from of needs.from) this.open.delete(from)
    this.open.add(place)
    return needs
  }

  private needsOf(step: Step, place: number): Needs {
    return toldBy(step, place) ?? this.fromBranches(step, place) ?? this.fromBefore(step, place)
  }

  /** Where several branches are open: all of them, those that it names, or what those beside it need. */
  private fromBranches(step: Step, place: number): Needs | undefined {
    const beside = this.groups[place]?.filter((other) => other < place) ?? []
    const taken = beside.flatMap((other) => this.needs[other]?.from ?? [])
    const branches = [...new Set([...taken, ...this.open])].filter((other) => !beside.includes(other))
    const recent = branches.slice(-groupMax)
    if (recent.length > 1) {
      const named = namedBy(step, recent, this.steps)
      if (step.gathers && !this.bringsOnlyItsOwn(step, recent, named))
        return { from: recent, why: 'it brings together what is there' }
      const sided = beside.length > 0 ? taken.length > 0 : this.groups[place - 1] !== undefined
      if ((named.length > 1 && step.sort !== 'look') || (named.length === 1 && sided))
        return { from: named, why: 'it names what they are about' }
    }
    if (beside.length === 0) return undefined
    return this.needs[place - 1]
  }

  private bringsOnlyItsOwn({ own }: Step, branches: readonly number[], named: readonly number[]): boolean {
    if (own.size === 0 || named.length > 0) return false
    return branches.every((place) => this.steps[place]?.own.isDisjointFrom(own))
  }

  private fromBefore(step: Step, place: number): Needs {
    const before = this.steps[place - 1]
    if (!before) return nothing
    const sum = signals.reduce((all, { weight, holds }) => all + weight * holds(step, before), 0)
    if (sum >= 0) return { from: [place - 1], why: reasonOf(step, before) }
    // What is looked up needs nothing; a rule or a case stands beside the one before.
    return step.sort === 'look' ? nothing : (this.needs[place - 1] ?? nothing)
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
