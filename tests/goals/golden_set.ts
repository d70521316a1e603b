/** The golden set: goals in words, with what must come of each. Data; nothing here runs any of them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Json, JsonObject } from '@nexus/sdk'

export interface GoldenGoal {
  /** Which file it stands in. */
  readonly file: string
  readonly goal: string
  /** What the run gives. Left out where only files matter. */
  readonly output?: Json
  /** What lies in the folder afterwards: text as it is, anything else as the value of a JSON file. */
  readonly files?: JsonObject
  /** Capabilities that the plan must use. */
  readonly plan?: readonly string[]
  /** Hands the planner the columns of what lies in the folder, as context.analyze does. */
  readonly context?: boolean
  /** Words that the refusal must name. */
  readonly refused?: readonly string[]
  /** It could be done, and is refused so far. */
  readonly missed?: boolean
  /** The run must fault, with these words in its error. */
  readonly faults?: readonly string[]
  /** Capabilities that are taken out of the catalogue. */
  readonly without?: readonly string[]
}

const folder = join(import.meta.dirname, 'golden')

export function goldenSet(): readonly GoldenGoal[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.yaml'))
  return files.toSorted().flatMap((file) => {
    const goals = parse(readFileSync(join(folder, file), 'utf8')) as Omit<GoldenGoal, 'file'>[]
    return goals.map((goal) => ({ ...goal, file }))
  })
}

/** Two or more clauses that are joined. */
export function connectives(goal: string): number {
  return (
    goal.match(
      /\b(?:and|then|if|otherwise|else|unless|for each|for every|in parallel|at a time|after|retry|finally|while|or)\b|[;,]/gi,
    )?.length ?? 0
  )
}
