/**
 * What a planner says when it does not understand: which words, where they stand in the goal, and the nearest thing that
 * it can do. A refusal is a fault of type validation for whoever asked; nothing was run.
 */
import { TaskFault } from '@nexus/sdk'

/** A stretch of the goal, in UTF-16 units: from `start` up to, not including, `end`. */
export interface Span {
  readonly start: number
  readonly end: number
}

export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly spans: readonly Span[]
  readonly nearest: string | undefined
  /** Whether every word of the goal was, and what it says cannot be done. */
  readonly isUnderstood: boolean

  constructor(message: string, spans: readonly Span[], nearest?: string, isUnderstood = true) {
    super(message)
    this.isUnderstood = isUnderstood
    this.spans = spans
    this.nearest = nearest
  }
}

/** How much of a goal is quoted back. */
const quotedMax = 80

/** The refusal as the fault that the task ends with. */
export function faultOf(refusal: Refusal, goal: string): TaskFault {
  const where = refusal.spans.map((span) => `${quote(goal, span)} (characters ${span.start + 1}–${span.end})`)
  const words = where.length === 0 ? '' : ` Words: ${where.join(', ')}.`
  const near = refusal.nearest === undefined ? '' : ` Nearest: ${refusal.nearest}.`
  return TaskFault.of('validation', `${refusal.message}${words}${near}`)
}

export function quote(goal: string, { start, end }: Span): string {
  const text = goal.slice(start, end)
  return `“${text.length <= quotedMax ? text : `${text.slice(0, quotedMax)}…`}”`
}

export function spanOver(spans: readonly Span[]): Span {
  return {
    start: Math.min(...spans.map(({ start }) => start)),
    end: Math.max(...spans.map(({ end }) => end)),
  }
}
